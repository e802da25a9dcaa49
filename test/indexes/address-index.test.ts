/** The address index beside random chains that reorganise and restart: it equals a plain scan at any moment. */
import { expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { CorruptionError } from '../../src/chain/storage.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { script } from '../../src/core/script/script.ts';
import { AddressIndex } from '../../src/indexes/address-index.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { forkStory, STORY_NETWORK, seededNumbers } from '../support/fork-story.ts';
import { openMemoryChain, StillClock, silentLogger } from '../support/memory-chain.ts';

const SCRIPTS = [0x51, 0x52, 0x53, 0x54, 0x6a].map((opcode) => script(opcode));

const clock = new StillClock(1_893_456_000);
const openIndex = (chain: Chain, storage: MemoryStorage) =>
  AddressIndex.open({ chain, storage, clock, logger: silentLogger });

/** What scripts moved and have, by reading every block of the chain. */
async function scan(chain: Chain, scripts: readonly Uint8Array[]) {
  const history: string[] = [];
  const coins = new Map<string, string>();
  let [received, spent] = [0n, 0n];
  for (let height = 1; height <= chain.height; height++) {
    const entry = chain.entryAt(height)!;
    const undo = await chain.blocks.readUndo(entry);
    for (const [position, tx] of (await chain.blocks.readBlock(entry)).transactions.entries()) {
      const mine = ({ scriptPubKey }: { scriptPubKey: Uint8Array }) =>
        scriptPubKey[0] !== 0x6a && scripts.some((wanted) => toHex(scriptPubKey) === toHex(wanted));
      let [paid, took] = [0n, 0n];
      for (const [input, { output }] of (undo[position - 1] ?? []).entries()) {
        if (!mine(output)) continue;
        const { txid, vout } = tx.inputs[input]!.prevout;
        expect(coins.delete(`${toHex(txid)}:${vout}`)).toBe(true);
        took += output.value;
      }
      for (const [vout, output] of tx.outputs.entries()) {
        if (!mine(output)) continue;
        coins.set(`${toHex(tx.txidBytes)}:${vout}`, `${height} ${output.value} ${position === 0}`);
        paid += output.value;
      }
      if (paid + took > 0n) history.push(`${height} ${position} ${toHex(tx.txidBytes)} ${paid} ${took}`);
      received += paid;
      spent += took;
    }
  }
  const unspent = Array.from(coins, ([outpoint, coin]) => `${outpoint} ${coin}`).sort();
  return { history, unspent, totals: { received, spent, coins: BigInt(unspent.length) } };
}

/** All pages of a list, of random lengths. */
async function pages<T extends { readonly place: Uint8Array; readonly height: number }>(
  list: (after: Uint8Array, limit: number) => Promise<readonly T[]>,
  below: (bound: number) => number,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (;;) {
    const limit = 1 + below(5);
    const page = await list(all.at(-1)?.place ?? new Uint8Array(0), limit);
    expect(page.length).toBeLessThanOrEqual(limit);
    all.push(...page);
    if (page.length < limit) break;
  }
  expect(all.every(({ height }, i) => i === 0 || height >= all[i - 1]!.height)).toBe(true);
  return all;
}

async function check(chain: Chain, index: AddressIndex, below: (bound: number) => number): Promise<void> {
  await index.synchronize();
  for (const wanted of [...SCRIPTS.map((each) => [each]), SCRIPTS]) {
    const { history, unspent, totals } = await scan(chain, wanted);
    const listed = await pages((after, limit) => index.history(wanted, after, limit), below);
    expect(listed.map((t) => `${t.height} ${t.position} ${toHex(t.txid)} ${t.received} ${t.spent}`)).toEqual(
      history,
    );
    const coins = (await pages((after, limit) => index.coins(wanted, after, limit), below)).map(
      ({ outpoint: { txid, vout }, ...coin }) =>
        `${toHex(txid)}:${vout} ${coin.height} ${coin.value} ${coin.coinbase}`,
    );
    expect(coins.sort()).toEqual(unspent);
    const { transactions, ...rest } = await index.totals(wanted);
    expect(rest).toEqual(totals);
    if (wanted.length === 1) expect(transactions).toBe(BigInt(history.length));
  }
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])('equals a plain scan of the chain (seed %i)', async (seed) => {
  const below = seededNumbers(seed * 7919);
  const storage = new MemoryStorage();
  const openChain = () => openMemoryChain({ parameters: STORY_NETWORK, storage, clock });
  let chain = await openChain();
  let index: AddressIndex | null = null;
  const look = async (): Promise<void> => {
    index ??= await openIndex(chain, storage);
    await check(chain, index, below);
  };
  const leave = async (): Promise<void> => {
    await index?.close();
    index = null;
  };
  for (const block of forkStory(seed, 50)) {
    await chain.acceptBlock(block);
    const action = below(12);
    if (action === 0) await look();
    // From then on it falls behind the chain, perhaps on a branch that the chain leaves.
    if (action === 1) await leave();
    if (action === 2 && chain.height > 5) {
      const { hash } = chain.entryAt(chain.height - below(3))!;
      await chain.invalidate(hash);
      await look();
      await chain.reconsider(hash);
    }
    if (action === 3) {
      await leave();
      await chain.close();
      chain = await openChain();
    }
  }
  await look();
  expect((await index!.totals([script(0x52)])).transactions).toBeGreaterThan(0n);
  await leave();
  await chain.close();
});

it.each<[string, (index: AddressIndex) => Promise<unknown>]>([
  ['history', (index) => index.history([SCRIPTS[0]!], new Uint8Array(0), 10)],
  ['coins', (index) => index.coins([SCRIPTS[0]!], new Uint8Array(0), 10)],
  ['totals', (index) => index.totals([SCRIPTS[0]!])],
])('tells no %s that damage may have cut or brought back', async (_, ask) => {
  const storage = new MemoryStorage();
  const chain = await openMemoryChain({ parameters: STORY_NETWORK, storage, clock });
  const index = await openIndex(chain, storage);
  for (const block of forkStory(1, 20)) await chain.acceptBlock(block);
  await index.synchronize();
  await ask(index);
  const damage = new CorruptionError('it is damaged');
  (await storage.store('indexes/addressindex')).verify = () => Promise.reject(damage);
  await expect(ask(index)).rejects.toThrow('it is damaged; it is built anew at the next start');
  await index.close();
});
