/** A mempool on a real chain in memory, with coins to spend that need no signature. */
import type { Chain } from '../../src/chain/chain.ts';
import { hash160, sha256 } from '../../src/core/encoding/hashes.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { script } from '../../src/core/script/script.ts';
import { p2sh, p2wsh } from '../../src/core/script/templates.ts';
import {
  SEQUENCE_FINAL,
  type Transaction,
  type TxIn,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';
import { Mempool } from '../../src/mempool/mempool.ts';
import type { MempoolPolicy } from '../../src/mempool/policy.ts';
import type { Accepted, AcceptOptions } from '../../src/mempool/results.ts';
import { Miner } from '../../src/mining/miner.ts';
import { ThreadSearcher } from '../../src/mining/thread-searcher.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { type SpendableCoin, transaction } from './chain-builder.ts';
import { fixedRandom, openMemoryChain, StillClock, silentLogger } from './memory-chain.ts';

/** 2030, in seconds. */
export const START = 1_893_456_000;

const TRUE = script(0x51);
/** Standard outputs that anyone can spend: a script of OP_TRUE behind a hash. */
export const P2WSH_TRUE = p2wsh(sha256(TRUE));
export const P2SH_TRUE = p2sh(hash160(TRUE));

export interface TestPool {
  readonly clock: StillClock;
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly miner: Miner;
  /** Mines blocks with what is in the mempool, each some minutes after the last. */
  mine(count?: number): Promise<void>;
  /** A mature coinbase that was not handed out before. */
  coin(): SpendableCoin;
  accept(tx: Transaction, options?: AcceptOptions): Promise<Accepted>;
  /** `accepted`, or the reason (with its detail) of the refusal. */
  reason(tx: Transaction, options?: AcceptOptions): Promise<string>;
}

export async function openTestPool(
  policy: Partial<MempoolPolicy> = {},
  { blocks = 110, parameters = REGTEST }: { blocks?: number; parameters?: NetworkParameters } = {},
): Promise<TestPool> {
  const clock = new StillClock(START);
  const chain = await openMemoryChain({ clock, parameters });
  const scriptVerifier = new InlineScriptVerifier(nobleEngine, clock);
  const dependencies = { clock, random: fixedRandom, scriptVerifier, logger: silentLogger };
  const mempool = new Mempool(policy, chain, dependencies);
  const searcher = new ThreadSearcher(clock);
  const miner = new Miner({}, chain, mempool, { ...dependencies, searcher, createSearcher: () => searcher });
  const coins: SpendableCoin[] = [];
  chain.connected.subscribe(({ entry, block }) => {
    const coinbase = block.transactions[0]!;
    coins.push({
      outpoint: { txid: coinbase.txidBytes, vout: 0 },
      coin: { output: coinbase.outputs[0]!, height: entry.height, coinbase: true },
    });
  });
  const pool: TestPool = {
    clock,
    chain,
    mempool,
    miner,
    async mine(count = 1) {
      for (let i = 0; i < count; i++) {
        clock.time += 600_000;
        await miner.mineBlocks(1, P2WSH_TRUE);
      }
    },
    coin() {
      const coin = coins.shift();
      if (coin === undefined || chain.height + 1 - coin.coin.height < parameters.coinbaseMaturity)
        throw new Error('no mature coin is left: mine more');
      return coin;
    },
    async accept(tx, options) {
      const result = await mempool.accept(tx, options);
      if (!result.ok) throw result.invalid;
      return result;
    },
    async reason(tx, options) {
      const result = await mempool.accept(tx, options);
      return result.ok ? 'accepted' : result.invalid.message;
    },
  };
  await pool.mine(blocks);
  return pool;
}

/** An output of a transaction, to be spent by the next. */
export function outputAt(tx: Transaction, vout = 0): SpendableCoin {
  return {
    outpoint: { txid: tx.txidBytes, vout },
    coin: { output: tx.outputs[vout]!, height: 0, coinbase: false },
  };
}

export interface SpendOptions {
  /** Satoshis. */
  readonly fee?: bigint;
  /** Number of outputs among which the rest is shared. */
  readonly outputs?: number;
  readonly version?: number;
  readonly lockTime?: number;
  readonly sequence?: number;
  /** In place of the shared ones; the rest goes to the first of them. */
  readonly extra?: readonly TxOut[];
  readonly input?: Partial<TxIn>;
}

/** Spends coins of `P2WSH_TRUE` into as many again. */
export function spend(coins: readonly SpendableCoin[], options: SpendOptions = {}): Transaction {
  const { fee = 1_000n, outputs = 1, version = 2, lockTime = 0, extra = [] } = options;
  const given = extra.reduce((sum, output) => sum + output.value, 0n);
  const value = coins.reduce((sum, { coin }) => sum + coin.output.value, -fee - given);
  const share = value / BigInt(outputs);
  const shared = Array.from({ length: outputs }, (_, i) => ({
    value: i === 0 ? value - share * BigInt(outputs - 1) : share,
    scriptPubKey: P2WSH_TRUE,
  }));
  return transaction(
    coins.map(({ outpoint }) => ({
      prevout: outpoint,
      witness: [TRUE],
      sequence: options.sequence ?? SEQUENCE_FINAL - 2,
      ...options.input,
    })),
    [...shared, ...extra],
    { version, lockTime },
  );
}
