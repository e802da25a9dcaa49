import { expect, test } from 'vitest';
import { BanList, parseSubnet } from '../../src/network/ban-list.ts';
import { AddressError, parseAddress } from '../../src/network/network-address.ts';
import { StillClock } from '../support/memory-chain.ts';

const NOW = 1_700_000_000;
const address = (host: string) => parseAddress(host, 1)!;

test('subnets are read as Core reads them', () => {
  expect(parseSubnet('1.2.3.4').text).toBe('1.2.3.4/32');
  expect(parseSubnet('1.2.3.4/24').text).toBe('1.2.3.0/24');
  expect(parseSubnet('1.2.3.4/255.255.0.0').text).toBe('1.2.0.0/16');
  expect(parseSubnet('2001:db8::1/32').text).toBe('2001:db8::/32');
  for (const bad of ['', '1.2.3', '1.2.3.4/33', '1.2.3.4/255.0.255.0', '1.2.3.4/1/2', 'host'])
    expect(() => parseSubnet(bad), bad).toThrow(AddressError);
});

test('bans cover their subnet, until they end', () => {
  const clock = new StillClock(NOW);
  const bans = new BanList(clock);
  expect(bans.add('1.2.3.0/24', NOW + 100)).toBe(true);
  expect(bans.add('1.2.3.9/24', NOW + 100)).toBe(false);
  expect(bans.isBanned(address('1.2.3.200'))).toBe(true);
  expect(bans.isBanned(address('1.2.4.1'))).toBe(false);
  const again = new BanList(clock);
  again.load(bans.encode());
  expect(again.list()).toEqual([{ subnet: '1.2.3.0/24', createdAt: NOW, until: NOW + 100 }]);
  expect(again.isBanned(address('1.2.3.1'))).toBe(true);
  clock.time += 100_000;
  expect(bans.isBanned(address('1.2.3.200'))).toBe(false);
  expect(bans.list()).toEqual([]);
});

test('an address in a banned subnet is banned already; bans are told by network, address and mask', () => {
  const bans = new BanList(new StillClock(NOW));
  const onion = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion';
  for (const text of [onion, '2001:db8::/19', '10.0.0.0/8', '9.0.0.0/24', '9.0.0.0/8'])
    expect(bans.add(text, NOW + 1)).toBe(true);
  expect([bans.add('10.1.1.1', NOW + 1), bans.add('10.1.1.1/32', NOW + 1)]).toEqual([false, true]);
  expect(bans.list().map(({ subnet }) => subnet)).toEqual([
    ...['9.0.0.0/8', '9.0.0.0/24', '10.0.0.0/8', '10.1.1.1/32', '2001::/19'],
    onion,
  ]);
  expect(() => parseSubnet(`${onion}/8`)).toThrow(AddressError);
});

test('a discouraged address is not banned', () => {
  const bans = new BanList(new StillClock(NOW));
  bans.discourage(address('1.2.3.4'));
  expect(bans.isDiscouraged(address('1.2.3.4'))).toBe(true);
  expect(bans.isBanned(address('1.2.3.4'))).toBe(false);
  expect(bans.list()).toEqual([]);
});
