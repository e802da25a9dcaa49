/** Small things that all views use: links, amounts, raw answers, and what is being asked for. */
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

export const Raw = ({ of }: { of: unknown }) => (
  <details>
    <summary>JSON</summary>
    <pre>{JSON.stringify(of, null, 2)}</pre>
  </details>
);

/** What a question answers; asked again when one of `about` is another. */
export function useAnswer<T>(
  ask: () => Promise<T>,
  about: readonly unknown[],
): { value?: T; error?: string } {
  const [answer, setAnswer] = useState<{ value?: T; error?: string }>({});
  useEffect(() => {
    let isWanted = true;
    setAnswer({});
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

export const ago = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
