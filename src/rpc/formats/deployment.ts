/** A BIP9 deployment as Bitcoin Core's RPCs show it. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { countSignals, deploymentState, stateSince } from '../../core/consensus/version-bits.ts';
import type { VersionBitsDeployment } from '../../core/parameters/network.ts';
import type { JsonWritable } from '../json.ts';
import { result } from '../result.ts';

/** As of this block and the one that will follow. */
export function deploymentJson(entry: HeaderEntry, deployment: VersionBitsDeployment): JsonWritable {
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

export const bip9Result = result.object(
  'bip9',
  'status of bip9 softforks (only for "bip9" type)',
  [
    result.number(
      'bit',
      'the bit (0-28) in the block version field used to signal this softfork (only for "started" and "locked_in" status)',
      {
        optional: true,
      },
    ),
    result.time('start_time', 'the minimum median time past of a block at which the bit gains its meaning'),
    result.time(
      'timeout',
      'the median time past of a block at which the deployment is considered failed if not yet locked in',
    ),
    result.number('min_activation_height', 'minimum height of blocks for which the rules may be enforced'),
    result.string(
      'status',
      'status of deployment at specified block (one of "defined", "started", "locked_in", "active", "failed")',
    ),
    result.number('since', 'height of the first block to which the status applies'),
    result.string('status_next', 'status of deployment at the next block'),
    result.object(
      'statistics',
      'numeric statistics about signalling for a softfork (only for "started" and "locked_in" status)',
      [
        result.number('period', 'the length in blocks of the signalling period'),
        result.number(
          'threshold',
          'the number of blocks with the version bit set required to activate the feature (only for "started" status)',
          {
            optional: true,
          },
        ),
        result.number('elapsed', 'the number of blocks elapsed since the beginning of the current period'),
        result.number('count', 'the number of blocks with the version bit set in the current period'),
        result.boolean(
          'possible',
          'returns false if there are not enough blocks left in this period to pass activation threshold (only for "started" status)',
          {
            optional: true,
          },
        ),
      ],
      { optional: true },
    ),
    result.string('signalling', 'indicates blocks that signalled with a # and blocks that did not with a -', {
      optional: true,
    }),
  ],
  { optional: true },
);
