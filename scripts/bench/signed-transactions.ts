/** A chain in memory with many P2WPKH coins, and signed transactions that spend one each: for benchmarks. */
import { Chain } from '../../src/chain/chain.ts';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import { concatBytes, EMPTY } from '../../src/core/encoding/bytes.ts';
import { hash160 } from '../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { SighashContext, segwitSighash } from '../../src/core/script/sighash.ts';
import { publicKeyOf, signEcdsa } from '../../src/core/script/signing.ts';
import { p2pkh, p2wpkh } from '../../src/core/script/templates.ts';
import {
  NO_WITNESS,
  type OutPoint,
  SEQUENCE_FINAL,
  Transaction,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';
import { Mempool } from '../../src/mempool/mempool.ts';
import { Miner } from '../../src/mining/miner.ts';
import { ThreadSearcher } from '../../src/mining/thread-searcher.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { createScriptVerifier } from '../../src/platform/node/verification/create-script-verifier.ts';

const SECRET = new Uint8Array(32).fill(1);
const KEY = publicKeyOf(SECRET);
const SCRIPT = p2wpkh(hash160(KEY));
const SCRIPT_CODE = p2pkh(hash160(KEY));
const SIGHASH_ALL = 1;
/** Outputs of one transaction that makes coins: as many as are standard. */
const FAN = 2_000;
const FAN_FEE = 100_000n;

export interface SignedTransactions {
  readonly chain: Chain;
  readonly scriptVerifier: ScriptVerifier;
  readonly txs: readonly Transaction[];
  /** A new mempool on the chain. @param verifier the chain's, whose cache they then share; absent a new one. */
  openMempool(
    verifier?: ScriptVerifier,
  ): Promise<{ readonly mempool: Mempool; readonly miner: Miner; close(): Promise<void> }>;
}

interface Spendable extends TxOut {
  readonly outpoint: OutPoint;
}

function sign(coin: Spendable, outputs: readonly TxOut[]): Transaction {
  const input = { prevout: coin.outpoint, scriptSig: EMPTY, sequence: SEQUENCE_FINAL, witness: NO_WITNESS };
  const unsigned = Transaction.from({ version: 2, inputs: [input], outputs, lockTime: 0 });
  const hash = segwitSighash(new SighashContext(unsigned, [coin]), 0, SCRIPT_CODE, coin.value, SIGHASH_ALL);
  const signature = concatBytes(signEcdsa(hash, SECRET), Uint8Array.of(SIGHASH_ALL));
  return Transaction.from({
    ...unsigned,
    inputs: [{ ...input, witness: [signature, KEY] }],
    outputs,
    version: 2,
    lockTime: 0,
  });
}

const outputsOf = (tx: Transaction): Spendable[] =>
  tx.outputs.map((output, vout) => ({ ...output, outpoint: { txid: tx.txidBytes, vout } }));

const share = (value: bigint, count: number): TxOut[] =>
  Array.from({ length: count }, () => ({ value: value / BigInt(count), scriptPubKey: SCRIPT }));

export async function signTransactions(count: number): Promise<SignedTransactions> {
  bindFastHashes();
  const clock = new SystemClock();
  const logger = { log: () => {} };
  const dependencies = { parameters: REGTEST, clock, random: systemRandom, logger };
  const threads = 1;
  const open = (): Promise<ScriptVerifier> => createScriptVerifier({ threads }, dependencies);
  const scriptVerifier = await open();
  const chain = await Chain.open({}, { ...dependencies, storage: new MemoryStorage(), scriptVerifier });
  const openMempool = async (verifier?: ScriptVerifier) => {
    const own = verifier ?? (await open());
    const mempool = new Mempool({}, chain, { ...dependencies, scriptVerifier: own });
    const searcher = new ThreadSearcher(clock);
    const miner = new Miner({}, chain, mempool, {
      ...dependencies,
      searcher,
      createSearcher: () => searcher,
    });
    const close = async () => {
      mempool.close();
      if (verifier === undefined) await own.close();
    };
    return { mempool, miner, close };
  };
  const { mempool, miner, close } = await openMempool();
  const fans = Math.ceil(count / FAN);
  await miner.mineBlocks(100 + fans, SCRIPT);
  const coins: Spendable[] = [];
  for (let height = 1; height <= fans; height++) {
    const block = await chain.blocks.readBlock(chain.entryAt(height)!);
    const [coinbase] = outputsOf(block.transactions[0]!);
    const fan = sign(coinbase!, share(coinbase!.value - FAN_FEE, FAN));
    const result = await mempool.accept(fan);
    if (!result.ok) throw result.invalid;
    coins.push(...outputsOf(fan));
  }
  await miner.mineBlocks(1, SCRIPT);
  await close();
  // Fees differ, so that there is an order to find.
  const txs = coins
    .slice(0, count)
    .map((coin, i) => sign(coin, share(coin.value - BigInt(200 + ((i * 7919) % 20_000)), 2)));
  return { chain, scriptVerifier, txs, openMempool };
}
