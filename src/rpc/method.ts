/**
 * One object a method. From it come the help text, the checks of the parameters, the types of the
 * handler's arguments and of its answer, the client's types and the API document; nothing about a method is
 * written anywhere else.
 */
import type { JsonRead } from '../core/encoding/json.ts';
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { RpcContext } from './context.ts';
import type { Category, Definition, Method, RpcRequest, Spec } from './registry.ts';
import * as t from './schema.ts';
import { walletOf } from './wallet-access.ts';

type None = Readonly<Record<never, never>>;
// biome-ignore lint/suspicious/noConfusingVoidType: what a function answers that answers nothing
type Nothing = void;
type Done = t.Schema<{ sent: null; held: null; answered: Nothing; got: null }>;

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

function readAll(parameters: t.Fields, values: readonly JsonRead[], context: RpcContext): never {
  const held: Record<string, unknown> = {};
  let position = 0;
  for (const names of Object.keys(parameters)) {
    const name = t.firstName(names);
    held[name] = t.readField(parameters[names]!, values[position++] ?? null, name, context);
  }
  return held as never;
}

/** What a handler may return. */
type Handled<R extends t.Schema, H> = Exactly<t.Answered<R>, H> & (JsonWritable | Nothing);

/** What must be given, by its name in capitals: an example for who gives no better one. */
const sampleCall = (parameters: t.Fields): string =>
  Object.entries(parameters)
    .filter(([, { optional }]) => !optional)
    .map(([names, { sample }]) => sample ?? t.firstName(names).toUpperCase())
    .join(' ');

function specify<P extends t.Fields, R extends t.Schema>(
  definition: Definition<P, R>,
  run: (parameters: P, ...call: Parameters<Spec['run']>) => unknown,
): Spec<P, R> {
  const {
    help,
    parameters = {} as P,
    result = t.nothing() as never,
    example = sampleCall(parameters),
    plain = false,
    deprecated = false,
  } = definition;
  return Object.freeze<Spec<P, R>>({
    ...{ help, parameters, result, example, plain, deprecated },
    run: (values, context, request) => run(parameters, values, context, request) as JsonWritable,
  });
}

/** @template C what its handler is given behind the parameters */
type Defined<P extends t.Fields, R extends t.Schema, H, C extends readonly unknown[]> = Definition<P, R> & {
  handler(parameters: t.HeldFields<P>, ...call: C): H | Promise<H>;
};

/** @throws RpcError from its handler; an `Invalid` or any other error is turned into one by the dispatcher. */
export const method = <
  const P extends t.Fields = None,
  R extends t.Schema = Done,
  H extends Handled<R, H> = never,
>(
  definition: Defined<P, R, H, [context: RpcContext, request: RpcRequest]>,
): Spec<P, R> =>
  specify(definition, (parameters, values, context, request) =>
    definition.handler(readAll(parameters, values, context), context, request),
  );

/** One about the wallet that the path names, or the only one. What it changes is on the disk before it answers. */
export const walletMethod = <
  const P extends t.Fields = None,
  R extends t.Schema = Done,
  H extends Handled<R, H> = never,
>(
  definition: Defined<P, R, H, [wallet: Wallet, context: RpcContext, request: RpcRequest]>,
): Spec<P, R> =>
  specify(definition, (parameters, values, context, request) => {
    const wallet = walletOf(context, request);
    const held = () => readAll(parameters, values, context);
    return wallet.keeping(() => definition.handler(held(), wallet, context, request));
  });

/** Methods of one subject under their names. */
export function group<const S extends Readonly<Record<string, Spec>>>(
  category: Category,
  specs: S,
): { readonly [K in keyof S]: S[K] & Pick<Method, 'name' | 'category'> } {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, Object.freeze({ ...spec, name, category })]),
  ) as never;
}
