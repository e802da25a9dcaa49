/** What the network keeps over restarts, on a disk that fails. */
import { expect, it } from 'vitest';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { MemoryWorld } from './memory-node.ts';

class FailingStorage extends MemoryStorage {
  failing = true;
  override async writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    if (this.failing) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    await super.writeBlob(name, bytes);
  }
}

it('a list that cannot be saved does not stop the node, and is saved when it can be', async () => {
  const world = new MemoryWorld();
  const storage = new FailingStorage();
  const { chain, network } = await world.start('a', { storage });
  const failures: Error[] = [];
  chain.fatal.subscribe((error) => failures.push(error));
  network.ban('192.0.2.1');
  network.ban('192.0.2.2');
  await world.pass(1);
  storage.failing = false;
  await world.pass(61);
  expect(failures).toEqual([]);
  expect(Buffer.from((await storage.readBlob('banlist.json'))!).toString()).toContain('192.0.2.2');
  storage.failing = true;
  await world.settle(network.stop());
});

it('a ban list that is damaged bans nobody else: it is named and kept aside', async () => {
  const world = new MemoryWorld();
  const storage = new MemoryStorage();
  const first = await world.start('a', { storage });
  expect(Buffer.from((await storage.readBlob('banlist.json'))!).toString()).toContain('banned_nets');
  first.network.ban('192.0.2.17');
  await world.settle(first.network.stop());
  const saved = Buffer.from((await storage.readBlob('banlist.json'))!).toString();
  const other = Buffer.from(saved.replace('192.0.2.17', '192.0.2.16'));
  await storage.writeBlob('banlist.json', other);
  const second = await world.start('b', { storage });
  expect(second.network.bans()).toEqual([]);
  expect(Buffer.from((await storage.readBlob('banlist.json.damaged'))!)).toEqual(other);
  // Without its checksum it is what somebody wrote by hand.
  await world.settle(second.network.stop());
  const { checksum: _, ...content } = JSON.parse(other.toString());
  await storage.writeBlob('banlist.json', Buffer.from(JSON.stringify(content)));
  const third = await world.start('c', { storage });
  expect(third.network.bans()).toMatchObject([{ subnet: '192.0.2.16/32' }]);
});
