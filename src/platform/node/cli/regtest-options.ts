/** What Bitcoin Core's options for tests change about the rules of regtest; other networks are as they are. */
import type { ActivationHeights, NetworkParameters } from '../../../core/parameters/network.ts';
import { flag, integer, list, type Values } from './option.ts';
import { UsageError } from './usage-error.ts';

export const REGTEST_TUNING = {
  blockversion: integer('Version of the blocks that are made on regtest.', { otherwise: 'as signalled' }),
  fastprune: flag('Block files of 64 KiB; on regtest 100 blocks are enough to prune.'),
  test: list(
    '<option>',
    'What tests change: bip94 keeps that rule on regtest; others that Core has change nothing.',
  ),
  testactivationheight: list('<name>@<height>', 'When bip34, cltv, dersig, csv or segwit holds on regtest.'),
};

/** What -test may be, as in Core; all but bip94 are about parts that Penny has not. */
const TESTS = ['addrman', 'reindex_after_failure_noninteractive_yes', 'bip94'];
/** Core's names of rules that are buried in heights. */
const RULES: Readonly<Record<string, keyof ActivationHeights>> = {
  bip34: 'bip34',
  cltv: 'bip65',
  dersig: 'bip66',
  csv: 'csv',
  segwit: 'segwit',
};
/** Blocks: a day of them, by which Core keeps BIP94 where nothing is adjusted. */
const INTERVAL = 144;
const FAST_PRUNE_AFTER = 100;

/** @throws UsageError in Core's words */
export function tuneRegtest(
  parameters: NetworkParameters,
  { blockversion, fastprune, test, testactivationheight }: Values<typeof REGTEST_TUNING>,
): NetworkParameters {
  const isRegtest = parameters.name === 'regtest';
  if (test.length > 0 && !isRegtest) throw new UsageError('-test=<option> can only be used with regtest');
  const unknown = test.find((option) => !TESTS.includes(option));
  if (unknown !== undefined)
    throw new UsageError(`Unrecognised option "${unknown}" provided in -test=<option>.`);
  if (!isRegtest) return parameters;
  return {
    ...parameters,
    heights: testactivationheight.reduce(activatedAt, parameters.heights),
    ...(blockversion !== undefined && { blockVersion: blockversion }),
    ...(fastprune && { pruneAfterHeight: FAST_PRUNE_AFTER }),
    ...(test.includes('bip94') && { difficulty: { kind: 'none', bip94: INTERVAL } }),
  };
}

function activatedAt(heights: ActivationHeights, given: string): ActivationHeights {
  const fail = (what: string): never => {
    throw new UsageError(`Invalid ${what} (${given}) for -testactivationheight=name@height.`);
  };
  const at = given.indexOf('@');
  if (at < 0) return fail('format');
  const [name, text] = [given.slice(0, at), given.slice(at + 1)];
  const height = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(height < 2 ** 31 - 1)) return fail('height value');
  return Object.hasOwn(RULES, name) ? { ...heights, [RULES[name]!]: height } : fail('name');
}
