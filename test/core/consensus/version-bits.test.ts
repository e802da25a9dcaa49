import { describe, expect, test } from 'vitest';
import { BlockHeader } from '../../../src/core/block/header.ts';
import type { HeaderLink } from '../../../src/core/consensus/header-link.ts';
import {
  blockVersion,
  countSignals,
  deploymentState,
  signals,
  stateSince,
  unknownRules,
} from '../../../src/core/consensus/version-bits.ts';
import type { NetworkParameters } from '../../../src/core/parameters/network.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';

const DEPLOYMENT = {
  name: 'test',
  bit: 3,
  startTime: 1_000n,
  timeout: 3_000n,
  minimumActivationHeight: 0,
  period: 10,
  threshold: 8,
};
const SIGNAL = 0x20000008;
const SILENT = 0x20000000;

/** Blocks with these versions, one second apart from `start` on. */
function chainOf(versions: readonly number[], start: number): HeaderLink {
  const links: HeaderLink[] = [];
  versions.forEach((version, height) => {
    const time = start + height;
    const fields = { prevHash: new Uint8Array(32), merkleRoot: new Uint8Array(32), bits: 0, nonce: 0 };
    links.push({
      height,
      header: BlockHeader.from({ ...fields, version, time }),
      parent: links.at(-1) ?? null,
      medianTimePast: time,
      ancestor: (at) => links[at]!,
    });
  });
  return links.at(-1)!;
}

const periods = (...signalling: readonly number[]): number[] =>
  signalling.flatMap((count) => Array.from({ length: 10 }, (_, i) => (i < count ? SIGNAL : SILENT)));

const stateAfter = (start: number, ...signalling: readonly number[]) =>
  deploymentState(chainOf(periods(...signalling), start), { ...DEPLOYMENT });

describe('a deployment', () => {
  test('is defined in the first period, whatever is signalled', () => {
    expect(deploymentState(null, DEPLOYMENT)).toBe('defined');
    expect(deploymentState(chainOf(periods(10).slice(1), 5_000), { ...DEPLOYMENT })).toBe('defined');
  });

  test('starts with the first period after its start time', () => {
    expect(stateAfter(0, 10)).toBe('defined');
    expect(stateAfter(990, 10)).toBe('defined');
    expect(stateAfter(991, 10)).toBe('started');
  });

  test('locks in at the threshold, and is active a period later for good', () => {
    expect(stateAfter(1_000, 0, 7)).toBe('started');
    expect(stateAfter(1_000, 0, 8)).toBe('locked_in');
    expect(stateAfter(1_000, 0, 8, 0)).toBe('active');
    expect(stateAfter(1_000, 0, 8, 0, 0)).toBe('active');
  });

  test('waits for its height', () => {
    const late = { ...DEPLOYMENT, minimumActivationHeight: 31 };
    expect(deploymentState(chainOf(periods(0, 8, 0), 1_000), late)).toBe('locked_in');
    expect(deploymentState(chainOf(periods(0, 8, 0, 0), 1_000), late)).toBe('active');
  });

  test('fails at its timeout, unless it is locked in by then', () => {
    expect(stateAfter(2_985, 0, 7)).toBe('failed');
    expect(stateAfter(2_985, 0, 8)).toBe('locked_in');
    expect(stateAfter(2_985, 0, 7, 10)).toBe('failed');
  });

  test('tells since when it has been so', () => {
    const tip = chainOf(periods(0, 0, 8, 0, 0, 0), 1_000);
    expect(stateSince(tip.ancestor(5), DEPLOYMENT)).toBe(0);
    expect(stateSince(tip.ancestor(25), DEPLOYMENT)).toBe(10);
    expect(stateSince(tip.ancestor(29), DEPLOYMENT)).toBe(30);
    expect(stateSince(tip, DEPLOYMENT)).toBe(40);
  });
});

test('only versions of BIP9 signal', () => {
  expect([SIGNAL, 0x7fffffff, 8, SILENT].map((version) => signals(version, DEPLOYMENT))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(signals(-0x60000000 + 8, DEPLOYMENT)).toBe(false);
});

test('a new block signals while it matters', () => {
  const tip = chainOf(periods(0, 8, 0), 1_000);
  const versions = [5, 9, 19, 29].map((height) => blockVersion(tip.ancestor(height), [DEPLOYMENT]));
  expect(versions).toEqual([SILENT, SIGNAL, SIGNAL, SILENT]);
  expect(countSignals(tip.ancestor(14), DEPLOYMENT)).toEqual({
    elapsed: 5,
    blocks: [true, true, true, true, true],
  });
});

test('rules that miners agreed on and nobody has told us of are seen by their bits', () => {
  const ours = { ...REGTEST, versionBits: [{ ...DEPLOYMENT, bit: 1 }] };
  const bits = (versions: readonly number[], parameters: NetworkParameters = { ...ours }) =>
    unknownRules(chainOf(versions, 5_000), parameters);
  expect([bits(periods(0, 8)), bits(periods(0, 8, 0)), bits(periods(0, 7, 0))]).toEqual([[], [3], []]);
  // Those above belong to the miners, and what we know is no surprise.
  const also = (bit: number) => periods(0, 8, 0).map((version) => version | (1 << bit));
  expect([bits(also(5)), bits(also(4)), bits(also(1))]).toEqual([[3], [3, 4], [3]]);
  expect(bits(periods(0, 8, 0, 0, 0), { ...ours, signalsFrom: 20 })).toEqual([]);
  expect(bits(periods(0, 0, 0, 8, 0), { ...ours, signalsFrom: 20 })).toEqual([3]);
});
