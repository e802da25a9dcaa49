/** Small things that all views use: links, amounts, raw answers, and what is being asked for. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const short = (hash: string): string => (hash.length > 20 ? `${hash.slice(0, 6)}…${hash.slice(-8)}` : hash);

/** A hash that leads to what it is of. */
export function Hash({
  of,
  kind,
  block,
}: {
  of: string;
  kind: 'block' | 'tx' | 'address';
  block?: string | undefined;
}) {
  const path = [kind, of, ...(block === undefined ? [] : [block])].map(encodeURIComponent).join('/');
  return (
    <a class="mono" href={`#/${path}`} title={of}>
      {kind === 'address' ? of : short(of)}
    </a>
  );
}

export const Amount = ({ of }: { of: number }) => <span class="number">{of.toFixed(8)}</span>;

export function Card({
  title,
  children,
  wide,
}: {
  title: string;
  children: ComponentChildren;
  wide?: boolean;
}) {
  return (
    <section class={wide ? 'card wide' : 'card'}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** An answer as it came, written only where somebody looks at it: it may be long. */
export function Raw({ of }: { of: unknown }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>JSON</summary>
      {isOpen && <pre>{JSON.stringify(of, null, 2)}</pre>}
    </details>
  );
}

/** What a question answers; asked again when one of `about` is another, and until then as it was. */
export function useAnswer<T>(
  ask: () => Promise<T>,
  about: readonly unknown[],
): { value?: T; error?: string } {
  const [answer, setAnswer] = useState<{ value?: T; error?: string }>({});
  useEffect(() => {
    let isWanted = true;
    ask().then(
      (value) => isWanted && setAnswer({ value }),
      (error: Error) => isWanted && setAnswer({ error: error.message }),
    );
    return () => {
      isWanted = false;
    };
  }, about);
  return answer;
}

/** The first of many, and more when they are asked for: a list may be longer than a page can hold. */
export function Some<T>({
  of,
  row,
  as: List = 'ol',
  class: name = 'list',
  page = 50,
}: {
  of: readonly T[];
  row: (item: T, i: number) => ComponentChildren;
  as?: 'ol' | 'ul';
  class?: string;
  page?: number;
}) {
  const [shown, setShown] = useState(page);
  return (
    <>
      <List class={name}>{of.slice(0, shown).map(row)}</List>
      {of.length > shown && (
        <p>
          <button type="button" onClick={() => setShown(shown + 10 * page)}>
            More: {of.length - shown}
          </button>
        </p>
      )}
    </>
  );
}

/** Which of many steps is shown. */
export function Steps({
  at,
  last,
  onAt,
  label,
  children,
}: {
  at: number;
  last: number;
  onAt(at: number): void;
  label: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="actions steps">
      <button type="button" disabled={at <= 0} onClick={() => onAt(0)}>
        First
      </button>
      <button type="button" disabled={at <= 0} onClick={() => onAt(at - 1)}>
        Back
      </button>
      <input
        type="range"
        aria-label={label}
        min={0}
        max={last}
        value={at}
        onInput={({ currentTarget }) => onAt(Number(currentTarget.value))}
      />
      <button type="button" disabled={at >= last} onClick={() => onAt(at + 1)}>
        Next
      </button>
      {children}
      <span role="status" class="number">
        {at} / {last}
      </span>
    </div>
  );
}

/** What changes often, looked at once in a while. */
export function useCalm<T>(of: Signal<T>, milliseconds: number): T {
  const [shown, setShown] = useState(of.peek());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = of.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setShown(of.peek());
      }, milliseconds);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [of]);
  return shown;
}

/** A view whose code is loaded when it is first shown. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return (props: P) => {
    // In an object: what is put into a state by itself and can be called, is called.
    const { value: { View } = {}, error } = useAnswer(async () => ({ View: await load() }), []);
    return View === undefined ? <Pending error={error} /> : <View {...props} />;
  };
}

export function Pending({ error }: { error?: string | undefined }) {
  return error === undefined ? (
    <p class="soft">…</p>
  ) : (
    <p class="error" role="alert">
      {error}
    </p>
  );
}

/** Names and values. */
export const Facts = ({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl>
    {of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** What a form was given. */
interface Given {
  /** Without spaces around it; empty of a box that is not ticked. */
  text(field: string): string;
  secret(field: string): string;
}

/** A form with one thing to do; it says by itself why that did not work. Empty again behind what it kept secret. */
export function Form({
  action,
  onSubmit,
  children,
}: {
  action: string;
  onSubmit(given: Given): Promise<void>;
  children: ComponentChildren;
}) {
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  return (
    <form
      class="actions fields"
      onSubmit={(event) => {
        event.preventDefault();
        const { currentTarget: form } = event;
        const given = new FormData(form);
        const secret = (field: string): string => String(given.get(field) ?? '');
        setBusy(true);
        setTrouble('');
        onSubmit({ text: (field) => secret(field).trim(), secret })
          .catch((error: Error) => setTrouble(error.message))
          .finally(() => {
            setBusy(false);
            for (const input of form.querySelectorAll<HTMLInputElement>('input[type=password]'))
              input.value = '';
          });
      }}
    >
      {children}
      <button type="submit" disabled={isBusy}>
        {action}
      </button>
      {trouble !== '' && (
        <p class="error" role="alert">
          {trouble}
        </p>
      )}
    </form>
  );
}

export const clock = (seconds: number): string => new Date(seconds * 1000).toLocaleTimeString();

export const ago = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
