import { expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { compactBlockOf } from '../../src/network/compact-block.ts';
import { encodeEnvelope } from '../../src/network/messages/envelope.ts';
import { type Body, type Command, encodeBody } from '../../src/network/messages/table.ts';
import type { Connection } from '../../src/network/transport.ts';
import { versionBody } from '../platform/network/hostile-node.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { P2WSH_TRUE, spend } from '../support/pool.ts';
import { type MemoryNode, MemoryWorld } from './memory-node.ts';

/** Dials by hand and keeps silent unless told otherwise. */
async function dial(
  world: MemoryWorld,
  node: MemoryNode,
): Promise<{ connection: Connection; closed: () => boolean }> {
  const target = { scheme: 'tcp', host: node.host, port: REGTEST.p2pPort } as const;
  const connection = await world.settle(
    world.net.transport('10.9.9.9').dial(target, new AbortController().signal),
  );
  let closed = false;
  connection.start({
    message: () => {},
    drained: () => {},
    partial: () => {},
    closed: () => {
      closed = true;
    },
  });
  return { connection, closed: () => closed };
}

test('who does not shake hands is let go after a minute', async () => {
  const world = new MemoryWorld(41);
  const node = await world.start('10.0.0.1', { connect: [] });
  const { closed } = await dial(world, node);
  await world.pass(59);
  expect(closed()).toBe(false);
  await world.pass(3);
  expect(closed()).toBe(true);
});

test('who answers no ping is let go after twenty minutes', async () => {
  const world = new MemoryWorld(42);
  const node = await world.start('10.0.0.1', { connect: [] });
  const { connection, closed } = await dial(world, node);
  const send = (command: 'version' | 'verack' | 'sendheaders', body: Uint8Array): void =>
    connection.send(encodeEnvelope(REGTEST.magic, command, body));
  send('version', encodeBody('version', versionBody(0)));
  send('verack', new Uint8Array(0));
  for (let minute = 0; minute < 19; minute++) {
    await world.pass(60);
    send('sendheaders', new Uint8Array(0));
  }
  expect(closed()).toBe(false);
  await world.pass(300);
  expect(closed()).toBe(true);
});

test('nobody is judged for silence before the peer timeout is over', async () => {
  const world = new MemoryWorld(43);
  const node = await world.start('10.0.0.1', { connect: [], peerTimeout: 40 * 60_000 });
  const [mute, silent] = [await dial(world, node), await dial(world, node)];
  for (const [command, body] of [
    ['version', encodeBody('version', versionBody(0))],
    ['verack', new Uint8Array(0)],
  ] as const)
    silent.connection.send(encodeEnvelope(REGTEST.magic, command, body));
  await world.pass(39 * 60);
  expect([mute.closed(), silent.closed()]).toEqual([false, false]);
  await world.pass(4 * 60);
  expect([mute.closed(), silent.closed()]).toEqual([true, true]);
});

test('of a user agent only harmless characters are kept, and 256 at most', async () => {
  const world = new MemoryWorld(46);
  const node = await world.start('10.0.0.1', { connect: [] });
  const hello = async (userAgent: string): Promise<boolean> => {
    const { connection, closed } = await dial(world, node);
    const body = encodeBody('version', { ...versionBody(0), userAgent });
    connection.send(encodeEnvelope(REGTEST.magic, 'version', body));
    await world.pass(1);
    return !closed();
  };
  expect(await hello('/a b:1.0(x;y@z?)/<b>\u001b[31m\n"\'%\u00e9#=&$')).toBe(true);
  expect(node.network.peers().map((peer) => peer.userAgent)).toEqual(['/a b:1.0(x;y@z?)/b31m']);
  // What is longer is no version message: it is as if none had come.
  expect(await hello('a'.repeat(257))).toBe(true);
  expect(node.network.peers()[1]!.version).toBe(0);
});

test('a node added by hand is dialled again, ever more slowly', async () => {
  const world = new MemoryWorld(43);
  const first = await world.start('10.0.0.1', { connect: [] });
  const second = await world.start('10.0.0.2', { addNodes: [first.address] });
  const isConnected = (): boolean => second.network.peers().some((peer) => peer.version > 0);
  expect(await world.until(isConnected)).toBe(true);
  await world.settle(first.network.stop());
  await world.pass(120);
  expect(isConnected()).toBe(false);
  await world.start('10.0.0.1', { connect: [] });
  expect(await world.until(isConnected, 90)).toBe(true);
});

test('turned off, the network has no connections; turned on, it finds them again', async () => {
  const world = new MemoryWorld(44);
  const first = await world.start('10.0.0.1', { connect: [] });
  const second = await world.start('10.0.0.2', { addNodes: [first.address] });
  expect(await world.until(() => second.network.peers().length === 1)).toBe(true);
  second.network.setActive(false);
  expect(second.network.peers()).toEqual([]);
  await world.pass(30);
  expect(second.network.peers()).toEqual([]);
  second.network.setActive(true);
  expect(await world.until(() => second.network.peers().length === 1)).toBe(true);
});

test('a banned address is refused, until it is forgiven', async () => {
  const world = new MemoryWorld(45);
  const first = await world.start('10.0.0.1', { connect: [] });
  const second = await world.start('10.0.0.2', { addNodes: [first.address] });
  expect(await world.until(() => first.network.peers().length === 1)).toBe(true);
  expect(first.network.ban('10.0.0.0/8')).toBe(true);
  expect(first.network.peers()).toEqual([]);
  await world.pass(120);
  expect(first.network.peers()).toEqual([]);
  expect(first.network.unban('10.0.0.0/8')).toBe(true);
  expect(await world.until(() => second.network.peers().some((peer) => peer.version > 0), 120)).toBe(true);
});

test('who sends a compact block again and again does not hold up its transactions', async () => {
  const world = new MemoryWorld(44);
  const builder = new ChainBuilder().mine(110, { coinbase: { scriptPubKey: P2WSH_TRUE } });
  const honest = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [] });
  const node = await world.start('10.0.0.2', { blocks: builder.blocks, connect: [honest.address] });
  await world.pass(5);
  const { connection } = await dial(world, node);
  const send = <C extends Command>(command: C, body: Body<C>): void =>
    connection.send(encodeEnvelope(REGTEST.magic, command, encodeBody(command, body)));
  send('version', versionBody(0));
  send('verack', {});
  // Of no mempool: the transaction must be asked for, and whoever has announced the block first never answers.
  const block = builder.block({ transactions: [spend([builder.takeMature()])] });
  send('cmpctblock', compactBlockOf(block, 1n));
  await world.pass(0.5);
  await world.settle(honest.chain.acceptBlock(block));
  for (let i = 0; i < 10; i++) {
    await world.pass(1);
    send('cmpctblock', compactBlockOf(block, 1n));
  }
  expect(node.chain.tip.hash).toBe(block.hash);
});
