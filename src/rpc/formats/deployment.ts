/** A BIP9 deployment as Bitcoin Core's RPCs show it. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { countSignals, deploymentState, stateSince } from '../../core/consensus/version-bits.ts';
import type { VersionBitsDeployment } from '../../core/parameters/network.ts';
import { boolean, integer, object, optional, string, time } from '../schema.ts';

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

export const deployment = object({
  type: string('buried (by height) or bip9 (by signals)'),
  height: optional(integer('Of the first block under the rules')),
  active: boolean('For the next block'),
  bip9: optional(
    object({
      bit: optional(integer('Of the version, while it counts')),
      start_time: time('Median time past from which the bit counts'),
      timeout: time('Median time past at which it has failed'),
      min_activation_height: integer(),
      status: string('For this block: defined, started, locked_in, active or failed'),
      since: integer('Height at which that began'),
      status_next: string('For the block after'),
      statistics: optional(
        object({
          period: integer('Blocks in which signals are counted'),
          threshold: optional(integer('Signals needed')),
          elapsed: integer('Blocks of the period so far'),
          count: integer('Of which have signalled'),
          possible: optional(boolean('The blocks that are left can still suffice')),
        }),
      ),
      signalling: optional(string('Each block of the period: # signalled, - did not')),
    }),
  ),
});
