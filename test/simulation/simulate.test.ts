import { expect, test } from 'vitest';
import type { SimulationOptions } from '../../src/simulation/options.ts';
import { simulate } from '../../src/simulation/simulate.ts';

const SMALL: Partial<SimulationOptions> = { nodes: 7, hours: 0.3, blockInterval: 90, txRate: 0.05 };

async function run(
  options: Partial<SimulationOptions>,
): Promise<{ lines: string[]; report: Awaited<ReturnType<typeof simulate>> }> {
  const lines: string[] = [];
  const report = await simulate({ ...SMALL, ...options }, { onLine: (line) => lines.push(line) });
  return { lines, report };
}

test('the same seed gives the same run to the byte, another seed another', async () => {
  const options = { seed: 7, nodes: 5, hours: 0.2, churn: 2, loss: 0.01 };
  const [first, second, other] = [await run(options), await run(options), await run({ ...options, seed: 8 })];
  expect(second.lines).toEqual(first.lines);
  expect(second.report).toEqual(first.report);
  expect(other.report.log).not.toBe(first.report.log);
});

test('blocks and payments reach everyone', async () => {
  const { report } = await run({ seed: 3 });
  expect(report.converged).toBe(true);
  expect(report.blocksMined).toBeGreaterThan(5);
  expect(report.blockPropagation.p99).toBeLessThan(5);
  expect(report.txPropagation.p99).toBeLessThan(60);
  expect(report.confirmed).toBeGreaterThan(15);
  expect(report.bytesPerNode.cmpctblock).toBeGreaterThan(0);
});

test('a partition heals: the branch with more work wins everywhere', async () => {
  const { report, lines } = await run({ seed: 5, partitions: [{ at: 0.05, duration: 0.2, share: 0.4 }] });
  expect(report.converged).toBe(true);
  expect(report.staleRate).toBeGreaterThan(0);
  expect(report.partitions[0]!.convergedAfter).not.toBeNull();
  expect(lines.some((line) => line.includes('"fork"'))).toBe(true);
});

test('nodes that come and go catch up', async () => {
  const { report, lines } = await run({ seed: 6, churn: 5 });
  expect(lines.filter((line) => line.includes('"returned"')).length).toBeGreaterThan(2);
  expect(report.converged).toBe(true);
});

test('a line of nodes works as well', async () => {
  const { report } = await run({ seed: 9, topology: 'line' });
  expect(report.converged).toBe(true);
  expect(report.connections).toBeCloseTo((2 * 6) / 7);
});
