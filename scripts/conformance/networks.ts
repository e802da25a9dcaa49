/** Networks as `chain/chain_params.json` states them; Penny itself knows main and regtest only. */
import { Block } from '../../src/core/block/block.ts';
import { EMPTY, fromHex, latin1 } from '../../src/core/encoding/bytes.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { MAIN } from '../../src/core/parameters/presets.ts';
import { lastPush } from '../../src/core/script/sigops.ts';
import type { VectorFile } from './suite.ts';

export interface NetworkFacts {
  readonly genesis_hash: string;
  readonly genesis_hex: string;
  readonly genesis_time: number;
  readonly genesis_nonce: number;
  readonly genesis_bits: string;
  readonly magic: string;
  readonly default_port: number;
  readonly rpc_port: number;
  readonly pubkey_hash: number;
  readonly script_hash: number;
  readonly secret_key: number;
  readonly xpub: string;
  readonly xprv: string;
  readonly bech32_hrp: string;
  readonly subsidy_halving: number;
  readonly pow_limit: string;
  readonly target_timespan: number;
  readonly target_spacing: number;
  readonly allow_min_difficulty: boolean;
  readonly no_retargeting: boolean;
  readonly enforce_bip94?: boolean;
  readonly heights: NetworkParameters['heights'];
  readonly bip34_hash?: string;
  readonly script_flag_exceptions?: Readonly<Record<string, readonly string[]>>;
  readonly bip30_exceptions?: NetworkParameters['bip30Exceptions'];
}

export interface ChainParams {
  readonly common: Readonly<Record<string, number>>;
  readonly networks: Readonly<Record<string, NetworkFacts>>;
  readonly subsidy: readonly {
    readonly network: string;
    readonly height: number;
    readonly subsidy: number;
  }[];
}

/** The parameters that these facts describe. */
export function parametersFrom(name: string, facts: NetworkFacts): NetworkParameters {
  const genesis = Block.decode(fromHex(facts.genesis_hex));
  const { inputs, outputs } = genesis.transactions[0]!;
  const { scriptPubKey, value } = outputs[0]!;
  const message = lastPush(inputs[0]!.scriptSig) ?? EMPTY;
  return {
    ...MAIN,
    name,
    chain: name,
    magic: fromHex(facts.magic),
    p2pPort: facts.default_port,
    rpcPort: facts.rpc_port,
    pubKeyHashPrefix: facts.pubkey_hash,
    scriptHashPrefix: facts.script_hash,
    secretKeyPrefix: facts.secret_key,
    bech32Prefix: facts.bech32_hrp,
    bip32Public: Number(`0x${facts.xpub}`),
    bip32Private: Number(`0x${facts.xprv}`),
    subsidy: value,
    halvingInterval: facts.subsidy_halving,
    targetSpacing: facts.target_spacing,
    difficulty: facts.no_retargeting
      ? { kind: 'none' }
      : {
          kind: 'interval',
          interval: facts.target_timespan / facts.target_spacing,
          clamp: 4,
          minimumDifficultyAfter: facts.allow_min_difficulty ? 2 * facts.target_spacing : 0,
          bip94: facts.enforce_bip94 ?? false,
        },
    powLimit: BigInt(`0x${facts.pow_limit}`),
    heights: facts.heights,
    bip34Hash: facts.bip34_hash ?? null,
    scriptFlagExceptions: new Map(Object.entries(facts.script_flag_exceptions ?? {})),
    bip30Exceptions: facts.bip30_exceptions ?? [],
    genesis: {
      version: genesis.header.version,
      message: latin1(message),
      time: facts.genesis_time,
      nonce: facts.genesis_nonce,
      bits: Number(`0x${facts.genesis_bits}`),
      outputScript: scriptPubKey,
      value,
      hash: facts.genesis_hash,
    },
  };
}

/** Parameters of a network that `chain_params.json`, found from any other vector file, has in full. */
export function parametersOf(name: string, from: VectorFile): NetworkParameters {
  const facts = from.other('chain_params.json')?.json<ChainParams>().networks[name];
  if (facts === undefined) throw new Error(`chain_params.json does not know network ${name}`);
  return parametersFrom(name, facts);
}
