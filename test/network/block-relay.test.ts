/** Blocks go on before they are verified, to those who want them so (BIP152). */
import { expect, test } from 'vitest';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { script } from '../../src/core/script/script.ts';
import { compactBlockOf } from '../../src/network/compact-block.ts';
import { InventoryType } from '../../src/network/messages/inventory.ts';
import { Service } from '../../src/network/protocol.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { OP_TRUE_SCRIPT, output, padding, transaction } from '../support/chain-builder.ts';
import { emptyChain, type MemoryNode, MemoryWorld } from './memory-node.ts';
import { Scripted } from './scripted-peer.ts';

/** A line of three, whose blocks travel as compact ones by now; the verifiers of the first two may be replaced. */
async function line(seed: number) {
  const world = new MemoryWorld(seed);
  const builder = emptyChain(102);
  const inline = new InlineScriptVerifier(nobleEngine, world.clock);
  const verifiers = [inline.verify.bind(inline), inline.verify.bind(inline)];
  const replaceable = (i: number): ScriptVerifier => ({
    verify: (checks) => verifiers[i]!(checks),
    close: () => inline.close(),
  });
  const first = await world.start('10.0.0.1', {
    blocks: builder.blocks,
    scriptVerifier: replaceable(0),
    connect: [],
  });
  const middle = await world.start('10.0.0.2', { scriptVerifier: replaceable(1), connect: [first.address] });
  const last = await world.start('10.0.0.3', { connect: [middle.address] });
  for (let i = 0; i < 3; i++) {
    const block = builder.block();
    builder.accept(block);
    await world.settle(first.chain.acceptBlock(block));
    expect(await world.until(() => last.chain.tip.hash === block.hash)).toBe(true);
  }
  return { world, builder, verifiers, first, middle, last };
}

test('a block reaches the next node while this one still verifies it', async () => {
  const { world, builder, verifiers, first, middle, last } = await line(31);
  let release = (): void => {};
  const verify = verifiers[1]!;
  verifiers[1] = async (checks) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return verify(checks);
  };
  // The last node has not seen the payment: it asks for it, of a node that has no verdict yet.
  const { outpoint, coin } = builder.takeMature();
  const payment = transaction([{ prevout: outpoint }], [output(coin.output.value, OP_TRUE_SCRIPT)]);
  const block = builder.block({ transactions: [payment] });
  await world.settle(first.chain.acceptBlock(block));
  expect(await world.until(() => last.chain.tip.hash === block.hash, 5)).toBe(true);
  expect(middle.chain.tip.hash).toBe(block.header.prev);
  release();
  expect(await world.until(() => middle.chain.tip.hash === block.hash, 5)).toBe(true);
});

test('a block that turns out invalid costs nobody a connection, and is not served any more', async () => {
  const { world, builder, verifiers, first, middle, last } = await line(32);
  verifiers[0] = async () => null;
  const { outpoint, coin } = builder.takeMature();
  const theft = transaction(
    [{ prevout: outpoint, scriptSig: script(0x6a) }],
    [output(coin.output.value, OP_TRUE_SCRIPT)],
  );
  const block = builder.block({ transactions: [theft] });
  await world.settle(first.chain.acceptBlock(block));
  const known = (node: MemoryNode) => node.chain.entry(block.hash);
  expect(await world.until(() => known(middle)?.failed === 'self' && known(last) !== undefined, 10)).toBe(
    true,
  );
  await world.pass(5);
  // It went on by its header, but what it lacks is not given out any more.
  expect(known(last)!.haveData).toBe(false);
  expect(middle.chain.tip.hash).toBe(block.header.prev);
  expect(middle.network.peers()).toHaveLength(2);
  // The valid one at the same height comes all the same.
  const valid = builder.block();
  await world.settle(middle.chain.acceptBlock(valid));
  expect(await world.until(() => last.chain.tip.hash === valid.hash, 10)).toBe(true);
});

/** Types and hashes of what a peer was asked for. */
const asked = (peer: Scripted) =>
  peer.heardOf('getdata').flatMap(({ items }) => items.map(({ type, hash }) => [type, String(hash)]));

test('a branch as good as ours is fetched, of one who told of a better one before too', async () => {
  const world = new MemoryWorld(33);
  const builder = emptyChain(5);
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [] });
  const peer = await Scripted.join(world, '10.0.0.2', node);
  const fork = (length: number) => {
    const branch = emptyChain(0);
    for (const block of builder.blocks.slice(0, 3)) branch.accept(block);
    return branch.mine(length, { coinbase: { scriptPubKey: padding(10 + length) } }).blocks.slice(3);
  };
  const [better, equal, worse] = [fork(4), fork(2), fork(1)];
  peer.send('headers', { headers: better.map(({ header }) => header) });
  await world.pass(1);
  expect(asked(peer)).toHaveLength(4);
  for (const branch of [worse, equal]) peer.send('headers', { headers: branch.map(({ header }) => header) });
  await world.pass(1);
  expect(asked(peer).slice(4)).toEqual(
    equal.map(({ header }) => [InventoryType.WITNESS_BLOCK, String(header.hashBytes)]),
  );
});

test('who has no witnesses is asked for none, and for no block that needs them', async () => {
  const world = new MemoryWorld(34);
  const builder = emptyChain(5);
  const heights = { ...REGTEST.heights, segwit: 7 };
  const node = await world.start('10.0.0.1', {
    parameters: { ...REGTEST, heights },
    blocks: builder.blocks,
    connect: [],
  });
  const peer = await Scripted.join(world, '10.0.0.2', node, { services: Service.NETWORK });
  const [sixth, seventh] = builder.mine(2).blocks.slice(5);
  for (const { header } of [sixth!, seventh!]) peer.send('headers', { headers: [header] });
  const hash = new Uint8Array(32).fill(7);
  peer.send('inv', { items: [{ type: InventoryType.TX, hash }] });
  await world.pass(10);
  expect(asked(peer)).toEqual([
    [InventoryType.COMPACT_BLOCK, String(sixth!.header.hashBytes)],
    [InventoryType.TX, String(hash)],
  ]);
});

test('transactions that do not make the block cost nothing once, and a connection twice', async () => {
  const world = new MemoryWorld(35);
  const builder = emptyChain(102);
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [] });
  const peer = await Scripted.join(world, '10.0.0.2', node);
  const { outpoint, coin } = builder.takeMature();
  const pay = (value: bigint) => transaction([{ prevout: outpoint }], [output(value, OP_TRUE_SCRIPT)]);
  const block = builder.block({ transactions: [pay(coin.output.value)] });
  const compact = compactBlockOf(block, 1n);
  // Nobody asked for it: it is a header, and the block is asked for whole.
  peer.send('cmpctblock', compact);
  await world.pass(1);
  expect(peer.heardOf('getblocktxn')).toEqual([]);
  expect(asked(peer)).toEqual([[InventoryType.WITNESS_BLOCK, String(block.header.hashBytes)]]);
  peer.send('cmpctblock', compact);
  await world.pass(1);
  expect(peer.heardOf('getblocktxn')).toHaveLength(1);
  const wrong = { blockHash: block.header.hashBytes, transactions: [pay(1n)] };
  peer.send('blocktxn', wrong);
  await world.pass(1);
  expect([asked(peer).length, peer.closed]).toEqual([2, false]);
  peer.send('blocktxn', wrong);
  await world.pass(1);
  expect(peer.closed).toBe(true);
});
