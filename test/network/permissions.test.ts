/** Who may do what others may not, and what it changes. */
import { expect, test } from 'vitest';
import { InventoryType } from '../../src/network/messages/inventory.ts';
import { addressOf } from '../../src/network/network-address.ts';
import { PERMISSIONS, parseWhitebind, parseWhitelist, permissionsOf } from '../../src/network/permissions.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { P2WSH_TRUE, spend } from '../support/pool.ts';
import { MemoryWorld } from './memory-node.ts';
import { Scripted } from './scripted-peer.ts';

const usual = { relay: true, forceRelay: false };

test.each([
  ['127.0.0.1', usual, 'noban relay mempool download', ''],
  ['127.0.0.1', { relay: false, forceRelay: false }, 'noban mempool download', ''],
  ['127.0.0.0/8', { relay: false, forceRelay: true }, 'noban forcerelay relay mempool download', ''],
  ['@127.0.0.1', { relay: true, forceRelay: true }, '', ''],
  ['noban@127.0.0.1', usual, 'noban download', ''],
  ['forcerelay,,addr,bloom@127.0.0.1', usual, 'bloomfilter forcerelay relay addr', ''],
  ['all@127.0.0.1', usual, PERMISSIONS.join(' '), ''],
  ['relay,out@127.0.0.1', usual, '', 'relay'],
  ['relay,in,out@127.0.0.1', usual, 'relay', 'relay'],
  ['noban@10.0.0.0/8', usual, '', ''],
])('-whitelist=%s with %j', (text, implicit, inbound, outbound) => {
  const grants = [parseWhitelist(text, implicit)];
  const address = addressOf('127.0.0.1:9');
  expect([...permissionsOf(grants, address, 'inbound')].join(' ')).toBe(inbound);
  expect([...permissionsOf(grants, address, 'outbound')].join(' ')).toBe(outbound);
  expect([...permissionsOf(grants, undefined, 'inbound', ['addr'])]).toEqual(['addr']);
});

test.each([
  ['oops@::1', "Invalid P2P permission: 'oops'"],
  ['in,out@::1', "Only direction was set, no permissions: 'in,out@::1'"],
  ['noban@127.0.0.1:230', "Invalid netmask specified in -whitelist: '127.0.0.1:230'"],
])('-whitelist=%s is refused', (text, message) => {
  expect(() => parseWhitelist(text, usual)).toThrow(message);
});

test.each([
  ['noban@127.0.0.1/10', "Cannot resolve -whitebind address: '127.0.0.1/10'"],
  ['[::1]', "Need to specify a port with -whitebind: '[::1]'"],
  ['out@127.0.0.1:1', 'whitebind may only be used for incoming connections ("out" was passed)'],
])('-whitebind=%s is refused', (text, message) => {
  expect(() => parseWhitebind(text, usual)).toThrow(message);
});

test('with leave one stays in spite of an offence, is told of transactions at once, and of all when it asks', async () => {
  const world = new MemoryWorld(51);
  const builder = new ChainBuilder().mine(110, { coinbase: { scriptPubKey: P2WSH_TRUE } });
  const node = await world.start('10.0.0.1', {
    blocks: builder.blocks,
    connect: [],
    whitelist: [parseWhitelist('10.0.0.2', usual)],
  });
  const [friend, stranger] = [
    await Scripted.join(world, '10.0.0.2', node),
    await Scripted.join(world, '10.0.0.3', node),
  ];
  expect(node.network.peers().map(({ permissions }) => permissions)).toEqual([
    ['noban', 'relay', 'mempool', 'download'],
    [],
  ]);
  const tx = spend([builder.takeMature()]);
  await world.settle(node.mempool.accept(tx));
  await world.until(() => friend.heardOf('inv').length > 0, 0.2);
  expect([friend, stranger].map((peer) => peer.heardOf('inv').length)).toEqual([1, 0]);
  for (const peer of [friend, stranger]) peer.send('mempool', {});
  await world.pass(1);
  expect(friend.heardOf('inv')[1]!.items[0]!.hash).toEqual(tx.txidBytes);
  expect([friend.closed, stranger.closed]).toEqual([false, true]);
  const wrong = { blockHash: builder.blocks[0]!.header.hashBytes, indexes: [9] };
  friend.send('getblocktxn', wrong);
  await world.pass(1);
  expect(friend.closed).toBe(false);
});

test('who may not be told yet of a transaction is not given it', async () => {
  const world = new MemoryWorld(52);
  const builder = new ChainBuilder().mine(110, { coinbase: { scriptPubKey: P2WSH_TRUE } });
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [] });
  const peer = await Scripted.join(world, '10.0.0.3', node);
  const tx = spend([builder.takeMature()]);
  await world.settle(node.mempool.accept(tx));
  const ask = () => peer.send('getdata', { items: [{ type: InventoryType.TX, hash: tx.txidBytes }] });
  ask();
  await world.until(() => peer.heardOf('notfound').length > 0, 1);
  expect(peer.heardOf('tx')).toEqual([]);
  expect(await world.until(() => peer.heardOf('inv').length > 0, 60)).toBe(true);
  ask();
  await world.pass(1);
  expect(peer.heardOf('tx')).toHaveLength(1);
});
