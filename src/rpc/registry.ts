/** What a method is to whoever calls it, tells of it or keeps it; `method.ts` makes them. And what a call is told of itself. */
import type { JsonRead } from '../core/encoding/json.ts';
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import type { RpcContext } from './context.ts';
import type * as t from './schema.ts';

/** Heading in `help`; `hidden` methods are not listed. */
export type Category =
  | 'Blockchain'
  | 'Control'
  | 'Mining'
  | 'Network'
  | 'Rawtransactions'
  | 'Util'
  | 'Wallet'
  | 'Zmq'
  | 'hidden';

/** What is said of a method; without parameters it takes none, without a result it answers null. */
export interface Definition<P extends t.Fields, R extends t.Schema> {
  /** What it does, units, what surprises; the first line stands alone. */
  readonly help: string;
  readonly parameters?: P;
  readonly result?: R;
  /** Parameters of one call that works, as `penny rpc NAME ...` takes them; absent: the names of those required. */
  readonly example?: string;
  /** Its help is what it says, and nothing more. */
  readonly plain?: boolean;
  /** Only where -deprecatedrpc names it: else it is not even looked at what was given. */
  readonly deprecated?: boolean;
}

/** A method without its name, which is its key in a group. */
export interface Spec<P extends t.Fields = t.Fields, R extends t.Schema = t.Schema>
  extends Required<Definition<P, R>> {
  /** Reads the arguments, whose number and types were checked, and calls the handler. */
  run(
    values: readonly JsonRead[],
    context: RpcContext,
    request: RpcRequest,
  ): JsonWritable | Promise<JsonWritable>;
}

export interface Method<P extends t.Fields = t.Fields, R extends t.Schema = t.Schema> extends Spec<P, R> {
  readonly name: string;
  readonly category: Category;
  /** Only where the network's file says `devControl`. */
  readonly dev?: boolean;
}

/** All methods there are, by name. */
export type Registry = Readonly<Record<string, Method>>;

/** A method, if it is one of the registry's own. */
export const findMethod = (registry: Registry, name: string): Method | undefined =>
  Object.hasOwn(registry, name) ? registry[name] : undefined;

/** A long walk that is under way. */
export interface Scan {
  /** Of the whole, up to here. */
  percent: number;
  /** Of the last block looked at, where it goes over blocks. */
  height: number;
  /** Set by `abort`, and when the caller is gone. */
  aborted: boolean;
}

/** What the methods about the RPC server itself may see of it. */
export interface RpcServerView {
  readonly registry: Registry;
  /** Those under way, by their kind. */
  readonly scans: Map<string, Scan>;
  /** Those under way, and for how many microseconds. */
  activeCalls(): readonly { readonly method: string; readonly duration: number }[];
}

export interface RpcRequest {
  readonly server: RpcServerView;
  /** From the endpoint `/wallet/<name>`; null on `/`. */
  readonly walletName: string | null;
  /** Its signal is aborted when the node stops or the client is gone: long waits end. */
  readonly caller: {
    readonly user?: string;
    /** Methods it may call; absent allows all. */
    readonly allowed?: ReadonlySet<string> | undefined;
    readonly signal: AbortSignal;
    /** The connection, if it is one that can be told of events. */
    readonly events?: object;
  };
}
