/** What a client's methods take and answer, inferred from the methods themselves. */
import type { Spec } from './method.ts';
import type { METHODS } from './methods.ts';
import type { Cases, Fields, Got, Schema, Sent, SentFields } from './schema.ts';

export interface CallOptions {
  /** Milliseconds until the call is given up. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

type Values<T> = T[keyof T];
type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never;

/** Options may be given by name like parameters. */
type NamedOptions<P extends Fields> = Intersection<
  Values<{
    [K in keyof P]: P[K] extends { readonly named: true; readonly fields: infer F extends Fields }
      ? Partial<SentFields<F>>
      : unknown;
  }>
>;
export type Named<P extends Fields> = SentFields<P> & NamedOptions<P>;

/** The answer that belongs to what was sent. */
type AnswerTo<R extends Schema, A> =
  R extends Cases<infer On, infer C, infer D>
    ? Values<{
        [K in keyof C as On extends keyof A
          ? `${K & (string | number)}` extends `${A[On] & (string | number | boolean)}`
            ? K
            : never
          : K extends D
            ? K
            : never]: Got<C[K]>;
      }>
    : Got<R>;

type Call<P extends Fields, R extends Schema> = {
  /** By name. */
  <const A extends Named<P>>(
    parameters: A & { readonly [K in Exclude<keyof A, keyof Named<P>>]: never },
    options?: CallOptions,
  ): Promise<AnswerTo<R, A>>;
  /** By position. */
  (...parameters: Partial<SentFields<P>> extends SentFields<P> ? [] : never): Promise<AnswerTo<R, object>>;
  (first: Sent<P[keyof P]>, ...rest: readonly Sent<P[keyof P]>[]): Promise<Got<R>>;
};

/** Every method by its name. */
export type Methods = {
  readonly [M in keyof typeof METHODS]: (typeof METHODS)[M] extends Spec<infer P, infer R>
    ? Call<P, R>
    : never;
};
