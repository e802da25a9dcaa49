/**
 * Which waiting transactions pay or spend an output script. Made when it is asked for first, and kept in step from
 * then on; what entries spend is looked up at the next question only.
 */
import { latin1 } from '../core/encoding/bytes.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { type OutPoint, prevoutsOf, type TxOut } from '../core/transaction/transaction.ts';
import type { MempoolEntry } from './entry.ts';
import type { Pool } from './pool.ts';

/** Entries whose coins are looked up together. */
const AT_ONCE = 1_000;

/** Satoshis that a transaction pays to a script, and spends of it. */
interface Movement {
  received: bigint;
  spent: bigint;
}

type FindCoins = (outpoints: readonly OutPoint[]) => Promise<readonly (Coin | undefined)[]>;

export class MempoolByScript {
  readonly #coinsOf: FindCoins;
  readonly #byScript = new Map<string, Map<MempoolEntry, Movement>>();
  readonly #scripts = new Map<MempoolEntry, ReadonlySet<string>>();
  readonly #fresh: Set<MempoolEntry>;
  #reading: Promise<void> = Promise.resolve();

  constructor(pool: Pool, coinsOf: FindCoins) {
    this.#coinsOf = coinsOf;
    this.#fresh = new Set(pool.graph.entries());
    pool.added.subscribe((entry) => this.#fresh.add(entry));
    pool.removed.subscribe(({ entry }) => this.#forget(entry));
  }

  /** What every transaction of the mempool does to scripts; to be read before anything else is awaited. */
  async moved(scripts: readonly Uint8Array[]): Promise<ReadonlyMap<MempoolEntry, Readonly<Movement>>> {
    this.#reading = this.#reading.catch(() => {}).then(() => this.#read());
    await this.#reading;
    const all = new Map<MempoolEntry, Movement>();
    for (const script of scripts)
      for (const [entry, { received, spent }] of this.#byScript.get(latin1(script)) ?? []) {
        const movement = all.get(entry) ?? { received: 0n, spent: 0n };
        all.set(entry, { received: movement.received + received, spent: movement.spent + spent });
      }
    return all;
  }

  async #read(): Promise<void> {
    const fresh = [...this.#fresh];
    for (let i = 0; i < fresh.length; i += AT_ONCE) {
      const entries = fresh.slice(i, i + AT_ONCE);
      const coins = (await this.#coinsOf(entries.flatMap(({ tx }) => prevoutsOf(tx)))).values();
      for (const entry of entries) {
        const spent = entry.tx.inputs.map(() => coins.next().value?.output);
        // Where a coin is missing a reorganisation is under way: the entry goes, or its parent comes.
        if (spent.includes(undefined)) continue;
        if (this.#fresh.delete(entry)) this.#note(entry, spent as TxOut[]);
      }
    }
  }

  #note(entry: MempoolEntry, spent: readonly TxOut[]): void {
    const scripts = new Set<string>();
    const add = (field: keyof Movement, { scriptPubKey, value }: TxOut): void => {
      const script = latin1(scriptPubKey);
      scripts.add(script);
      const entries = this.#byScript.get(script) ?? new Map<MempoolEntry, Movement>();
      const movement = entries.get(entry) ?? { received: 0n, spent: 0n };
      movement[field] += value;
      this.#byScript.set(script, entries.set(entry, movement));
    };
    for (const output of entry.tx.outputs) add('received', output);
    for (const output of spent) add('spent', output);
    this.#scripts.set(entry, scripts);
  }

  #forget(entry: MempoolEntry): void {
    this.#fresh.delete(entry);
    for (const script of this.#scripts.get(entry) ?? []) {
      const entries = this.#byScript.get(script)!;
      entries.delete(entry);
      if (entries.size === 0) this.#byScript.delete(script);
    }
    this.#scripts.delete(entry);
  }
}
