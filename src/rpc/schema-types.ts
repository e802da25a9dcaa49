/**
 * The types of schemas: what a value is in a call, for a handler, as its answer, and as a caller gets it. Owns
 * no value.
 */
import type { JsonRead } from '../core/encoding/json.ts';
import type { RpcContext } from './context.ts';

/** The four views of a value: in a call, for a handler, as its answer, and that answer for a caller. */
export interface Views {
  readonly sent: unknown;
  readonly held: unknown;
  readonly answered: unknown;
  readonly got: unknown;
}

type Kind =
  | 'string'
  | 'hex'
  | 'number'
  | 'integer'
  | 'time'
  | 'amount'
  | 'boolean'
  | 'null'
  | 'any'
  | 'array'
  | 'object'
  | 'record'
  | 'cases';

export type JsonType = 'string' | 'number' | 'bool' | 'array' | 'object';

/** As help calls it. */
export type AcceptedType = 'string' | 'numeric' | 'boolean' | 'array' | 'object';

export interface Schema<V extends Views = Views> {
  readonly kind: Kind;
  readonly help: string;
  /** UniValue's type, which is checked before anything is read; undefined: the reader decides. */
  readonly json?: JsonType | undefined;
  /** @param name what errors call the value @throws RpcError */
  read(value: JsonRead, name: string, context: RpcContext): V['held'];
  readonly optional?: true;
  /** In place of a value that is left out: as handlers receive it, and in words. */
  readonly fallback?: unknown;
  readonly hint?: string | undefined;
  readonly hidden?: boolean;
  /** What the usage line shows in place of the form. */
  readonly brief?: string;
  /** What stands for it in an example, which is its name else. */
  readonly sample?: string;
  /** Null is read as a value, and not as nothing. */
  readonly explicit?: boolean;
  /** Bounds of an integer. */
  readonly bounds?: readonly [number, number] | undefined;
  /** What callers may send, where that is more than the kind says. */
  readonly types?: readonly AcceptedType[] | undefined;
  readonly element?: Schema;
  readonly fields?: Fields;
  /** Fields may be given as named parameters of the method itself. */
  readonly named?: boolean;
  /** What the keys of a record are. */
  readonly key?: string;
  readonly cases?: Readonly<Record<string, Schema>>;
  /** The parameter that the case depends on; empty if it is told in words. */
  readonly on?: string;
  /** Only tells the compiler. */
  readonly views?: V;
}

/** By name, with aliases behind `|`; the order is that of positions and of reading. */
export type Fields = Readonly<Record<string, Schema>>;

export type Sent<S extends Schema> = NonNullable<S['views']>['sent'];
export type Held<S extends Schema> = NonNullable<S['views']>['held'];
export type Answered<S extends Schema> = NonNullable<S['views']>['answered'];
export type Got<S extends Schema> = NonNullable<S['views']>['got'];

type FirstName<K> = K extends `${infer First}|${string}` ? First : K;
type Flat<T> = { [K in keyof T]: T[K] } & {};
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly optional: true } ? K : never;
}[keyof F];

/** @template V which view */
export type ObjectOf<F extends Fields, V extends keyof Views> = Flat<
  {
    readonly [K in Exclude<keyof F, OptionalKeys<F>> as FirstName<K>]: NonNullable<F[K]['views']>[V];
  } & {
    readonly [K in OptionalKeys<F> as FirstName<K>]?: NonNullable<F[K]['views']>[V] | undefined;
  }
>;
/** Handlers always have all the keys: what was left out is undefined or its default. */
export type HeldFields<F extends Fields> = { readonly [K in keyof F as FirstName<K>]: Held<F[K]> };
export type SentFields<F extends Fields> = ObjectOf<F, 'sent'>;

export interface ObjectSchema<F extends Fields>
  extends Schema<{
    sent: SentFields<F>;
    held: HeldFields<F>;
    answered: ObjectOf<F, 'answered'>;
    got: ObjectOf<F, 'got'>;
  }> {
  readonly fields: F;
}

/** An answer whose form depends: on the value of a parameter where `on` names one (`getblock`'s verbosity). */
export interface Cases<On extends string, C extends Readonly<Record<string, Schema>>, D extends keyof C>
  extends Schema<{
    sent: never;
    held: never;
    answered: { [K in keyof C]: Answered<C[K]> }[keyof C];
    got: { [K in keyof C]: Got<C[K]> }[keyof C];
  }> {
  readonly on: On;
  readonly cases: C;
  readonly standard?: D;
}
