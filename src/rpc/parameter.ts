/**
 * How a method declares its parameters. One declaration gives the help text, the type check, the
 * conversion and the type of what the handler receives. Owns no checking (see `arguments.ts`).
 */
import type { JsonObject, JsonRead } from './json.ts';

/** Bitcoin Core's RPCArg::Type. `any` is not checked before the handler. */
export type ParameterType =
  | 'string'
  | 'hex'
  | 'number'
  | 'amount'
  | 'boolean'
  | 'object'
  | 'keyed' // object whose keys the caller chooses
  | 'options' // object whose fields may also be given as named parameters of the method itself
  | 'array'
  | 'range'; // a number or [begin, end]

export interface Parameter<T = unknown> {
  /** Name, and aliases after `|`. */
  readonly names: string;
  readonly type: ParameterType;
  readonly description: string;
  readonly required: boolean;
  /** Value used when it is left out, as it is shown in the help. */
  readonly default?: DefaultValue | undefined;
  /** Default in words, for help only. */
  readonly hint?: string | undefined;
  /** Fields of an object, elements of an array. */
  readonly inner: readonly Parameter[];
  /** Not checked before the handler, shown in the help with these words for its type. */
  readonly unchecked?: boolean | undefined;
  /** Bounds of an integer; a fraction is allowed if they are absent. */
  readonly bounds?: readonly [number, number] | undefined;
  /** Words that replace the type in the help: one line, and after the name. */
  readonly typeText?: readonly [string, string] | undefined;
  /** Words that replace the parameter in the usage line. */
  readonly oneLine?: string | undefined;
  /** Left out of the help. */
  readonly hidden?: boolean | undefined;
  /** Only tells the compiler what the handler receives. */
  readonly value?: T;
}

type DefaultValue = string | number | boolean | readonly [];

interface Presentation {
  readonly unchecked?: boolean;
  readonly typeText?: readonly [string, string];
  readonly oneLine?: string;
  readonly hidden?: boolean;
}
/** Neither `default`, `hint` nor `optional`: the parameter is required. */
type Required = Presentation & { readonly default?: never; readonly hint?: never; readonly optional?: never };
type Optional = Presentation & { readonly default?: never } & (
    | { readonly hint: string; readonly optional?: never }
    | { readonly optional: true; readonly hint?: never }
  );
type Defaulted<D> = Presentation & { readonly default: D; readonly hint?: never; readonly optional?: never };

type AnyOptions = Presentation & {
  readonly default?: DefaultValue;
  readonly hint?: string;
  readonly optional?: true;
};

function build(
  type: ParameterType,
  names: string,
  description: string,
  options: AnyOptions = {},
  extra: { inner?: readonly Parameter[]; bounds?: readonly [number, number] } = {},
): Parameter<never> {
  const { default: value, hint, optional, ...presentation } = options;
  const required = value === undefined && hint === undefined && optional === undefined;
  return { names, type, description, required, default: value, hint, inner: [], ...presentation, ...extra };
}

const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;
const UINT32 = [0, 2 ** 32 - 1] as const;
/** Beyond 2^53 a number only says that it is too large. */
const INT64 = [-(2 ** 63), 2 ** 63] as const;

/** A builder of parameters whose handler value has type `T`; `D` is the type of its default. */
interface Builder<T, D> {
  (names: string, description: string, options?: Required): Parameter<T>;
  (names: string, description: string, options: Defaulted<D>): Parameter<T>;
  (names: string, description: string, options: Optional): Parameter<T | undefined>;
}
interface Container<T> {
  (names: string, description: string, inner: readonly Parameter[], options?: Required): Parameter<T>;
  (
    names: string,
    description: string,
    inner: readonly Parameter[],
    options: Optional | Defaulted<readonly []>,
  ): Parameter<T | undefined>;
}

const scalar =
  (type: ParameterType, bounds?: readonly [number, number]) =>
  (names: string, description: string, options?: AnyOptions) =>
    build(type, names, description, options, bounds && { bounds });

const container =
  (type: ParameterType) =>
  (names: string, description: string, inner: readonly Parameter[], options?: AnyOptions) =>
    build(type, names, description, options, { inner });

/**
 * `param.string('txid', 'The transaction id')` is required; `{ default: false }` is always there;
 * `{ optional: true }` and `{ hint: 'how the default is found' }` may be undefined.
 */
export const param = Object.freeze({
  string: scalar('string') as Builder<string, string>,
  hex: scalar('hex') as Builder<string, string>,
  /** int32 */
  integer: scalar('number', INT32) as Builder<number, number>,
  uint32: scalar('number', UINT32) as Builder<number, number>,
  /** Core's int64; exact up to 2^53. */
  long: scalar('number', INT64) as Builder<number, number>,
  /** May have a fraction. */
  number: scalar('number') as Builder<number, number>,
  boolean: scalar('boolean') as Builder<boolean, boolean>,
  /** Bitcoin in JSON (number or string), satoshis for the handler. */
  amount: scalar('amount') as Builder<bigint, number | string>,
  /** A number or [begin, end]: the handler reads it with `parseRange`. */
  range: scalar('range') as Builder<JsonRead, number>,
  object: container('object') as Container<JsonObject>,
  keyed: container('keyed') as Container<JsonObject>,
  options: container('options') as Container<JsonObject>,
  array: container('array') as Container<readonly JsonRead[]>,
  /**
   * Not checked: the handler receives the JSON value. `base` is what the help calls it, unless
   * `typeText` says more.
   */
  any: ((base: ParameterType, names: string, description: string, options: AnyOptions = {}) =>
    build(base, names, description, { ...options, unchecked: true })) as (
    base: ParameterType,
    names: string,
    description: string,
    options?: AnyOptions,
  ) => Parameter<JsonRead | undefined>,
});

/** What the handler receives for a tuple of parameters. */
export type ArgumentsOf<P extends readonly Parameter[]> = {
  [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

export const firstName = (parameter: Parameter): string => parameter.names.split('|', 1)[0]!;
