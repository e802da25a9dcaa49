/** Where options go: the parts of a node process, or what a tool is told, and their fields. Owns how a table's values get there. */
import type { ChainOptions } from '../../../chain/options.ts';
import type { MempoolPolicy } from '../../../mempool/policy.ts';
import type { MinerOptions } from '../../../mining/miner.ts';
import type { NetworkOptions } from '../../../network/options.ts';
import type { MineOptions, NodeOptions } from '../../../node.ts';
import type { ProcessOptions, RpcOptions } from '../create-node.ts';
import type { DevnetOptions } from '../devnet/plan.ts';
import type { NodeLoggerOptions } from '../logger.ts';
import type { NotifyOptions } from '../notifications/commands.ts';
import type { ZmqOptions } from '../notifications/zmq-publisher.ts';
import type { RpcServerOptions } from '../rpc/server.ts';
import type { ScriptVerifierOptions } from '../verification/create-script-verifier.ts';
import type { GenesisAnswers } from './new-network.ts';

interface Parts {
  readonly process: ProcessOptions;
  readonly node: NodeOptions;
  readonly chain: ChainOptions;
  readonly indexes: NonNullable<NodeOptions['indexes']>;
  readonly mempool: MempoolPolicy;
  readonly network: NetworkOptions;
  readonly miner: MinerOptions;
  readonly mine: MineOptions;
  readonly wallet: NonNullable<NodeOptions['wallet']>;
  readonly scripts: ScriptVerifierOptions;
  readonly notify: NotifyOptions;
  readonly zmq: ZmqOptions;
  readonly rpc: RpcOptions;
  readonly server: RpcServerOptions;
  readonly log: NodeLoggerOptions;
  readonly devnet: DevnetOptions;
  readonly genesis: GenesisAnswers;
}

/** `part.field` of every field that takes a T. */
export type Target<T> = {
  [P in keyof Parts]: {
    [F in keyof Parts[P] & string]-?: [T] extends [Exclude<Parts[P][F], undefined>] ? `${P}.${F}` : never;
  }[keyof Parts[P] & string];
}[keyof Parts];

type Field<O, P extends string, Optional> = {
  [K in keyof O]: O[K] extends { readonly to: `${P}.${infer F}`; otherwise: (...of: never) => infer T }
    ? undefined extends T
      ? Optional extends true
        ? F
        : never
      : Optional extends true
        ? never
        : F
    : never;
}[keyof O];
type Value<O, P extends string, F> = {
  [K in keyof O]: O[K] extends { readonly to: `${P}.${F & string}`; otherwise: (...of: never) => infer T }
    ? Exclude<T, undefined>
    : never;
}[keyof O];

/** What an option table says of each part: a field without a default is there if its option is given. */
export type Placed<O> = {
  readonly [P in keyof Parts]: { readonly [F in Field<O, P, false> & string]: Value<O, P, F> } & {
    readonly [F in Field<O, P, true> & string]?: Value<O, P, F>;
  };
};

export function place<O>(options: O, values: { readonly [K in keyof O]: unknown }): Placed<O> {
  const parts: Record<string, Record<string, unknown>> = {};
  for (const [name, { to }] of Object.entries(
    options as Readonly<Record<string, { readonly to?: string }>>,
  )) {
    if (to === undefined) continue;
    const value = values[name as keyof O];
    const [part, field] = to.split('.') as [string, string];
    parts[part] = { ...parts[part], ...(value !== undefined && { [field]: value }) };
  }
  return parts as Placed<O>;
}
