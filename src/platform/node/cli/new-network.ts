/** A network of one's own: its file after the model of another's, and its genesis block. */
import { mineGenesis } from '../../../core/consensus/genesis.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkFile, parseNetworkFile } from '../../../core/parameters/network-file.ts';
import { NetworkFileError } from '../../../core/parameters/network-file-error.ts';
import type { Random } from '../../../seams.ts';

export interface GenesisAnswers {
  readonly name: string;
  readonly message: string;
  readonly port?: number;
  /** Seconds. */
  readonly targetSpacing?: number;
}

/** The first byte of a magic is beyond ASCII, so that no text (`GET `) can be taken for it. */
const NOT_ASCII = 0x80;
const FIRST_PORT = 10_000;
const PORTS = 20_000;

/**
 * A new network after the model of another: its own name, magic, ports and genesis block.
 * @param time seconds since the epoch
 * @throws NetworkFileError naming a field that the answers make wrong
 */
export function newNetwork(
  model: NetworkParameters,
  answers: GenesisAnswers,
  time: number,
  random: Random,
): NetworkParameters {
  const magic = random.bytes(4);
  magic[0] = magic[0]! | NOT_ASCII;
  // An odd port for peers and the even one before it for RPC, as far from others' as chance allows.
  const p2pPort = answers.port ?? FIRST_PORT + 2 * random.below(PORTS / 2) + 1;
  const named = {
    ...model,
    name: answers.name,
    magic,
    p2pPort,
    rpcPort: p2pPort - 1,
    targetSpacing: answers.targetSpacing ?? model.targetSpacing,
    seeds: [],
    genesis: { ...model.genesis, time, message: answers.message, nonce: 0 },
  };
  // Every field is checked before the search, by the reader that will read the file.
  parseNetworkFile(networkFile(named));
  const genesis = mineGenesis(named.genesis, named.powLimit);
  if (genesis === null) throw new NetworkFileError('genesis.nonce', 'no nonce meets the bits: try again');
  return parseNetworkFile(networkFile({ ...named, genesis }));
}
