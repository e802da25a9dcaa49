/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--only TEXT]`: tries every property with mutated blocks,
 * transactions and scripts, round after round, until the time is over. Each round has a seed of its own,
 * that is printed with what it found: `--seed` begins with that round. Exit code 1 for a property that does not hold.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { loadFastPaths } from './fast-paths.ts';
import { loadMaterial } from './material.ts';
import { properties } from './properties.ts';

/** Runs of one property before the next one has its turn. */
const RUNS = 200;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: `${Date.now() & 0x7fffffff}` },
      only: { type: 'string', default: '' },
    },
  });
  const end = Date.now() + Number(values.minutes) * 60_000;
  const fast = await loadFastPaths();
  const chosen = properties(loadMaterial(true), fast).filter(({ name }) => name.includes(values.only));
  console.log(`seed ${values.seed}: ${chosen.length} properties for ${values.minutes} minutes`);
  let runs = 0;
  let failures = 0;
  try {
    for (let seed = Number(values.seed); Date.now() < end && failures === 0; seed++)
      for (const { name, property } of chosen) {
        const interruptAfterTimeLimit = Math.max(end - Date.now(), 1000);
        const result = await fc.check(property, { seed, numRuns: RUNS, interruptAfterTimeLimit });
        runs += result.numRuns;
        if (!result.failed || result.interrupted) continue;
        failures++;
        console.log(`FAILED ${name}\n  again with: --seed ${seed} --only '${name}'`);
        console.log(fc.defaultReportMessage(result));
      }
  } finally {
    await fast.verifier.close();
  }
  console.log(`${runs} runs, ${failures} properties failed`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
