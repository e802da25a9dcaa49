/** The smaller rules of the protocol, each as Bitcoin Core has it: who is let go, for what, and what is said. */
import { expect, test } from 'vitest';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { InventoryType } from '../../src/network/messages/inventory.ts';
import { formatAddress } from '../../src/network/network-address.ts';
import { Service } from '../../src/network/protocol.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import type { Logger } from '../../src/seams.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { outputAt, P2WSH_TRUE, spend } from '../support/pool.ts';
import { emptyChain, MemoryWorld } from './memory-node.ts';
import { Scripted } from './scripted-peer.ts';

const payable = (): ChainBuilder => new ChainBuilder().mine(110, { coinbase: { scriptPubKey: P2WSH_TRUE } });
const withLog = (): { lines: string[]; logger: Logger } => {
  const lines: string[] = [];
  return { lines, logger: { log: (_level, _category, message) => void lines.push(message) } };
};

test('a feeler leaves at the version, and who was dialled for its addresses after five minutes', async () => {
  const world = new MemoryWorld(61);
  const { lines, logger } = withLog();
  const node = await world.start('10.0.0.1', { connect: [], logger });
  const feeler = await Scripted.answer(world, '10.0.0.2', node, 'feeler', { verack: false });
  expect(feeler.closed).toBe(true);
  const fetched = await Scripted.answer(world, '10.0.0.3', node, 'addr-fetch');
  await world.pass(295);
  expect(fetched.closed).toBe(false);
  await world.pass(5);
  expect(fetched.closed).toBe(true);
  for (const why of ['feeler connection completed, ', 'addrfetch connection timeout, '])
    expect(lines.some((line) => line.startsWith(why))).toBe(true);
});

test('peers with recent blocks only are chosen while we lack no others', async () => {
  const world = new MemoryWorld(62);
  const { lines, logger } = withLog();
  const far = await world.start('10.0.0.1', { connect: [], maxTipAge: 86_400, logger });
  const near = await world.start('10.0.0.2', { connect: [] });
  const services = Service.NETWORK_LIMITED | Service.WITNESS;
  const closed: boolean[] = [];
  for (const [i, node] of [far, near].entries()) {
    const peer = await Scripted.answer(world, `10.0.1.${i}`, node, 'outbound-full-relay', { services });
    closed.push(peer.closed);
  }
  expect(closed).toEqual([true, false]);
  expect(lines).toContain(
    'peer does not offer the expected services (00000408 offered, 00000009 expected), disconnecting peer=0',
  );
});

test('half of those who dial us may want transactions', async () => {
  const world = new MemoryWorld(63);
  const node = await world.start('10.0.0.1', { connect: [], maximumConnections: 15 });
  const peers: Scripted[] = [];
  for (const [i, relay] of [true, true, true, false].entries())
    peers.push(await Scripted.join(world, `10.0.1.${i}`, node, { relay }));
  expect(peers.map(({ closed }) => closed)).toEqual([false, false, true, false]);
});

test('what belongs into the handshake is passed over after it, or costs the connection', async () => {
  const world = new MemoryWorld(64);
  const { lines, logger } = withLog();
  const node = await world.start('10.0.0.1', { connect: [], logger });
  const peer = await Scripted.join(world, '10.0.0.2', node);
  peer.send('verack', {});
  for (const nonce of [undefined, 0n]) peer.send('pong', { nonce });
  await world.pass(1);
  expect(peer.closed).toBe(false);
  expect(lines).toContain('ignoring redundant verack message from peer=0');
  const [ping] = peer.heardOf('ping');
  const expected = ping!.nonce!.toString(16);
  expect(lines).toContain(`pong peer=0: Short payload, ${expected} expected, 0 received, 0 bytes`);
  expect(lines).toContain('pong peer=0: Unsolicited pong without ping, 0 expected, 0 received, 8 bytes');
  peer.send('wtxidrelay', {});
  await world.pass(1);
  expect(peer.closed).toBe(true);
});

test('one inventory announces a transaction once, by the kind of hash that was agreed', async () => {
  const world = new MemoryWorld(65);
  const { lines, logger } = withLog();
  const node = await world.start('10.0.0.1', { connect: [], logger });
  const peer = await Scripted.join(world, '10.0.0.2', node, { wtxidRelay: true });
  const hash = new Uint8Array(32).fill(7);
  const { TX, WITNESS_TX, WTX } = InventoryType;
  peer.send('inv', { items: [TX, WTX, WITNESS_TX, WTX].map((type) => ({ type, hash })) });
  await world.pass(1);
  const told = lines.filter((line) => line.startsWith('got inv: ')).map((line) => line.split(' ')[2]);
  expect(told).toEqual(['wtx', 'witness-tx']);
});

test('who is told of no transactions gets none, and no answer', async () => {
  const world = new MemoryWorld(66);
  const node = await world.start('10.0.0.1', { connect: [] });
  const peer = await Scripted.answer(world, '10.0.0.2', node, 'block-relay-only');
  peer.send('getdata', { items: [{ type: InventoryType.WTX, hash: new Uint8Array(32) }] });
  await world.pass(1);
  expect(peer.heardOf('notfound')).toEqual([]);
  // Filtered blocks (BIP37) are not served, which we say in our services.
  peer.send('getdata', { items: [{ type: InventoryType.FILTERED_BLOCK, hash: new Uint8Array(32) }] });
  await world.pass(1);
  expect(peer.closed).toBe(true);
});

test('parents of an orphan are not asked for if two of them pay too little', async () => {
  const world = new MemoryWorld(67);
  const builder = payable();
  const policy = { minimumRelayFeeRate: satPerKvB(1_000n) };
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [], policy });
  const peer = await Scripted.join(world, '10.0.0.2', node, { wtxidRelay: true });
  const poor = [1, 2].map(() => spend([builder.takeMature()], { fee: 1n }));
  const child = spend(
    poor.map((tx) => outputAt(tx)),
    { fee: 10_000n },
  );
  for (const transaction of [...poor, child]) peer.send('tx', { transaction });
  await world.pass(30);
  expect([...node.network.orphans()]).toEqual([]);
  expect(peer.heardOf('getdata')).toEqual([]);
});

test('of who has recent blocks only, the oldest two of them are not asked: new ones may come', async () => {
  const world = new MemoryWorld(68);
  const { blocks } = emptyChain(300);
  const node = await world.start('10.0.0.1', { connect: [] });
  const services = Service.NETWORK_LIMITED | Service.WITNESS;
  const peer = await Scripted.join(world, '10.0.0.2', node, { services });
  peer.blocks.push(...blocks);
  peer.send('headers', { headers: blocks.map(({ header }) => header) });
  await world.pass(30);
  const asked = peer.heardOf('getdata').flatMap(({ items }) => items);
  expect(asked).toHaveLength(286);
});

test('nobody is to send transactions until we have caught up', async () => {
  const world = new MemoryWorld(69);
  const node = await world.start('10.0.0.1', { connect: [], maxTipAge: 86_400 });
  const peer = await Scripted.join(world, '10.0.0.2', node);
  const filters = (): bigint[] => peer.heardOf('feefilter').map(({ feeRate }) => feeRate);
  expect(filters()).toEqual([9_936_506n]);
  const builder = new ChainBuilder();
  const block = builder.block({ header: { time: world.clock.seconds() } });
  await world.settle(node.chain.acceptBlock(block, { requested: true }));
  await world.pass(1);
  expect(filters()).toEqual([9_936_506n, node.mempool.policy.minimumRelayFeeRate]);
});

test('a pong says that the blocks before the ping are judged', async () => {
  const world = new MemoryWorld(70);
  const builder = payable();
  const inline = new InlineScriptVerifier(nobleEngine, world.clock);
  const scriptVerifier: ScriptVerifier = {
    verify: async (...job) => {
      await new Promise<void>((resolve) => world.clock.schedule(5_000, resolve));
      return inline.verify(...job);
    },
    close: () => inline.close(),
  };
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [], scriptVerifier });
  const peer = await Scripted.join(world, '10.0.0.2', node);
  const transactions = [spend([builder.takeMature()])];
  const first = builder.block({ transactions });
  builder.accept(first);
  builder.mine(1);
  peer.send('headers', { headers: [first.header, builder.blocks.at(-1)!.header] });
  await world.pass(1);
  peer.send('block', { block: first });
  peer.send('ping', { nonce: 77n });
  expect(await world.until(() => peer.heardOf('pong').length > 0)).toBe(true);
  expect(node.chain.tip.hash).toBe(first.hash);
});

test('who asks for addresses again and again hears the same while they are many', async () => {
  const world = new MemoryWorld(71);
  const node = await world.start('10.0.0.1', { connect: [] });
  for (let i = 0; i < 5_000; i++) node.network.addKnownAddress(`${1 + (i >> 8)}.${i & 255}.1.1`, 8333, false);
  const answers: string[][] = [];
  for (const host of ['10.0.0.2', '10.0.0.3']) {
    const peer = await Scripted.join(world, host, node);
    peer.send('getaddr', {});
    await world.pass(1);
    const told = peer.heardOf('addr').flatMap(({ addresses }) => addresses);
    answers.push(told.map(({ address }) => formatAddress(address)).filter((text) => text.endsWith('8333')));
  }
  expect(answers[0]!.length).toBeGreaterThan(500);
  expect(answers[0]).toEqual(answers[1]);
});

test('the log says first which block breaks a rule, and first what is wrong with a body that was changed', async () => {
  const world = new MemoryWorld(79);
  const { lines, logger } = withLog();
  const node = await world.start('10.0.0.1', { connect: [], logger });
  const builder = emptyChain(0);
  const old = builder.block({ header: { version: 1 } });
  const changed = builder.block({ body: (transactions) => [...transactions, ...transactions] });
  for (const [i, block] of [old, changed].entries()) {
    const peer = await Scripted.join(world, `10.0.1.${i}`, node);
    peer.send('block', { block });
    await world.pass(1);
  }
  expect(lines.filter((line) => line.startsWith('Block '))).toEqual([
    expect.stringMatching(`^Block refused: ${old.hash}, bad-version\\(0x00000001\\)`),
    expect.stringMatching(`^Block mutated: bad-txn[a-z-]+, .*${changed.hash}`),
  ]);
});
