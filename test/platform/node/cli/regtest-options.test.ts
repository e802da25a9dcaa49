/** Options for tests change the rules of regtest, and of no other network. */
import { expect, test } from 'vitest';
import { checkHeaderContext } from '../../../../src/core/consensus/contextual.ts';
import { MAIN, REGTEST } from '../../../../src/core/parameters/presets.ts';
import { readConfiguration } from '../../../../src/platform/node/cli/configuration.ts';
import { NODE } from '../../../../src/platform/node/cli/node-options.ts';
import { tuneRegtest } from '../../../../src/platform/node/cli/regtest-options.ts';
import { ChainBuilder, reasonOf } from '../../../support/chain-builder.ts';

const tuned = (words: readonly string[], parameters = REGTEST) =>
  tuneRegtest(parameters, readConfiguration(['-noconf', '-regtest', ...words], NODE).values);

test('activation heights, block version and pruning', () => {
  const words = [
    '-testactivationheight=segwit@9',
    '-testactivationheight=csv@0',
    '-testactivationheight=cltv@3',
    '-blockversion=7',
    '-fastprune',
  ];
  expect(tuned(words)).toEqual({
    ...REGTEST,
    heights: { ...REGTEST.heights, segwit: 9, csv: 0, bip65: 3 },
    blockVersion: 7,
    pruneAfterHeight: 100,
  });
  expect(tuned(words, MAIN)).toBe(MAIN);
  expect(tuned([])).toEqual(REGTEST);
});

test.each([
  ['-testactivationheight=segwit', 'Invalid format (segwit) for -testactivationheight=name@height.'],
  ['-testactivationheight=x@1', 'Invalid name (x@1) for -testactivationheight=name@height.'],
  ['-testactivationheight=toString@1', 'Invalid name (toString@1)'],
  ['-testactivationheight=bip65@1', 'Invalid name (bip65@1)'],
  ['-testactivationheight=csv@-2', 'Invalid height value (csv@-2)'],
  ['-testactivationheight=csv@2147483647', 'Invalid height value'],
  ['-test=bip49', 'Unrecognised option "bip49" provided in -test=<option>.'],
])('%s is refused', (word, message) => {
  expect(() => tuned([word])).toThrow(message);
});

test('-test=bip94 keeps times from going back where an interval would end', () => {
  expect(() => tuned(['-test=bip94'], MAIN)).toThrow('-test=<option> can only be used with regtest');
  const parameters = tuned(['-test=bip94']);
  const chain = new ChainBuilder(parameters);
  const reasons: (string | null)[] = [];
  while (chain.height < 144) {
    const time = chain.tip.header.time - 700;
    if (chain.height >= 142) {
      const { header } = chain.block({ header: { time } });
      const now = chain.tip.header.time;
      reasons.push(reasonOf(() => checkHeaderContext(header, chain.tip, parameters, now)));
    }
    chain.accept(chain.block());
  }
  expect(reasons).toEqual([null, 'time-timewarp-attack']);
});
