/**
 * One object a method. From it come the help text, the checks of the parameters, the types of the
 * handler's arguments and the API document; nothing about a method is written anywhere else.
 */
import type { RpcContext, RpcRequest } from './context.ts';
import type { JsonWritable } from './json.ts';
import type { ArgumentsOf, Parameter } from './parameter.ts';
import type { Result } from './result.ts';

/** Heading in `help`; `hidden` methods are not listed. */
type Category =
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
}

type Handled = JsonWritable | Promise<JsonWritable>;

interface Definition<P extends readonly Parameter[]> extends Omit<Method, 'parameters' | 'handler'> {
  readonly parameters: P;
  handler(parameters: ArgumentsOf<P>, context: RpcContext, request: RpcRequest): Handled;
}

/** @throws RpcError from its handler; an `Invalid` or any other error is turned into one by the dispatcher. */
export function defineMethod<const P extends readonly Parameter[]>(definition: Definition<P>): Method {
  // The arguments are checked against the same parameters before the handler sees them.
  return Object.freeze(definition) as unknown as Method;
}
