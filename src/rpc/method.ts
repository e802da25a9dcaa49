/**
 * One object a method. From it come the help text, the checks of the parameters, the types of the
 * handler's arguments and of its answer, the client's types and the API document; nothing about a method is
 * written anywhere else.
 */
import type { Wallet } from '../wallet/wallet.ts';
import type { RpcContext, RpcRequest } from './context.ts';
import type { JsonRead, JsonWritable } from './json.ts';
import { legacyParameters, legacyResults } from './legacy.ts';
import type { ArgumentsOf, Parameter } from './parameter.ts';
import type { Result } from './result.ts';
import { type Answered, type Fields, firstName, type HeldFields, readField, type Schema } from './schema.ts';
import { walletOf } from './wallet-access.ts';

/** Heading in `help`; `hidden` methods are not listed. */
export type Category =
  | 'Blockchain'
  | 'Control'
  | 'Mining'
  | 'Network'
  | 'Rawtransactions'
  | 'Util'
  | 'Wallet'
  | 'hidden';

export interface Method {
  readonly name: string;
  readonly category: Category;
  /** First line, blank line, then the details. */
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** The possible results; several if they depend on a parameter. */
  readonly results: readonly Result[];
  /** The parameters of each example call, as `penny rpc NAME ...` takes them. */
  readonly examples: readonly string[];
  handler(parameters: readonly unknown[], context: RpcContext, request: RpcRequest): Handled;
  /** Of methods in the new form: reads the arguments and calls the handler. */
  readonly run?: Run;
}

type Run = (values: readonly JsonRead[], context: RpcContext, request: RpcRequest) => Handled;
type Handled = JsonWritable | Promise<JsonWritable>;

interface LegacyDefinition<P extends readonly Parameter[]> extends Omit<Method, 'parameters' | 'handler'> {
  readonly parameters: P;
  handler(parameters: ArgumentsOf<P>, context: RpcContext, request: RpcRequest): Handled;
}

/** @throws RpcError from its handler; an `Invalid` or any other error is turned into one by the dispatcher. */
export function defineMethod<const P extends readonly Parameter[]>(definition: LegacyDefinition<P>): Method {
  // The arguments are checked against the same parameters before the handler sees them.
  return Object.freeze(definition) as unknown as Method;
}

/** What a handler returns: exactly the answer declared, field by field. */
type Exactly<A, H> = A extends readonly (infer E)[]
  ? H extends readonly (infer F)[]
    ? readonly Exactly<E, F>[]
    : A
  : A extends { readonly [key: string]: unknown }
    ? string extends keyof A
      ? A
      : { [K in keyof A]: K extends keyof H ? Exactly<A[K], H[K]> : A[K] } & {
          [K in Exclude<keyof H, keyof A>]?: never;
        }
    : A;

interface Definition<P extends Fields, R extends Schema> {
  /** What it does, units, what surprises; the first line stands alone. */
  readonly help: string;
  readonly parameters: P;
  readonly result: R;
  /** Parameters of one call that works, as `penny rpc NAME ...` takes them. */
  readonly example?: string;
}

/** A method without its name, which is its key in a group. */
export interface Spec<P extends Fields = Fields, R extends Schema = Schema> extends Definition<P, R> {
  readonly run: Run;
}

function readAll(parameters: Fields, values: readonly JsonRead[], context: RpcContext): never {
  const held: Record<string, unknown> = {};
  let position = 0;
  for (const names of Object.keys(parameters)) {
    const name = firstName(names);
    held[name] = readField(parameters[names]!, values[position++] ?? null, name, context);
  }
  return held as never;
}

/** @throws RpcError from its handler; an `Invalid` or any other error is turned into one by the dispatcher. */
export function method<
  const P extends Fields,
  R extends Schema,
  H extends Exactly<Answered<R>, H> & JsonWritable,
>(
  definition: Definition<P, R> & {
    handler(parameters: HeldFields<P>, context: RpcContext, request: RpcRequest): H | Promise<H>;
  },
): Spec<P, R> {
  const { parameters, handler } = definition;
  return Object.freeze({
    ...definition,
    run: (values, context, request) => handler(readAll(parameters, values, context), context, request),
  } satisfies Spec<P, R>);
}

/** One that is about a wallet: the one that the request's path names, or the only one. */
export function walletMethod<
  const P extends Fields,
  R extends Schema,
  H extends Exactly<Answered<R>, H> & JsonWritable,
>(
  definition: Definition<P, R> & {
    handler(
      parameters: HeldFields<P>,
      wallet: Wallet,
      context: RpcContext,
      request: RpcRequest,
    ): H | Promise<H>;
  },
): Spec<P, R> {
  const { parameters, handler } = definition;
  return Object.freeze({
    ...definition,
    run(values, context, request) {
      const wallet = walletOf(context, request);
      return handler(readAll(parameters, values, context), wallet, context, request);
    },
  } satisfies Spec<P, R>);
}

/** A method in its group. */
export interface Named {
  readonly name: string;
  readonly category: Category;
}

/** Methods of one subject under their names. */
export function group<const S extends Readonly<Record<string, Spec>>>(
  category: Category,
  specs: S,
): { readonly [K in keyof S]: S[K] & Named } {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, { ...spec, name, category }]),
  ) as never;
}

export const toMethod = ({
  name,
  category,
  help,
  parameters,
  result,
  example,
  run,
}: Spec & Named): Method => ({
  name,
  category,
  description: help,
  parameters: legacyParameters(parameters),
  results: legacyResults(result),
  examples: example === undefined ? [] : [example],
  run,
  handler: () => {
    throw new Error('not called');
  },
});
