/** Small things that all views use: links, amounts, raw answers, and what is being asked for. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { current } from './world.ts';

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

interface Answer<T> {
  /** The last there was. */
  readonly value?: T;
  /** Why there is none that is newer. */
  readonly error?: string;
}

/**
 * What a question answers. Nothing of one subject is taken for another's; of the same it stays until there is a newer
 * answer, also when that fails: what one types beside it is not to be lost. Asked once at a time, whatever happens.
 * @param of the subject @param age what it is asked again by; it is as well when a node that failed is back
 */
export function useAnswer<T>(
  ask: () => Promise<T>,
  of: readonly unknown[],
  age: readonly unknown[] = [],
): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { readonly of: readonly unknown[] }>({ of });
  const asking = useRef({ ask, again: () => {} });
  asking.current.ask = ask;
  useEffect(() => {
    let [isWanted, isAsking, isStale] = [true, false, false];
    const run = async (): Promise<void> => {
      isStale = true;
      if (isAsking) return;
      isAsking = true;
      while (isStale && isWanted) {
        isStale = false;
        try {
          const value = await asking.current.ask();
          if (isWanted) setAnswer({ of, value });
        } catch (error) {
          const { message } = error as Error;
          if (isWanted)
            setAnswer((before) => ({ ...(isSame(before.of, of) ? before : { of }), error: message }));
        }
      }
      isAsking = false;
    };
    asking.current.again = () => void run();
    return () => {
      isWanted = false;
    };
  }, of);
  useEffect(() => asking.current.again(), [...of, ...age]);
  const isLive = current.value?.isLive.value;
  useEffect(() => {
    if (isLive && answer.error !== undefined) asking.current.again();
  }, [isLive]);
  return isSame(answer.of, of) ? answer : {};
}

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((each, i) => Object.is(each, b[i]));

/** The first of many, and more when they are asked for: a list may be longer than a page can hold. */
export function Some<T>({
  of,
  row,
  as: List = 'ol',
  class: name = 'list',
  page = 50,
  moves = false,
}: {
  of: readonly T[];
  row: (item: T, i: number) => ComponentChildren;
  as?: 'ol' | 'ul';
  class?: string;
  page?: number;
  /** It changes by itself: while somebody points at it, it stands still, so that a click meets what was aimed at. */
  moves?: boolean;
}) {
  const [shown, setShown] = useState(page);
  const [held, setHeld] = useState<readonly T[] | undefined>();
  const all = held ?? of;
  const still = moves && {
    onPointerEnter: () => setHeld(of),
    onPointerLeave: () => setHeld(undefined),
  };
  return (
    <>
      <List class={name} {...still}>
        {all.slice(0, shown).map(row)}
      </List>
      {all.length > shown && (
        <p>
          <button type="button" onClick={() => setShown(shown + 10 * page)}>
            More: {all.length - shown}
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

/** A form with one thing to do; it says by itself why that did not work. What is secret it holds no longer than until it is sent. */
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
        // Before anybody can type the next one.
        for (const input of form.querySelectorAll<HTMLInputElement>('input[type=password]')) input.value = '';
        setBusy(true);
        setTrouble('');
        onSubmit({ text: (field) => secret(field).trim(), secret })
          .catch((error: Error) => setTrouble(error.message))
          .finally(() => setBusy(false));
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
