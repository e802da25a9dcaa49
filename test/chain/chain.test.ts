/** The chain's doors on memory parts: what is accepted, refused, remembered and announced. */
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { Block } from '../../src/core/block/block.ts';
import { BlockHeader, type HeaderFields } from '../../src/core/block/header.ts';
import { merkleRoot } from '../../src/core/block/merkle.ts';
import { fromHex } from '../../src/core/encoding/bytes.ts';
import { MAIN } from '../../src/core/parameters/presets.ts';
import { script } from '../../src/core/script/script.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { type BlockSpec, ChainBuilder, output, transaction } from '../support/chain-builder.ts';
import { forkStory, STORY_NETWORK, utxoHash } from '../support/fork-story.ts';
import { openMemoryChain, StillClock, saveIndex } from '../support/memory-chain.ts';

const parameters = STORY_NETWORK;
const open = (options = {}) => openMemoryChain({ parameters, ...options });
const builder = () => new ChainBuilder(parameters);

/** Two branches from one trunk: `left` and `right` blocks above `trunk`. */
function branches(trunk: number, left: number, right: number, spec: BlockSpec = {}) {
  const chain = builder().mine(trunk);
  const shared = [...chain.blocks];
  chain.mine(left);
  const leftBlocks = chain.blocks.slice(trunk);
  for (let i = 0; i < left; i++) chain.disconnect();
  chain.mine(right, { ...spec, coinbase: { scriptPubKey: script(0x52) } });
  return { shared, left: leftBlocks, right: chain.blocks.slice(trunk) };
}

async function feed(chain: Chain, blocks: readonly Block[]): Promise<void> {
  for (const block of blocks) expect(await chain.acceptBlock(block)).toMatchObject({ ok: true });
}

async function reasonOf(chain: Chain, block: Block): Promise<string | null> {
  const verdict = await chain.acceptBlock(block);
  return verdict.ok ? null : verdict.invalid.reason;
}

describe('the block door', () => {
  it('connects blocks in order and tells of each', async () => {
    const chain = await open();
    const events: string[] = [];
    chain.connected.subscribe(({ entry }) => events.push(`+${entry.height}`));
    chain.tipChanged.subscribe(({ tip, fork }) => events.push(`tip ${tip.height} fork ${fork.height}`));
    const { blocks } = builder().mine(2);
    expect(await chain.acceptBlock(blocks[0]!)).toEqual({ ok: true, new: true, connected: true });
    expect(await chain.acceptBlock(blocks[1]!)).toEqual({ ok: true, new: true, connected: true });
    expect(events).toEqual(['+1', 'tip 1 fork 0', '+2', 'tip 2 fork 1']);
    expect(await chain.acceptBlock(blocks[1]!)).toEqual({ ok: true, new: false, connected: true });
    expect(chain.tip.chainTransactionCount).toBe(3);
  });

  it('takes blocks all at once, in any order that has headers first', async () => {
    const { blocks } = builder().mine(40);
    const chain = await open();
    expect(chain.acceptHeaders(blocks.map((block) => block.header))).toMatchObject({ ok: true, new: 40 });
    expect([chain.height, chain.bestHeader.height]).toEqual([0, 40]);
    const verdicts = await Promise.all([...blocks].reverse().map((block) => chain.acceptBlock(block)));
    expect(verdicts.every((verdict) => verdict.ok)).toBe(true);
    expect(chain.tip.hash).toBe(blocks[39]!.hash);
  });

  it('stays with the first seen of two tips, and moves to the one with more work', async () => {
    const { shared, left, right } = branches(3, 2, 3);
    const chain = await open();
    await feed(chain, [...shared, ...left]);
    const events: string[] = [];
    chain.connected.subscribe(({ block }) => events.push(`+${block.hash}`));
    chain.disconnected.subscribe(({ block }) => events.push(`-${block.hash}`));
    chain.tipChanged.subscribe(({ tip, fork }) => events.push(`tip ${tip.height} fork ${fork.height}`));
    expect(await chain.acceptBlock(right[0]!)).toEqual({ ok: true, new: true, connected: false });
    expect(await chain.acceptBlock(right[1]!)).toEqual({ ok: true, new: true, connected: false });
    expect(events).toEqual([]);
    expect(await chain.acceptBlock(right[2]!)).toEqual({ ok: true, new: true, connected: true });
    expect(events).toEqual([
      ...[...left].reverse().map((block) => `-${block.hash}`),
      ...right.map((block) => `+${block.hash}`),
      'tip 6 fork 3',
    ]);
    expect(
      chain.tips().map(({ entry, branchLength, status }) => [entry.height, branchLength, status]),
    ).toEqual([
      [6, 0, 'active'],
      [5, 2, 'valid-fork'],
    ]);
  });

  it('goes back to the old branch if the new one turns out to be invalid, and remembers why', async () => {
    const { shared, left } = branches(3, 2, 0);
    const other = builder();
    for (const block of shared) other.accept(block);
    other.mine(1, { coinbase: { scriptPubKey: script(0x52) } });
    const bad = other.block({ coinbase: { value: 5_100_000_000n } });
    // The builder refuses it; its child is built by hand on top.
    const child = new ChildOf(other, bad);
    const chain = await open();
    await feed(chain, [...shared, ...left]);
    const before = await utxoHash(chain);
    expect(await chain.acceptBlock(other.blocks[3]!)).toMatchObject({ ok: true, connected: false });
    expect(await chain.acceptBlock(bad)).toMatchObject({ ok: true, connected: false });
    const refused: string[] = [];
    chain.refused.subscribe(({ entry, invalid }) => refused.push(`${entry.height} ${invalid.reason}`));
    expect(await chain.acceptBlock(child.block)).toMatchObject({ ok: true, connected: false });
    expect(refused).toEqual(['5 bad-cb-amount']);
    expect(chain.tip.hash).toBe(left[1]!.hash);
    expect(await utxoHash(chain)).toBe(before);
    expect(await reasonOf(chain, bad)).toBe('duplicate-invalid');
    expect(chain.entry(child.block.hash)!.failed).toBe('ancestor');
    expect(chain.tips().find(({ entry }) => entry.hash === child.block.hash)!.status).toBe('invalid');
  });

  it('blames a mutated body on nobody: the true body is still accepted', async () => {
    const chain = await open();
    const source = builder().mine(4);
    await feed(chain, source.blocks);
    const coin = source.takeMature();
    const spend = source.spend([coin]);
    // CVE-2012-2459: the last transaction twice has the same Merkle root.
    const good = source.block({ transactions: [spend, source.spend([source.takeMature()])] });
    const twice = Block.from(good.header, [...good.transactions, good.transactions[2]!]);
    expect(await reasonOf(chain, twice)).toBe('bad-txns-duplicate');
    const witness = transaction([{ prevout: coin.outpoint, witness: [fromHex('00')] }], spend.outputs);
    const padded = Block.from(good.header, [good.transactions[0]!, witness, good.transactions[2]!]);
    expect(await reasonOf(chain, padded)).toBe('unexpected-witness');
    expect(await reasonOf(chain, good)).toBe(null);
  });

  it('asks for the parent, and refuses children of the invalid', async () => {
    const source = builder().mine(2);
    const chain = await open();
    expect(await reasonOf(chain, source.blocks[1]!)).toBe('prev-blk-not-found');
    const bad = source.block({ coinbase: { scriptSig: fromHex('0100') } });
    await feed(chain, source.blocks);
    expect(await reasonOf(chain, bad)).toBe('bad-cb-height');
    expect(await reasonOf(chain, bad)).toBe('duplicate-invalid');
    expect(await reasonOf(chain, new ChildOf(source, bad).block)).toBe('bad-prevblk');
  });

  it('may take later what is too new now', async () => {
    const source = builder().mine(1);
    const clock = new StillClock(source.blocks[0]!.header.time - 7201);
    const chain = await open({ clock });
    expect(await reasonOf(chain, source.blocks[0]!)).toBe('time-too-new');
    clock.time += 1000;
    expect(await reasonOf(chain, source.blocks[0]!)).toBe(null);
  });

  it('stores unrequested blocks only if they may matter', async () => {
    const { shared, left, right } = branches(3, 2, 2);
    const chain = await open();
    await feed(chain, [...shared, ...left]);
    const unrequested = { requested: false };
    expect(await chain.acceptBlock(right[0]!, unrequested)).toEqual({
      ok: true,
      new: false,
      connected: false,
    });
    expect(chain.entry(right[0]!.hash)!.haveData).toBe(false);
    expect(await chain.acceptBlock(right[1]!, unrequested)).toMatchObject({ ok: true, new: true });
    const poor = await open({ minimumChainWork: 100n });
    expect(await poor.acceptBlock(shared[0]!, unrequested)).toMatchObject({ new: false });
    expect(await poor.acceptBlock(shared[0]!)).toMatchObject({ new: true });
  });

  it('judges a proposal without changing anything', async () => {
    const source = builder().mine(3);
    const chain = await open();
    await feed(chain, source.blocks);
    const unmined = source.block({ mined: false });
    expect(await chain.testBlock(unmined)).toBe(null);
    expect((await chain.testBlock(source.blocks[1]!))!.reason).toBe('inconclusive-not-best-prevblk');
    const missing = transaction([{ prevout: { txid: new Uint8Array(32).fill(1), vout: 0 } }], [output(1n)]);
    const spender = source.block({ transactions: [missing] });
    expect((await chain.testBlock(spender))!.reason).toBe('bad-txns-inputs-missingorspent');
    expect([chain.height, chain.entry(unmined.hash)]).toEqual([3, undefined]);

    // The body before the header, as in Core's TestBlockValidity.
    const reason = async (
      { header, transactions }: Block,
      fields: Partial<HeaderFields>,
      txs = transactions,
    ) => (await chain.testBlock(Block.from(BlockHeader.from({ ...header, ...fields }), txs)))?.reason;
    const wrong = { bits: 0x1d00ffff, time: 0, version: 0 };
    const bare = merkleRoot([missing.txidBytes]).root;
    expect(await reason(unmined, { ...wrong, merkleRoot: bare })).toBe('bad-txnmrklroot');
    expect(await reason(unmined, { ...wrong, merkleRoot: bare }, [missing])).toBe('bad-cb-missing');
    expect(await reason(unmined, wrong)).toBe('bad-diffbits');
    expect(await reason(unmined, { ...wrong, bits: unmined.header.bits })).toBe('time-too-old');
    expect(await reason(unmined, { version: 0 })).toBe('bad-version(0x00000000)');
  });

  it('names BIP30 where a transaction is repeated, though no block can break that rule alone', async () => {
    const source = builder().mine(6);
    const spend = source.spend([source.takeMature()]);
    source.mine(1, { transactions: [spend] });
    const chain = await open();
    await feed(chain, source.blocks);
    const missing = transaction([{ prevout: { txid: new Uint8Array(32).fill(1), vout: 0 } }], [output(1n)]);
    const again = source.block({ transactions: [missing, spend] });
    expect((await chain.testBlock(again))!.reason).toBe('bad-txns-BIP30');
    expect(await reasonOf(chain, again)).toBe('bad-txns-BIP30');
    expect(await reasonOf(chain, source.block({ transactions: [missing] }))).toBe(
      'bad-txns-inputs-missingorspent',
    );
  });
});

/** A block on a block that the builder itself would refuse. */
class ChildOf {
  readonly block: Block;

  constructor(on: ChainBuilder, parent: Block) {
    const sibling = on.block();
    const grand = new ChainBuilder(on.parameters);
    for (const block of on.blocks) grand.accept(block);
    grand.accept(sibling);
    const header = { prevHash: parent.header.hashBytes };
    this.block = grand.block({ header });
  }
}

describe('chain control', () => {
  it('invalidates, reconsiders and prefers', async () => {
    const { shared, left, right } = branches(3, 2, 2);
    const chain = await open();
    await feed(chain, [...shared, ...left, ...right]);
    expect(chain.tip.hash).toBe(left[1]!.hash);
    await chain.precious(right[1]!.hash);
    expect(chain.tip.hash).toBe(right[1]!.hash);
    await chain.precious(left[1]!.hash);
    expect(chain.tip.hash).toBe(left[1]!.hash);
    await chain.invalidate(left[0]!.hash);
    expect(chain.tip.hash).toBe(right[1]!.hash);
    await chain.invalidate(right[0]!.hash);
    expect(chain.tip.hash).toBe(shared[2]!.hash);
    expect(chain.bestHeader.hash).toBe(shared[2]!.hash);
    await chain.reconsider(left[1]!.hash);
    expect(chain.tip.hash).toBe(left[1]!.hash);
    await expect(chain.invalidate(chain.genesis.hash)).rejects.toThrow('genesis');
    expect(await reasonOf(chain, builder().mine(1).blocks[0]!)).toBe(null);
  });

  it('finds the fork of a locator', async () => {
    const { shared, left, right } = branches(30, 2, 3);
    const chain = await open();
    await feed(chain, [...shared, ...left]);
    const locator = chain.locator();
    await feed(chain, right);
    expect(chain.findFork(locator).height).toBe(30);
    expect(chain.findFork([new Uint8Array(32)])).toBe(chain.genesis);
  });

  it('verifies itself at every level, and finds damage', async () => {
    const storage = new MemoryStorage();
    const chain = await open({ storage });
    await feed(chain, forkStory(3, 30));
    for (const level of [0, 1, 2, 3, 4]) expect(await chain.verify(level, 0)).toBe(true);
    const files = await storage.blockFiles();
    const { file, offset } = chain.tip.undo!;
    (await files.read('rev', file, offset, 4))[0]! ^= 1;
    expect(await chain.verify(1, 6)).toBe(true);
    expect(await chain.verify(2, 6)).toBe(false);
    await chain.close();
    await expect(open({ storage })).rejects.toThrow('rev00000.dat is damaged: restart with -reindex');
  });
});

describe('a restart', () => {
  it('finds tip, branches and verdicts as they were', async () => {
    const storage = new MemoryStorage();
    const story = forkStory(11, 60);
    let chain = await open({ storage });
    await feed(chain, story);
    await chain.invalidate(story.at(-1)!.hash);
    const state = async () => [chain.tip.hash, chain.bestHeader.hash, await utxoHash(chain), statuses()];
    const statuses = () =>
      chain
        .tips()
        .map(({ entry, status }) => `${entry.hash} ${status}`)
        .sort();
    const before = await state();
    await chain.close();
    chain = await open({ storage });
    expect(await state()).toEqual(before);
  });

  it('fetches again what the disk lost', async () => {
    const storage = new MemoryStorage();
    const { blocks } = builder().mine(5);
    let chain = await open({ storage });
    await feed(chain, blocks.slice(0, 3));
    await chain.flush();
    await feed(chain, blocks.slice(3));
    await saveIndex(chain);
    // As after a power cut: the index knows a block whose bytes never reached the disk.
    const { file, offset } = chain.tip.data!;
    (await (await storage.blockFiles()).read('blk', file, offset, chain.tip.data!.size)).fill(0);
    chain = await open({ storage });
    expect([chain.height, chain.bestHeader.height]).toEqual([4, 5]);
    expect(await chain.acceptBlock(blocks[4]!)).toEqual({ ok: true, new: true, connected: true });
    expect(chain.height).toBe(5);
  });

  it('mends what a power cut kept in the index and lost in the files', async () => {
    const storage = new MemoryStorage();
    const { blocks } = builder().mine(20);
    const options = { storage, blockFileSize: 500 };
    const chain = await open(options);
    await feed(chain, blocks.slice(0, 10));
    await chain.flush();
    await feed(chain, blocks.slice(10));
    await saveIndex(chain);
    const { file } = chain.tip.data!;
    expect(file).toBeGreaterThan(3);
    const files = await storage.blockFiles();
    await files.remove('blk', file);
    for (const entry of [15, 16].map((height) => chain.entryAt(height)!))
      await files.remove('rev', entry.undo!.file);

    const again = await open(options);
    expect(again.bestHeader.height).toBe(20);
    expect(again.height).toBeLessThan(20);
    await feed(again, blocks);
    expect(again.height).toBe(20);
    expect(await again.verify(4, 0)).toBe(true);
    await again.invalidate(blocks[12]!.hash);
    expect(again.height).toBe(12);
  });

  it('leaves a branch that was declared invalid after the coins were last written', async () => {
    const storage = new MemoryStorage();
    const { blocks } = builder().mine(5);
    const killed = await open({ storage });
    await feed(killed, blocks);
    await killed.flush();
    await killed.invalidate(blocks[1]!.hash);
    expect(killed.height).toBe(1);
    const chain = await open({ storage });
    expect(chain.tip.hash).toBe(blocks[0]!.hash);
    await chain.reconsider(blocks[1]!.hash);
    expect(chain.height).toBe(5);
  });

  it('refuses the data of another network', async () => {
    const storage = new MemoryStorage();
    await (await open({ storage })).close();
    await expect(open({ storage, parameters: MAIN })).rejects.toThrow('another network');
  });
});

describe('a failing disk', () => {
  it('stops the chain with the last commit intact', async () => {
    const storage = new MemoryStorage();
    const files = await storage.blockFiles();
    const { blocks } = builder().mine(5);
    const chain = await open({ storage });
    await feed(chain, blocks.slice(0, 3));
    await saveIndex(chain);
    const append = files.append.bind(files);
    files.append = () =>
      Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
    const fatal: Error[] = [];
    chain.fatal.subscribe((error) => fatal.push(error));
    await expect(chain.acceptBlock(blocks[3]!)).rejects.toThrow('ENOSPC');
    await expect(chain.acceptBlock(blocks[4]!)).rejects.toThrow('ENOSPC');
    expect(fatal).toHaveLength(1);
    expect(chain.height).toBe(3);
    await chain.close();
    files.append = append;
    const again = await open({ storage });
    expect(again.height).toBe(3);
    await feed(again, blocks.slice(3));
    expect(again.height).toBe(5);
  });
});

describe('a chain that is closed in the middle of its work', () => {
  it('goes on at the next start', async () => {
    const storage = new MemoryStorage();
    const { blocks } = builder().mine(60);
    const chain = await open({ storage });
    chain.acceptHeaders(blocks.map((block) => block.header));
    const verdicts = blocks.map((block) => chain.acceptBlock(block));
    let closed: Promise<void> | undefined;
    chain.connected.subscribe(({ entry }) => {
      if (entry.height === 20) closed = chain.close();
    });
    await Promise.all(verdicts);
    await closed;
    expect(chain.height).toBeGreaterThanOrEqual(20);
    // What was in flight ended, nothing more was begun.
    expect(chain.height).toBeLessThan(50);
    expect((await open({ storage })).height).toBe(60);
  });
});

describe('a reorganisation that finds its way back blocked', () => {
  it('stays where it can', async () => {
    const storage = new MemoryStorage();
    const { shared, left } = branches(3, 2, 0);
    const other = builder();
    for (const block of shared) other.accept(block);
    other.mine(1, { coinbase: { scriptPubKey: script(0x52) } });
    const bad = other.block({ coinbase: { value: 5_100_000_000n } });
    const child = new ChildOf(other, bad);
    const chain = await open({ storage });
    await feed(chain, [...shared, ...left, other.blocks[3]!, bad]);
    // The old branch is lost on the disk, the new one ends in an invalid block.
    const files = await storage.blockFiles();
    chain.disconnected.subscribe(({ entry: { hash, data } }) => {
      if (!left.some((block) => block.hash === hash)) return;
      files.read('blk', data!.file, data!.offset, data!.size).then((bytes) => bytes.fill(0));
    });
    expect(await chain.acceptBlock(child.block)).toMatchObject({ ok: true, connected: false });
    expect(chain.tip.height).toBe(4);
    expect(chain.tip.hash).toBe(other.blocks[3]!.hash);
    await feed(chain, left);
    expect(chain.tip.hash).toBe(left[1]!.hash);
  });
});

describe('initial block download', () => {
  it('ends by work and age, once and for all, where age counts', async () => {
    const { blocks } = builder().mine(20);
    const clock = new StillClock(blocks[19]!.header.time);
    const chain = await open({ clock, maxTipAge: 3600 });
    expect(chain.isInitialBlockDownload).toBe(true);
    expect(chain.verificationProgress).toBeLessThan(1);
    await feed(chain, blocks);
    expect(chain.isInitialBlockDownload).toBe(false);
    // Of a tip that is two hours old nobody knows that it is the last, whatever age ends the download.
    clock.time += 7_200_000;
    expect(chain.verificationProgress).toBe(1);
    clock.time += 1_000;
    expect(chain.verificationProgress).toBeLessThan(1);
    clock.time += 1e9;
    expect(chain.isInitialBlockDownload).toBe(false);
  });

  it('is over where age says nothing and nobody has more', async () => {
    const { blocks } = builder().mine(40);
    const clock = new StillClock(blocks[39]!.header.time + 7_200);
    const chain = await open({ clock, maxTipAge: 0 });
    expect(chain.isInitialBlockDownload).toBe(false);
    chain.acceptHeaders(blocks.map((block) => block.header));
    expect(chain.isInitialBlockDownload).toBe(true);
    await feed(chain, blocks);
    expect([chain.isInitialBlockDownload, chain.verificationProgress]).toEqual([false, 1]);
    // More may be found than is known.
    clock.time += 1_000;
    expect(chain.verificationProgress).toBeLessThan(1);
  });
});

it('is not opened where its tip is from the future', async () => {
  const storage = new MemoryStorage();
  const chain = await open({ storage });
  await feed(chain, builder().mine(3).blocks);
  const { time } = chain.tip;
  await chain.close();
  const at = (seconds: number) => open({ storage, clock: new StillClock(seconds) });
  const ahead = time - parameters.maxFutureBlockTime;
  await expect(at(ahead - 1)).rejects.toThrow('appears to be from the future');
  await (await at(ahead)).close();
});
