/** What does not go together keeps a node from starting, in Bitcoin Core's words. */
import { expect, test } from 'vitest';
import { readConfiguration } from '../../../../src/platform/node/cli/configuration.ts';
import { NODE } from '../../../../src/platform/node/cli/node-options.ts';
import { processOptions } from '../../../../src/platform/node/cli/node-settings.ts';
import { highFeeWarnings } from '../../../../src/platform/node/cli/start-checks.ts';

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
  ['-includeconf=a.conf', '-includeconf cannot be used from commandline; -includeconf="a.conf"'],
  ['-noincludeconf=0', '-includeconf cannot be used from commandline; -includeconf=true'],
])('%s', (words, message) => {
  expect(() => processOptions(read(words))).toThrow(message);
});

test('addresses with and without a port, and names, may be bound', () => {
  for (const words of ['-bind=::1', '-bind=[::1]:0', '-bind=localhost -rpcbind=::1 -rpcallowip=::1'])
    expect(() => processOptions(read(words))).not.toThrow();
});

test('fees that can only be a mistake are warned of', () => {
  expect(highFeeWarnings(read('-fallbackfee=0.01 -mintxfee=0.01 -maxtxfee=1').values)).toEqual([]);
  expect(highFeeWarnings(read('-fallbackfee=0.01000001 -mintxfee=1 -maxtxfee=2').values)).toEqual([
    expect.stringMatching(/^-mintxfee is set very high! /),
    expect.stringMatching(/^-fallbackfee is set very high! /),
    expect.stringMatching(/^-maxtxfee is set very high! /),
  ]);
});
