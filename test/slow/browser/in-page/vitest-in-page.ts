/** Stands in for vitest where its suites run in a browser: collects tests, runs them in order, with vitest's own `expect`. */
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from '@vitest/expect';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const expect = chai.expect;
setState(
  { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null },
  expect as never,
);

type Task = () => unknown;
interface Test {
  readonly name: string;
  readonly run: Task;
}

const tests: Test[] = [];
let path: readonly string[] = [];
/** What ends the group that is being described. */
let endings: Task[] = [];

export function describe(name: string, ...rest: readonly unknown[]): void {
  const before = [path, endings] as const;
  [path, endings] = [[...path, name], []];
  (rest.at(-1) as Task)();
  for (const run of endings) beforeAll(run);
  [path, endings] = before;
}

export function test(name: string, ...rest: readonly unknown[]): void {
  tests.push({ name: [...path, name].join(' > '), run: rest.at(-1) as Task });
}
export const it = test;
export const beforeAll = (run: Task): number => tests.push({ name: '', run });
export const afterAll = (run: Task): number => endings.push(run);

/** @returns names of those that passed, and why others did not */
export async function runTests(): Promise<{ passed: string[]; failed: string[] }> {
  const [passed, failed]: [string[], string[]] = [[], []];
  for (const { name, run } of tests)
    try {
      await run();
      if (name !== '') passed.push(name);
    } catch (error) {
      failed.push(`${name}: ${(error as Error).stack}`);
    }
  return { passed, failed };
}
