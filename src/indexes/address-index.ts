/**
 * What every output script has been paid and has spent (`-addressindex`): its transactions, its coins, and both
 * in sums. Confirmed ones only; scripts that nobody can satisfy are left out, as they make no coins.
 */
import type { Operation } from '../chain/key-value-store.ts';
import { compareBytes, concatBytes, equalBytes, latin1 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import { createdCoins, spentCoins } from './block-coins.ts';
import { Follower, type IndexContent, type IndexDependencies, type IndexedBlock } from './follower.ts';

/**
 * By SHA-256 of the script (32), numbers in keys big endian:
 *   'h' script height (u32) position (u32)      txid (32), satoshis received and spent (u64 each)
 *   'u' script height (u32) txid (32) vout (u32)  satoshis (u64), coinbase (u8)
 *   't' script                                  satoshis received and spent, transactions, coins (u64 each)
 */
const [HISTORY, COINS, TOTALS] = [0x68, 0x75, 0x74];

/** Satoshis. */
export interface Movement {
  readonly received: bigint;
  readonly spent: bigint;
}

interface Listed {
  /** What its key ends with, for `after`: the block's height (u32 BE), and more. */
  readonly place: Uint8Array;
  readonly height: number;
}

interface ScriptTransaction extends Listed, Movement {
  /** In its block. */
  readonly position: number;
  /** 32 bytes, internal order. */
  readonly txid: Uint8Array;
}

interface ScriptCoin extends Listed {
  readonly outpoint: OutPoint;
  readonly value: bigint;
  readonly coinbase: boolean;
}

/** Of all that is confirmed. */
interface ScriptTotals extends Movement {
  readonly transactions: bigint;
  readonly coins: bigint;
}

const NOTHING: ScriptTotals = { received: 0n, spent: 0n, transactions: 0n, coins: 0n };

const number = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value & 0xff);
const keyOf = (kind: number, script: Uint8Array, ...rest: readonly Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(kind), sha256(script), ...rest);
const coinKey = ({ outpoint, coin: { output, height } }: PlacedCoin): Uint8Array =>
  keyOf(COINS, output.scriptPubKey, number(height), outpoint.txid, number(outpoint.vout));

const encodeTotals = ({ received, spent, transactions, coins }: ScriptTotals): Uint8Array =>
  new Writer(32).uint64(received).uint64(spent).uint64(transactions).uint64(coins).finish();

function decodeTotals(value: Uint8Array): ScriptTotals {
  const reader = new Reader(value);
  const [received, spent] = [reader.uint64(), reader.uint64()];
  return { received, spent, transactions: reader.uint64(), coins: reader.uint64() };
}

/** What a block does to one script. */
interface Change {
  readonly script: Uint8Array;
  /** By the transaction's position. */
  readonly moved: Map<number, Movement>;
  coins: bigint;
}

type PlacedCoin = { readonly position: number; readonly outpoint: OutPoint; readonly coin: Coin };

function changesOf(created: readonly PlacedCoin[], spent: readonly PlacedCoin[]): readonly Change[] {
  const changes = new Map<string, Change>();
  const add = ({ position, coin }: PlacedCoin, sign: bigint): void => {
    const { scriptPubKey: script, value } = coin.output;
    const key = latin1(script);
    const change = changes.get(key) ?? { script, moved: new Map(), coins: 0n };
    const before = change.moved.get(position) ?? NOTHING;
    change.moved.set(position, {
      received: before.received + (sign > 0n ? value : 0n),
      spent: before.spent + (sign < 0n ? value : 0n),
    });
    change.coins += sign;
    changes.set(key, change);
  };
  for (const each of created) add(each, 1n);
  for (const each of spent) add(each, -1n);
  return [...changes.values()];
}

const putCoin = (placed: PlacedCoin): Operation => ({
  put: coinKey(placed),
  value: new Writer(9).uint64(placed.coin.output.value).uint8(Number(placed.coin.coinbase)).finish(),
});
const deleteCoin = (placed: PlacedCoin): Operation => ({ delete: coinKey(placed) });

async function operations(
  indexed: IndexedBlock,
  store: Parameters<IndexContent['connect']>[1],
  direction: 1n | -1n,
): Promise<readonly Operation[]> {
  const { entry, block } = indexed;
  const [created, spent] = [[...createdCoins(indexed)], [...spentCoins(indexed)]];
  const changes = changesOf(created, spent);
  const totals = await store.latest(changes.map(({ script }) => keyOf(TOTALS, script)));
  // What the block itself makes and spends is gone either way: the later operation holds.
  const coins =
    direction === 1n
      ? [...created.map(putCoin), ...spent.map(deleteCoin)]
      : [...spent.map(putCoin), ...created.map(deleteCoin)];
  const lists = changes.flatMap(({ script, moved, coins }, i): Operation[] => {
    const stored = totals[i];
    let { received, spent, transactions, ...before } = stored === undefined ? NOTHING : decodeTotals(stored);
    const history = Array.from(moved, ([position, movement]): Operation => {
      received += direction * movement.received;
      spent += direction * movement.spent;
      transactions += direction;
      const key = keyOf(HISTORY, script, number(entry.height), number(position));
      if (direction < 0n) return { delete: key };
      const value = new Writer(48).bytes(block.transactions[position]!.txidBytes);
      return { put: key, value: value.uint64(movement.received).uint64(movement.spent).finish() };
    });
    const sums = { received, spent, transactions, coins: before.coins + direction * coins };
    const key = keyOf(TOTALS, script);
    return [...history, transactions === 0n ? { delete: key } : { put: key, value: encodeTotals(sums) }];
  });
  return [...coins, ...lists];
}

const content: IndexContent = {
  connect: (indexed, store) => operations(indexed, store, 1n),
  disconnect: (indexed, store) => operations(indexed, store, -1n),
};

export class AddressIndex {
  readonly follower: Follower;

  private constructor(follower: Follower) {
    this.follower = follower;
  }

  static async open(dependencies: IndexDependencies): Promise<AddressIndex> {
    return new AddressIndex(await Follower.open('addressindex', content, dependencies));
  }

  /** Resolves when the chain's tip is in the index. */
  synchronize(): Promise<void> {
    return this.follower.synchronize();
  }

  /** A transaction counts for each script that it concerns. */
  async totals(scripts: readonly Uint8Array[]): Promise<ScriptTotals> {
    const sum = { ...NOTHING };
    for (const { totals } of await this.#used(scripts))
      for (const field of Object.keys(sum) as (keyof ScriptTotals)[]) sum[field] += totals[field];
    return sum;
  }

  /** Oldest first. @param after a place, which is passed over with all before it; empty for none */
  async history(
    scripts: readonly Uint8Array[],
    after: Uint8Array,
    limit: number,
  ): Promise<readonly ScriptTransaction[]> {
    const found: ScriptTransaction[] = [];
    for (const { key, value, ...listed } of await this.#list(HISTORY, scripts, after, limit)) {
      const txid = value.view(32);
      const isSame = found.length > 0 && equalBytes(found.at(-1)!.place, listed.place);
      const other = (isSame && found.pop()) || NOTHING;
      const [received, spent] = [other.received + value.uint64(), other.spent + value.uint64()];
      found.push({ ...listed, position: key.getUint32(4), txid, received, spent });
    }
    return found;
  }

  /** Oldest first, those of a block by their ids. @param after as of the history */
  async coins(
    scripts: readonly Uint8Array[],
    after: Uint8Array,
    limit: number,
  ): Promise<readonly ScriptCoin[]> {
    return (await this.#list(COINS, scripts, after, limit)).map(({ key, value, ...listed }) => ({
      ...{ ...listed, outpoint: { txid: listed.place.subarray(4, 36), vout: key.getUint32(36) } },
      ...{ value: value.uint64(), coinbase: value.uint8() === 1 },
    }));
  }

  /** Those of the scripts that were ever paid. */
  async #used(scripts: readonly Uint8Array[]) {
    const values = await this.follower.latest(scripts.map((script) => keyOf(TOTALS, script)));
    return scripts.flatMap((script, i) => {
      const value = values[i];
      return value === undefined ? [] : [{ script, totals: decodeTotals(value) }];
    });
  }

  /** What scripts have of one kind, at so many places. */
  async #list(kind: number, scripts: readonly Uint8Array[], after: Uint8Array, limit: number) {
    let found: (Listed & { readonly key: DataView; readonly value: Reader })[] = [];
    for (const { script } of await this.#used(scripts)) {
      const prefix = keyOf(kind, script);
      const lt = concatBytes(prefix, new Uint8Array(4).fill(0xff));
      for (const [bytes, stored] of await this.follower.list({ gt: concatBytes(prefix, after), lt, limit })) {
        const place = bytes.subarray(prefix.length);
        const key = new DataView(place.buffer, place.byteOffset);
        found.push({ place, key, height: key.getUint32(0), value: new Reader(stored) });
      }
      found = firstPlaces(found, limit);
    }
    return found;
  }

  close(): Promise<void> {
    return this.follower.close();
  }
}

/** All that lies at the first places, in their order. */
function firstPlaces<T extends Listed>(listed: readonly T[], limit: number): T[] {
  const sorted = listed.toSorted((a, b) => compareBytes(a.place, b.place));
  let places = 0;
  return sorted.filter(({ place }, i) => {
    if (i === 0 || compareBytes(place, sorted[i - 1]!.place) !== 0) places++;
    return places <= limit;
  });
}
