/**
 * What makes one network differ from another. Everything here comes from a network file
 * (`genesis.json`) or a preset; nothing else in the rules depends on the network's name.
 */

/** Bitcoin's rule: at every `interval`-th block, by the time the last interval took. */
export interface IntervalRule {
  readonly kind: 'interval';
  /** Blocks between adjustments (main: 2016). */
  readonly interval: number;
  /** A step changes the target at most by this factor (main: 4). */
  readonly clamp: number;
  /** Testnet's rule: a block this many seconds after its parent may have the limit's difficulty; 0 is never. */
  readonly minimumDifficultyAfter: number;
  /** BIP94: adjust from the first block of the interval, and forbid its time to go back. */
  readonly bip94: boolean;
}

/** Every block has the difficulty of the genesis block (regtest). */
interface FixedRule {
  readonly kind: 'none';
  /** BIP94: at every such height a block's time may not go back; absent: at none. */
  readonly bip94?: number;
}

/** Zawy's LWMA-1: a linearly weighted average over `window` solve times, at every block. */
export interface LwmaRule {
  readonly kind: 'lwma';
  readonly window: number;
}

export type DifficultyRule = IntervalRule | FixedRule | LwmaRule;

export interface ActivationHeights {
  readonly bip34: number;
  readonly bip65: number;
  readonly bip66: number;
  /** BIP68, 112, 113 */
  readonly csv: number;
  /** BIP141, 143, 147: from here a witness commitment is required. */
  readonly segwit: number;
}

/** BIP9: rules that miners turn on by signalling with a bit of the block version. */
export interface VersionBitsDeployment {
  readonly name: string;
  readonly bit: number;
  /** Median times past, seconds since the epoch. */
  readonly startTime: bigint;
  readonly timeout: bigint;
  readonly minimumActivationHeight: number;
  /** Blocks, and how many of them must signal. */
  readonly period: number;
  readonly threshold: number;
}

/** A set of coins that may be used before it is verified, and what is known of it beforehand. */
export interface AssumedCoins {
  readonly height: number;
  /** The block whose coins they are, in display order. */
  readonly blockHash: string;
  /** hash_serialized_3 of gettxoutsetinfo, in display order. */
  readonly hashSerialized: string;
  /** Transactions of the chain up to the block. */
  readonly chainTxCount: number;
}

export interface GenesisBlock {
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
  /** Text in the coinbase's scriptSig. */
  readonly message: string;
  /** scriptPubKey of the (unspendable) first coinbase. */
  readonly outputScript: Uint8Array;
  /** Satoshis. */
  readonly value: bigint;
  /** What all of this must hash to, in display order. */
  readonly hash: string;
}

export interface NetworkParameters {
  readonly name: string;
  /** What RPC reports as `chain` (main, regtest, or the name). */
  readonly chain: string;
  /** Folder below the data directory; empty for main. */
  readonly dataSubdirectory: string;
  /** 4 bytes in wire order. */
  readonly magic: Uint8Array;
  readonly p2pPort: number;
  readonly rpcPort: number;
  /** How gossiped addresses, which carry no scheme, are dialled. */
  readonly dial: 'ws' | 'tcp';
  readonly seeds: readonly string[];
  /** Peers on one machine or local network count as different groups, told apart by port. */
  readonly localPeers: boolean;

  readonly pubKeyHashPrefix: number;
  readonly scriptHashPrefix: number;
  readonly secretKeyPrefix: number;
  readonly bech32Prefix: string;
  /** BIP32 version bytes as uint32. */
  readonly bip32Public: number;
  readonly bip32Private: number;
  /** SLIP44 coin type of BIP44 paths: 0 on main, 1 elsewhere. */
  readonly coinType: number;

  /** Satoshis of the first subsidy. */
  readonly subsidy: bigint;
  /** Blocks. */
  readonly halvingInterval: number;
  /** Blocks before a coinbase may be spent. */
  readonly coinbaseMaturity: number;
  /** Seconds between blocks. */
  readonly targetSpacing: number;
  /**
   * Seconds that a block's time may be ahead of our clock. A rule that follows each block must not be lied to for
   * longer than a few blocks take: with less than the hash rate's tenth a liar could slow the network manyfold.
   */
  readonly maxFutureBlockTime: number;
  readonly difficulty: DifficultyRule;
  /** The easiest target allowed. */
  readonly powLimit: bigint;
  readonly heights: ActivationHeights;
  /** Deployments that are signalled for; absent: none. */
  readonly versionBits?: readonly VersionBitsDeployment[];
  /** Height from which signals mean something new: those before were for what holds by height. */
  readonly signalsFrom?: number;
  /** Block at `bip34` height known to be final: below it BIP30 need not be checked (Core's BIP34Hash). */
  readonly bip34Hash: string | null;
  /** Blocks verified under other script flags: hash in display order to flag names. */
  readonly scriptFlagExceptions: ReadonlyMap<string, readonly string[]>;
  /** Blocks that may overwrite unspent coins (the two of 2010). Height and hash. */
  readonly bip30Exceptions: readonly { readonly height: number; readonly hash: string }[];

  /** Work a chain must promise before its headers are stored. */
  readonly minimumChainWork: bigint;
  /** Scripts below this block are not verified; null verifies all. */
  readonly assumeValid: string | null;
  /** Snapshots that `loadtxoutset` takes, lowest first; absent: none. */
  readonly assumeUtxo?: readonly AssumedCoins[];
  /** Seconds; a tip older than this means initial block download (0: never by age). */
  readonly maxTipAge: number;
  /** Mine on demand only, without waiting for peers (regtest). */
  readonly mineBlocksOnDemand: boolean;
  /** RPC may move time, rewrite the chain and give coins away: for networks of one's own, never Bitcoin's. */
  readonly devControl: boolean;
  /** Blocks that a chain needs before any is pruned; 1,000 unless told. */
  readonly pruneAfterHeight?: number;
  /** Version of the blocks that are made, in place of the one that signals. */
  readonly blockVersion?: number;
  /** Satoshis per 1,000 vbytes a wallet pays when no estimate is there; 0 refuses. */
  readonly fallbackFee: bigint;

  readonly genesis: GenesisBlock;
}
