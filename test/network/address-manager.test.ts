import { expect, test } from 'vitest';
import { Writer } from '../../src/core/encoding/writer.ts';
import { AddressManager } from '../../src/network/address-manager.ts';
import { addrv2 } from '../../src/network/messages/addresses.ts';
import { type NetworkAddress, parseAddress } from '../../src/network/network-address.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { StillClock } from '../support/memory-chain.ts';

const NOW = 1_700_000_000;

function open(localPeers = false): { manager: AddressManager; clock: StillClock; random: SeededRandom } {
  const clock = new StillClock(NOW);
  const random = new SeededRandom(1);
  return { manager: new AddressManager({ localPeers }, { clock, random }), clock, random };
}

const address = (host: string, port = 8_333): NetworkAddress => parseAddress(host, port)!;
const item = (host: string, time = NOW) => ({ time, services: 9n, address: address(host) });
const SOURCE = address('9.9.9.9');

test('addresses of one source fill no more than its share of the table', () => {
  const { manager } = open();
  for (let i = 0; i < 50_000; i++)
    manager.add(item(`${20 + (i >> 12)}.${(i >> 8) & 15}.${i & 255}.7`), SOURCE);
  // 64 of the 1,024 buckets, of 64 places each.
  expect(manager.size).toBeLessThanOrEqual(64 * 64);
  expect(manager.size).toBeGreaterThan(3_000);
});

test('unroutable addresses are not taken', () => {
  const { manager } = open();
  expect(manager.add(item('127.0.0.1'), SOURCE)).toBe(false);
  expect(manager.add(item('10.0.0.1'), SOURCE)).toBe(false);
  expect(open(true).manager.add(item('127.0.0.1'), SOURCE)).toBe(true);
});

test('what worked is kept among the tried, and selected as often as the rest together', () => {
  const { manager } = open();
  for (let i = 1; i <= 100; i++) manager.add(item(`8.${i}.1.1`), SOURCE);
  manager.good(address('8.1.1.1'));
  expect([...manager.all()].filter((peer) => peer.tried).map((peer) => peer.key)).toEqual(['8.1.1.1:8333']);
  let tried = 0;
  for (let i = 0; i < 1_000; i++) if (manager.select(false)!.tried) tried++;
  expect(tried).toBeGreaterThan(300);
  expect(tried).toBeLessThan(700);
  for (let i = 0; i < 100; i++) expect(manager.select(true)!.tried).toBe(false);
});

test('terrible addresses are not passed on', () => {
  const { manager, clock } = open();
  manager.add(item('8.1.1.1'), SOURCE);
  manager.add(item('8.2.1.1', NOW - 31 * 86_400), SOURCE);
  manager.add(item('8.3.1.1'), SOURCE);
  for (let i = 0; i < 3; i++) manager.attempt(address('8.3.1.1'));
  clock.time += 120_000;
  expect(manager.sample(0, 0).map((peer) => peer.key)).toEqual(['8.1.1.1:8333']);
});

test('a sample is a share, at random', () => {
  const { manager } = open();
  for (let i = 1; i <= 200; i++) manager.add(item(`8.${i}.1.1`), address(`9.${i}.9.9`));
  expect(manager.sample(1_000, 23)).toHaveLength(Math.ceil(manager.size * 0.23));
  expect(manager.sample(10, 0)).toHaveLength(10);
  expect(manager.sample(10, 0)[0]).not.toBe(manager.sample(10, 0)[0]);
});

test('a tried address makes room only when it no longer works', () => {
  const { manager, clock } = open();
  // One group has eight buckets in the table of the tried: enough addresses of it collide.
  for (let i = 0; i < 3_000; i++) {
    const host = `8.8.${i >> 8}.${i & 255}`;
    manager.add(item(host), address(`9.${i >> 8}.${i & 255}.9`));
    manager.good(address(host));
  }
  const tried = () => [...manager.all()].filter((peer) => peer.tried).map((peer) => peer.key);
  const before = tried();
  expect(manager.selectCollision()?.tried).toBe(true);
  manager.resolveCollisions();
  expect(tried()).toEqual(before);
  clock.time += 5 * 3_600_000;
  const [host] = [...manager.all()].filter((peer) => !peer.tried);
  manager.good(host!.address);
  const occupant = manager.selectCollision()!;
  manager.attempt(occupant.address);
  clock.time += 5 * 3_600_000;
  manager.resolveCollisions();
  expect(occupant.tried).toBe(false);
});

test('everything outlasts being written and read', () => {
  const { manager, clock, random } = open();
  for (let i = 1; i <= 50; i++) manager.add(item(`8.${i}.1.1`), address(`9.${i}.9.9`));
  manager.good(address('8.7.1.1'));
  manager.attempt(address('8.9.1.1'));
  const again = new AddressManager({ localPeers: false }, { clock, random });
  again.load(manager.encode());
  expect([...again.all()]).toEqual([...manager.all()]);
  expect(again.encode()).toEqual(manager.encode());
});

test('what an older version wrote is read, without who told of it', () => {
  const { manager } = open();
  const writer = new Writer().uint8(1).bytes(new Uint8Array(32)).compactSize(1);
  addrv2.write(writer, { addresses: [item('8.1.1.1')] });
  writer.varBytes(Uint8Array.of(49)).uint32(5).uint32(6).uint32(7).uint8(0).compactSize(1).uint32(70);
  manager.load(writer.finish());
  expect([...manager.all()]).toMatchObject([
    { key: '8.1.1.1:8333', source: address('8.1.1.1'), lastTry: 5, lastSuccess: 6, attempts: 7 },
  ]);
  expect([...manager.tables().new.keys()]).toEqual([70]);
});
