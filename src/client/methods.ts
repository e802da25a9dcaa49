/** What a client's methods take and answer, inferred from the methods themselves. */

import type { METHODS } from '../methods.ts';
import type { Spec } from '../rpc/registry.ts';
import type { Cases, Fields, Got, Schema, Sent, SentFields } from '../rpc/schema.ts';

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
type Named<P extends Fields> = SentFields<P> & NamedOptions<P>;

type Simple = string | number | boolean;
/** The cases that these values choose; without any, the one that stands when nothing is said. */
type Chosen<C, D, V extends Simple> = [V] extends [never]
  ? D
  : { [K in keyof C]: `${K & (string | number)}` extends `${V}` ? K : never }[keyof C];

/** The answer to a call by name. */
type AnswerTo<R extends Schema, A> =
  R extends Cases<infer On, infer C, infer D>
    ? On extends ''
      ? Got<R>
      : Values<{
          [K in Chosen<C, D, On extends keyof A ? Extract<A[On], Simple> : never>]: AnswerTo<C[K], A>;
        }>
    : Got<R>;

/** Values of the kind that the cases are told by: no other parameter is mistaken for theirs. */
type Telling<C, V> = Extract<
  V,
  keyof C extends number ? number : keyof C extends 'true' | 'false' ? boolean : string
>;

/** The answer to a call by position, where names are not known. */
type AnswerAt<R extends Schema, V> =
  R extends Cases<infer On, infer C, infer D>
    ? On extends ''
      ? Got<R>
      : Values<{ [K in Chosen<C, D, Telling<C, V> & Simple>]: AnswerAt<C[K], V> }>
    : Got<R>;

type Call<P extends Fields, R extends Schema> = {
  /** By name. */
  <const A extends Named<P>>(
    parameters: A & { readonly [K in Exclude<keyof A, keyof Named<P>>]: never },
    options?: CallOptions,
  ): Promise<AnswerTo<R, A>>;
  /** By position. */
  (...parameters: Partial<SentFields<P>> extends SentFields<P> ? [] : never): Promise<AnswerTo<R, object>>;
  <const A extends readonly [Sent<P[keyof P]>, ...Sent<P[keyof P]>[]]>(
    ...parameters: A
  ): Promise<AnswerAt<R, A[number]>>;
};

/** Every method by its name. */
export type Methods = {
  readonly [M in keyof typeof METHODS]: (typeof METHODS)[M] extends Spec<infer P, infer R>
    ? Call<P, R>
    : never;
};
