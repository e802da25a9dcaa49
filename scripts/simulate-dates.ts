/**
 * `npm run simulate:dates -- [genesis.json]`: what miners who date their blocks as far ahead and back as the rules
 * let them do to a network's difficulty, for some limits of how far ahead that is: a table.
 */
import { readFileSync } from 'node:fs';
import { parseNetworkFile } from '../src/core/parameters/network-file.ts';
import { LIES, mineDated } from '../test/support/dated-mining.ts';

const file = process.argv[2] ?? new URL('../genesis.json', import.meta.url);
const parameters = parseNetworkFile(JSON.parse(readFileSync(file, 'utf8')));
const { difficulty, targetSpacing, maxFutureBlockTime } = parameters;
const zawys = difficulty.kind === 'lwma' ? Math.floor((difficulty.window * targetSpacing) / 20) : [];
const limits = new Set([60, zawys, 120, 300, 7_200, maxFutureBlockTime].flat());
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(9);

console.log('Of fair: the easiest and hardest block and the pace if blocks come on time; then by chance:');
console.log(
  'limit  share  lie          easiest  hardest     pace |  mean diff.     pace  most blocks in 30 spacings',
);
for (const share of [0.1, 0.4])
  for (const limit of [...limits].sort((a, b) => a - b))
    for (const lie of Object.keys(LIES) as (keyof typeof LIES)[]) {
      const limited = { ...parameters, maxFutureBlockTime: limit };
      const steady = mineDated(limited, { lie, share, blocks: 2_000 });
      const random = mineDated(limited, { lie, share, blocks: 10_000, seed: 1 });
      const sorted = steady.difficulties.toSorted((a, b) => a - b);
      console.log(
        `${limit} s`.padEnd(6),
        `${100 * share} %`.padStart(5),
        ` ${lie.padEnd(12)}`,
        ...[sorted[0]!, sorted.at(-1)!, steady.pace].map(percent),
        '| ',
        ...[random.meanDifficulty, random.pace].map(percent),
        String(random.burst).padStart(6),
      );
    }
