/** What a devnet looks like before anything runs: network, ports, directories, mnemonics. The same at every start. */

import { join } from 'node:path';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { fromHex, utf8 } from '../../../core/encoding/bytes.ts';
import { sha256 } from '../../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { ENTROPY_BYTES } from '../../../wallet/mnemonic.ts';

export interface DevnetOptions {
  readonly nodes: number;
  /** Seconds between blocks, on average. */
  readonly blockTime: number;
  readonly paymentsPerMinute: number;
  readonly directory: string;
  /** Go on with the data of the last run, and leave it afterwards. */
  readonly keep: boolean;
  /** Leave once the first payments are confirmed everywhere. */
  readonly exitWhenConfirmed: boolean;
  /** A node that ends is started again. */
  readonly restart: boolean;
  readonly mnemonic: string;
  readonly basePort: number;
  /** A file that says what it starts with, and is gone over to when it changes. */
  readonly watchFile?: string;
  /** A file that says what it starts with. */
  readonly import?: string;
}

/** All zeros: everyone knows its keys, as everyone should know those of a devnet. */
export const DEFAULT_MNEMONIC = entropyToMnemonic(new Uint8Array(16), wordlist);

/** Of a node's data directory, where no file says otherwise. */
const NETWORK_SUBDIRECTORY = 'devnet';

export interface NodePlan {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly directory: string;
  /** Inside of it: where a node keeps what belongs to the network. */
  readonly networkDirectory: string;
  readonly peerPort: number;
  readonly rpcPort: number;
  /** Of the page that calls it, if there is one. */
  readonly pageOrigin?: string;
  readonly mnemonic: string;
  readonly wallet: string;
}

/** Room for a person's own ports between those of two nodes. */
const PORTS_PER_NODE = 10;
/** "DEV", beyond ASCII in its first byte. */
const MAGIC = fromHex('c4455600');

/** As browsers write it. */
export const pageOrigin = ({ basePort }: Pick<DevnetOptions, 'basePort'>): string =>
  `http://127.0.0.1:${basePort}`;

/** @param number from 1 */
export function planNode(
  { directory, basePort, mnemonic }: DevnetOptions,
  { dataSubdirectory }: Pick<NetworkParameters, 'dataSubdirectory'>,
  number: number,
  name = `node${number}`,
): NodePlan {
  return {
    number,
    name,
    directory: join(directory, name),
    networkDirectory: join(directory, name, dataSubdirectory),
    peerPort: basePort + PORTS_PER_NODE * number,
    rpcPort: basePort + PORTS_PER_NODE * number + 1,
    pageOrigin: pageOrigin({ basePort }),
    mnemonic: number === 1 ? mnemonic : deriveMnemonic(mnemonic, number),
    wallet: `wallet${number}`,
  };
}

/** The first node's words are the given ones; the others' follow from them. */
function deriveMnemonic(mnemonic: string, number: number): string {
  return entropyToMnemonic(sha256(utf8(`${mnemonic} ${number}`)).subarray(0, ENTROPY_BYTES), wordlist);
}

/** The rules of `penny` under a name and a magic of its own: a devnet never meets a real node. */
export function devnetParameters(penny: NetworkParameters, options: DevnetOptions): NetworkParameters {
  return {
    ...penny,
    name: 'devnet',
    chain: 'devnet',
    dataSubdirectory: NETWORK_SUBDIRECTORY,
    magic: MAGIC,
    p2pPort: options.basePort,
    rpcPort: options.basePort + 1,
    targetSpacing: options.blockTime,
    seeds: [],
    devControl: true,
  };
}
