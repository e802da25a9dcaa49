import { expect, test } from 'vitest';
import { readJson } from '../../../../src/core/encoding/json-reader.ts';
import { describePeers } from '../../../../src/platform/node/cli/net-info.ts';
import type { Call } from '../../../../src/platform/node/cli/rpc-connection.ts';
import { VERSION } from '../../../../src/platform/node/cli/version.ts';

const NOW = 1_700_000_000;
const quiet = { bip152_hb_to: false, bip152_hb_from: false, addr_processed: 0, addr_rate_limited: 0 };
const common = { ...quiet, version: 70016, transport_protocol_type: 'v1', lastsend: NOW - 8, lastrecv: 0 };
const IN = {
  ...common,
  ...{ id: 12, addr: '127.0.0.1:41900', network: 'not_publicly_routable', inbound: true, minping: 0.0014 },
  ...{ connection_type: 'inbound', pingtime: 1000.5, last_transaction: NOW - 130, last_block: NOW - 59 },
  ...{ conntime: NOW - 600, servicesnames: ['NETWORK', 'NETWORK_LIMITED', 'P2P_V2'], subver: '/a:1/' },
  ...{ addr_relay_enabled: true, addr_processed: 1_234_567, bip152_hb_to: true, bip152_hb_from: true },
};
const OUT = {
  ...common,
  ...{ id: 3, addr: '[2001:db8::1]:8333', network: 'ipv6', inbound: false, connection_type: 'manual' },
  ...{ last_transaction: 0, last_block: 0, relaytxes: false, conntime: NOW - 60, servicesnames: [] },
  ...{ subver: '', addr_relay_enabled: false },
};
const ANSWERS = {
  getpeerinfo: [OUT, IN],
  getblockchaininfo: { chain: 'regtest' },
  getnetworkinfo: {
    ...{ protocolversion: 70016, subversion: '/x:1/', localservicesnames: ['NETWORK', 'NETWORK_LIMITED'] },
    networks: [
      { name: 'ipv4', reachable: true },
      { name: 'ipv6', reachable: true },
      { name: 'i2p', reachable: false },
    ],
    localaddresses: [{ address: '1.2.3.4', port: 8333, score: 4 }],
  },
};
const call: Call = async (method) => readJson(JSON.stringify(ANSWERS[method as keyof typeof ANSWERS]));
const show = (...words: string[]) => describePeers(call, words, NOW * 1000);

test('every peer and the totals, laid out as bitcoin-cli does', async () => {
  expect(await show('4')).toBe(`Penny client v${VERSION} regtest - server 70016/x:1/ - services nl

<->   type   net   serv  v  mping   ping send recv  txn  blk  hb   addrp addrl  age id address            version
 in          npr    nl2  1      1      -    8         2    0  .* 1234567         10 12 127.0.0.1:41900    70016/a:1/
out manual  ipv6         1                  8         *                .          1  3 [2001:db8::1]:8333 70016
                               ms     ms  sec  sec  min  min                    min

         ipv4    ipv6     npr   total   block  manual
in          0       0       1       1
out         0       1       0       1       0       1
total       0       1       1       2

Local addresses
1.2.3.4     port   8333    score      4`);
});

test('levels, outbound peers alone, and what is neither', async () => {
  const totals = await show();
  expect([totals, await show('0')]).toEqual([totals, totals]);
  expect(totals).toContain('Local services: network, network limited\n');
  expect(totals).not.toContain('<->');
  const outbound = await show('255', 'o');
  expect(outbound).toContain('2001:db8');
  expect(outbound).not.toContain('127.0.0.1');
  for (const level of ['256', '-1', 'x', ''])
    await expect(show(level)).rejects.toThrow(`invalid -netinfo level argument: ${level}\n`);
  for (const [level, only] of [
    ['1', 'x'],
    ['0', 'o'],
  ] as const)
    await expect(show(level, only)).rejects.toThrow(`invalid -netinfo outonly argument: ${only}\n`);
  expect(await show('h')).toMatch(/^-netinfo \[level/);
});
