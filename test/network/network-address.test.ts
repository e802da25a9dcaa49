import { describe, expect, test } from 'vitest';
import {
  AddressError,
  formatAddress,
  groupOf,
  isLocal,
  isRoutable,
  networkName,
  parseAddress,
  parseTarget,
} from '../../src/network/network-address.ts';

const address = (host: string, port = 8_333) => parseAddress(host, port)!;

describe('text', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4:8333'],
    ['::1', '[::1]:8333'],
    ['1a1b:2a2b:3a3b:4a4b:5a5b:6a6b:7a7b:8a8b', '[1a1b:2a2b:3a3b:4a4b:5a5b:6a6b:7a7b:8a8b]:8333'],
    ['2001:db8:0:0:1:0:0:1', '[2001:db8::1:0:0:1]:8333'],
    ['::ffff:1.2.3.4', '1.2.3.4:8333'],
    [
      'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion',
      'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333',
    ],
    [
      'c4gfnttsuwqomiygupdqqqyy5y5emnk5c73hrfvatri67prd7vyq.b32.i2p',
      'c4gfnttsuwqomiygupdqqqyy5y5emnk5c73hrfvatri67prd7vyq.b32.i2p:8333',
    ],
  ])('%s', (host, text) => expect(formatAddress(address(host))).toBe(text));

  test.each(['example.com', '1.2.3', '1.2.3.256', ':::', '1::2::3', '12345::', 'a.onion'])(
    '%s is no address',
    (host) => expect(parseAddress(host, 1)).toBeUndefined(),
  );

  test('an onion address with a wrong checksum is none', () => {
    const wrong = `qg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion`;
    expect(parseAddress(wrong, 1)).toBeUndefined();
  });

  test('targets name a scheme, or take the default', () => {
    expect(parseTarget('localhost', 'ws', 1)).toEqual({ scheme: 'ws', host: 'localhost', port: 1 });
    expect(parseTarget('tcp://1.2.3.4:5', 'ws', 1)).toEqual({ scheme: 'tcp', host: '1.2.3.4', port: 5 });
    expect(parseTarget('[::1]:5', 'tcp', 1)).toEqual({ scheme: 'tcp', host: '::1', port: 5 });
    expect(parseTarget('::1', 'tcp', 1)).toEqual({ scheme: 'tcp', host: '::1', port: 1 });
    expect(parseTarget('wss://penny.example', 'ws', 1).port).toBe(443);
    for (const bad of ['', 'a b', 'ftp://x', 'host:99999', 'host:0', '[::1'])
      expect(() => parseTarget(bad, 'ws', 1), bad).toThrow(AddressError);
  });
});

test('what can be reached', () => {
  for (const host of [
    '10.1.2.3',
    '127.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '169.254.1.1',
    '::1',
    'fe80::1',
  ]) {
    expect(isLocal(address(host)), host).toBe(true);
    expect(isRoutable(address(host), false), host).toBe(false);
    expect(isRoutable(address(host), true), host).toBe(true);
  }
  for (const host of [
    '0.0.0.0',
    '255.255.255.255',
    '192.0.2.1',
    '198.18.0.1',
    '100.64.0.1',
    '2001:db8::1',
    '::',
  ])
    expect(isRoutable(address(host), true), host).toBe(false);
  for (const host of ['8.8.8.8', '2a00::1', '172.32.0.1'])
    expect(isRoutable(address(host), false), host).toBe(true);
  expect(isRoutable(address('8.8.8.8', 0), false)).toBe(false);
  expect(networkName(address('127.0.0.1'))).toBe('not_publicly_routable');
  expect(networkName(address('8.8.8.8'))).toBe('ipv4');
});

test('groups are networks, and on one machine ports', () => {
  const same = (a: string, b: string): boolean => groupOf(address(a), false) === groupOf(address(b), false);
  expect(same('8.8.1.1', '8.8.2.2')).toBe(true);
  expect(same('8.8.1.1', '8.9.1.1')).toBe(false);
  expect(same('2a00:1::1', '2a00:1:2::1')).toBe(true);
  expect(same('2a00:1::1', '2a00:2::1')).toBe(false);
  expect(groupOf(address('127.0.0.1', 1), true)).not.toBe(groupOf(address('127.0.0.1', 2), true));
  expect(groupOf(address('8.8.1.1', 1), true)).toBe(groupOf(address('8.8.1.1', 2), true));
});
