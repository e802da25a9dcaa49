import { expect, test } from 'vitest';
import { isReachable } from '../../../../src/network/reach.ts';
import { readConfiguration } from '../../../../src/platform/node/cli/configuration.ts';
import { NODE } from '../../../../src/platform/node/cli/node-options.ts';
import { reachOf } from '../../../../src/platform/node/cli/proxy-options.ts';

const reach = (...words: string[]) =>
  reachOf(readConfiguration(['-regtest', '-noconf', ...words], NODE).values);
const addresses = (...words: string[]) =>
  Object.fromEntries(
    Object.entries(reach(...words)?.proxies ?? {}).map(([name, { address }]) => [name, address]),
  );

test('proxies are those of Bitcoin Core: for all, for one network, for Tor', () => {
  const all = (address: string) => ({
    ipv4: address,
    ipv6: address,
    cjdns: address,
    onion: address,
    name: address,
  });
  expect(reach()).toBeUndefined();
  expect(addresses('-proxy=127.0.0.1')).toEqual(all('127.0.0.1:9050'));
  expect(addresses('-proxy=[::1]:9', '-noonion')).toEqual({ ...all('[::1]:9'), onion: undefined });
  expect(addresses('-proxy=a:1', '-onion=b:2')).toEqual({ ...all('a:1'), onion: 'b:2' });
  expect(addresses('-proxy=a:1', '-proxy=unix:/s=ipv6', '-proxy=c:3=tor')).toEqual({
    ...all('a:1'),
    ipv6: 'unix:/s',
    onion: 'c:3',
  });
  expect(addresses('-proxy=a:1', '-proxy=0')).toEqual({});
  expect(reach('-proxy=a:1')!.proxies.name!.isolates).toBe(true);
  expect(reach('-proxy=a:1', '-proxyrandomize=0')!.proxies.name!.isolates).toBe(false);
});

test('only networks that are named are dialled unasked', () => {
  const tor = reach('-onion=a:1', '-onlynet=onion')!;
  expect([isReachable(tor, 'onion'), isReachable(tor, 'ipv4')]).toEqual([true, false]);
  expect(isReachable(reach('-onlynet=ipv4')!, 'ipv6')).toBe(false);
  expect(isReachable(reach('-proxy=a:1')!, 'i2p')).toBe(false);
});

test.each([
  ['-proxy=', 'No proxy server specified. Use -proxy=<ip> or -proxy=<ip:port>.'],
  ['-proxy=a:b', "Invalid -proxy address or hostname: 'a:b'"],
  ['-onion=a:70000', "Invalid -onion address or hostname: 'a:70000'"],
  ['-proxy=a:1=moon', "Unrecognized network in -proxy='a:1=moon': 'moon'"],
  ['-onlynet=moon', "Unknown network specified in -onlynet: 'moon'"],
  ['-onlynet=i2p', 'Outbound connections restricted to i2p (-onlynet=i2p) but -i2psam is not provided'],
  ['-onlynet=onion', 'is not provided: none of -proxy, -onion or -listenonion is given'],
  ['-onlynet=onion -onion=0', 'is explicitly forbidden: -onion=0'],
])('%s is refused', (words, error) => {
  expect(() => reach(...words.split(' '))).toThrow(error);
});
