/** What does not go together keeps a node from starting, in Bitcoin Core's words. */
import { expect, test } from 'vitest';
import { readConfiguration } from '../../../../src/platform/node/cli/configuration.ts';
import { NODE } from '../../../../src/platform/node/cli/node-options.ts';
import { processOptions } from '../../../../src/platform/node/cli/node-settings.ts';
import { walletWarnings } from '../../../../src/platform/node/cli/start-checks.ts';

const read = (words: string) => readConfiguration(['-noconf', ...words.split(' ')], NODE);

test.each([
  ['-bind=127.0.0.1 -listen=0', 'Cannot set -bind or -whitebind together with -listen=0'],
  ['-chain=main -acceptnonstdtxn', 'acceptnonstdtxn is not currently supported for main chain'],
  ['-blockmaxweight=4000001', '-blockmaxweight (4000001) exceeds consensus maximum block weight (4000000)'],
  ['-blockreservedweight=1999', '-blockreservedweight (1999) is lower than minimum safety value of (2000)'],
  ['-blockmaxweight=7999', '-blockreservedweight (8000) exceeds -blockmaxweight (7999)'],
  ['-bind=127.0.0.1:1 -bind=127.0.0.1:1=onion', 'Duplicate binding configuration for address 127.0.0.1:1. '],
  [
    '-bind=127.0.0.1:1 -whitebind=noban@127.0.0.1:1',
    'Duplicate binding configuration for address 127.0.0.1:1. ',
  ],
  ['-rpcbind=127.0.0.1:0', "Invalid port specified in -rpcbind: '127.0.0.1:0'"],
  ['-rpcbind=[::1]:65536', "Invalid port specified in -rpcbind: '[::1]:65536'"],
  ['-bind=127.0.0.1:x', "Invalid port specified in -bind: '127.0.0.1:x'"],
  ['-prune=600 -reindex-chainstate', 'Prune mode is incompatible with -reindex-chainstate.'],
  [`-uacomment=${'a'.repeat(250)}`, 'exceeds maximum length (256). Reduce the number or size of uacomments.'],
  ['-webreadonly', 'Cannot set -webreadonly without -web.'],
  ['-p2palloworigin=self', 'Cannot set -p2palloworigin=self without -web.'],
  ['-p2palloworigin=self -web=0', 'Cannot set -p2palloworigin=self without -web.'],
  ['-web=65536', "Invalid port specified in -web: '65536'"],
  ['-web=-1', "Invalid port specified in -web: '-1'"],
  ['-web=x', "Invalid port specified in -web: 'x'"],
  ['-includeconf=a.conf', '-includeconf cannot be used from commandline; -includeconf="a.conf"'],
  ['-noincludeconf=0', '-includeconf cannot be used from commandline; -includeconf=true'],
])('%s', (words, message) => {
  expect(() => processOptions(read(words))).toThrow(message);
});

test.each([
  ['-maxapsfee=0.0001 -avoidpartialspends', { maximumGroupFee: 10_000n, groupsCoins: true }],
  ['-maxapsfee=-1', { maximumGroupFee: -1n, groupsCoins: false }],
])('%s', (words, policy) => {
  expect(processOptions(read(words)).node.wallet).toMatchObject(policy);
});

test('addresses with and without a port, and names, may be bound', () => {
  for (const words of ['-bind=::1', '-bind=[::1]:0', '-bind=localhost -rpcbind=::1 -rpcallowip=::1'])
    expect(() => processOptions(read(words))).not.toThrow();
});

test('an origin is named as browsers write it', () => {
  const refused = (origin: string, why: string): void =>
    expect(() => processOptions(read(`-p2palloworigin=https://a -p2palloworigin=${origin}`))).toThrow(
      `Invalid origin specified in -p2palloworigin: '${origin}'${why}`,
    );
  for (const origin of [
    '',
    '*',
    'null',
    'page.example',
    'chrome-extension://abc',
    'file:///',
    'http://',
    'ws://a',
  ])
    refused(origin, ' (http:// or https://, a host, and perhaps a port)');
  for (const [given, written] of [
    ['http://127.0.0.1:7331/', 'http://127.0.0.1:7331'],
    ['http://PAGE.example', 'http://page.example'],
    ['http://page.example:80', 'http://page.example'],
    ['https://page.example:443', 'https://page.example'],
    ['http://u:p@page.example', 'http://page.example'],
    ['http://page.example/x?y#z', 'http://page.example'],
    ['http://127.1:8080', 'http://127.0.0.1:8080'],
  ] as const)
    refused(given, `; browsers write ${written}`);
});

test('the page has a port of its own, by default before that of RPC, and its rights', () => {
  const of = (words: string) => {
    const { web, peerOrigins } = processOptions(read(words));
    return [web?.port ?? null, web?.readOnly ?? null, peerOrigins];
  };
  const nobody = { ownPage: false, others: [] };
  expect(of('-noweb')).toEqual([null, null, nobody]);
  for (const words of ['-web', '-web=1', '-web='])
    expect(of(`${words} -rpcport=500`)).toEqual([499, false, nobody]);
  expect(of('-web=80 -webreadonly')).toEqual([80, true, nobody]);
  expect(of('-web=80 -p2palloworigin=http://a:8 -p2palloworigin=self')).toEqual([
    80,
    false,
    { ownPage: true, others: ['http://a:8'] },
  ]);
});

test('fees that can only be a mistake, and what will be gone soon, are warned of', () => {
  for (const given of ['-walletrbf=0', '-walletrbf'])
    expect(walletWarnings(read(given))).toEqual([
      '-walletrbf is deprecated and will be fully removed in the next release.',
    ]);
  expect(walletWarnings(read('-fallbackfee=0.01 -mintxfee=0.01 -maxtxfee=1'))).toEqual([]);
  expect(walletWarnings(read('-fallbackfee=0.01000001 -mintxfee=1 -maxtxfee=2'))).toEqual([
    expect.stringMatching(/^-mintxfee is set very high! /),
    expect.stringMatching(/^-fallbackfee is set very high! /),
    expect.stringMatching(/^-maxtxfee is set very high! /),
  ]);
});
