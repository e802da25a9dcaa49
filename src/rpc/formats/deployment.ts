/** A BIP9 deployment as Bitcoin Core's RPCs show it. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { countSignals, deploymentState, stateSince } from '../../core/consensus/version-bits.ts';
import type { VersionBitsDeployment } from '../../core/parameters/network.ts';
import * as t from '../schema.ts';

/** As of this block and the one that will follow. */
export function deploymentJson(entry: HeaderEntry, deployment: VersionBitsDeployment) {
  const status = deploymentState(entry.parent, deployment);
  const next = deploymentState(entry, deployment);
  const since = stateSince(entry.parent, deployment);
  const activeFrom = status === 'active' ? since : entry.height + 1;
  const active = status === 'active' || next === 'active';
  return {
    type: 'bip9',
    height: active ? activeFrom : undefined,
    active: active && activeFrom <= entry.height + 1,
    bip9: {
      ...signallingJson(entry, status, deployment),
      start_time: deployment.startTime,
      timeout: deployment.timeout,
      min_activation_height: deployment.minimumActivationHeight,
      status,
      since,
      status_next: next,
    },
  };
}

function signallingJson(entry: HeaderEntry, status: string, deployment: VersionBitsDeployment) {
  if (status !== 'started' && status !== 'locked_in') return {};
  const { bit, period, threshold } = deployment;
  const { elapsed, blocks } = countSignals(entry, deployment);
  const count = blocks.filter(Boolean).length;
  const open = status === 'started';
  return {
    bit,
    statistics: {
      period,
      threshold: open ? threshold : undefined,
      elapsed,
      count,
      possible: open ? period - threshold >= elapsed - count : undefined,
    },
    signalling: blocks.map((signalled) => (signalled ? '#' : '-')).join(''),
  };
}

export const deployment = t.object({
  type: t.string('buried (by height) or bip9 (by signals)'),
  height: t.optional(t.integer('Of the first block under the rules')),
  active: t.boolean('For the next block'),
  bip9: t.optional(
    t.object({
      bit: t.optional(t.integer('Of the version, while it counts')),
      start_time: t.time('Median time past from which the bit counts'),
      timeout: t.time('Median time past at which it has failed'),
      min_activation_height: t.integer(),
      status: t.string('For this block: defined, started, locked_in, active or failed'),
      since: t.integer('Height at which that began'),
      status_next: t.string('For the block after'),
      statistics: t.optional(
        t.object({
          period: t.integer('Blocks in which signals are counted'),
          threshold: t.optional(t.integer('Signals needed')),
          elapsed: t.integer('Blocks of the period so far'),
          count: t.integer('Of which have signalled'),
          possible: t.optional(t.boolean('The blocks that are left can still suffice')),
        }),
      ),
      signalling: t.optional(t.string('Each block of the period: # signalled, - did not')),
    }),
  ),
});
