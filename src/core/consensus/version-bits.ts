/**
 * BIP9: deployments that miners signal by a bit of the block version. None of Penny's rules depends on one
 * (all that Bitcoin had are buried in heights); regtest has one to test signalling with, as in Core.
 */
import type { NetworkParameters, VersionBitsDeployment } from '../parameters/network.ts';
import type { HeaderLink } from './header-link.ts';

export type DeploymentState = 'defined' | 'started' | 'locked_in' | 'active' | 'failed';

/** BIP9: the top three bits say that the others signal. */
const VERSION_BITS_BASE = 0x20000000;
const TOP_MASK = 0xe0000000;

export function signals(version: number, { bit }: VersionBitsDeployment): boolean {
  return (version & TOP_MASK) === VERSION_BITS_BASE && ((version >>> bit) & 1) === 1;
}

/** How many blocks signal from the begin of a block's period up to that block, and how many there are. */
export function countSignals(
  last: HeaderLink,
  deployment: VersionBitsDeployment,
): { readonly elapsed: number; readonly blocks: readonly boolean[] } {
  const elapsed = (last.height % deployment.period) + 1;
  const blocks: boolean[] = [];
  for (let at: HeaderLink | null = last; at !== null && blocks.length < elapsed; at = at.parent)
    blocks.push(signals(at.header.version, deployment));
  return { elapsed, blocks: blocks.reverse() };
}

/** States by deployment and by the last block of the period before: they never change once known. */
const known = new WeakMap<VersionBitsDeployment, WeakMap<HeaderLink, DeploymentState>>();

/** Last block of the period before the one that the child of `parent` is in; null in the first period. */
function periodEnd(parent: HeaderLink | null, { period }: VersionBitsDeployment): HeaderLink | null {
  if (parent === null) return null;
  const height = parent.height - ((parent.height + 1) % period);
  return height < 0 ? null : parent.ancestor(height);
}

/** The state that holds for the child of `parent` (null: for the genesis block). */
export function deploymentState(
  parent: HeaderLink | null,
  deployment: VersionBitsDeployment,
): DeploymentState {
  const states = known.get(deployment) ?? new WeakMap<HeaderLink, DeploymentState>();
  known.set(deployment, states);
  const ends: HeaderLink[] = [];
  let end = periodEnd(parent, deployment);
  let state: DeploymentState = 'defined';
  for (; end !== null; end = periodEnd(end.parent, deployment)) {
    const found = states.get(end);
    if (found !== undefined) {
      state = found;
      break;
    }
    ends.push(end);
  }
  for (const last of ends.reverse()) {
    state = nextState(state, last, deployment);
    states.set(last, state);
  }
  return state;
}

function nextState(
  state: DeploymentState,
  last: HeaderLink,
  deployment: VersionBitsDeployment,
): DeploymentState {
  switch (state) {
    case 'defined':
      return BigInt(last.medianTimePast) >= deployment.startTime ? 'started' : 'defined';
    case 'started': {
      const signalling = countSignals(last, deployment).blocks.filter(Boolean).length;
      if (signalling >= deployment.threshold) return 'locked_in';
      return BigInt(last.medianTimePast) >= deployment.timeout ? 'failed' : 'started';
    }
    case 'locked_in':
      return last.height + 1 >= deployment.minimumActivationHeight ? 'active' : 'locked_in';
    default:
      return state;
  }
}

/** The height from which the state holds that holds for the child of `parent`. */
export function stateSince(parent: HeaderLink | null, deployment: VersionBitsDeployment): number {
  const state = deploymentState(parent, deployment);
  if (state === 'defined') return 0;
  let end = periodEnd(parent, deployment);
  let since = 0;
  while (end !== null && deploymentState(end, deployment) === state) {
    since = end.height + 1;
    end = periodEnd(end.parent, deployment);
  }
  return since;
}

/** Others are the miners' own (BIP323). */
const SIGNAL_BITS = 5;
/** BIP341's, where a network has none of its own. */
const USUAL = { period: 2016, threshold: 1815 };
const watched = new WeakMap<NetworkParameters, readonly VersionBitsDeployment[]>();

/** Bits by which miners agreed on rules that we do not know, and that hold for the child of `tip`. */
export function unknownRules(tip: HeaderLink, parameters: NetworkParameters): number[] {
  const { versionBits = [], signalsFrom = 0 } = parameters;
  const { period, threshold } = versionBits[0] ?? USUAL;
  if (tip.height < signalsFrom + period) return [];
  const bits = Array.from({ length: SIGNAL_BITS }, (_, bit) => bit);
  const deployments =
    watched.get(parameters) ??
    bits
      .filter((bit) => versionBits.every((known) => known.bit !== bit))
      .map((bit) => ({
        ...{ name: `bit ${bit}`, bit, period, threshold, minimumActivationHeight: 0 },
        startTime: BigInt(tip.ancestor(signalsFrom).medianTimePast),
        timeout: 2n ** 63n - 1n,
      }));
  watched.set(parameters, deployments);
  return deployments.filter((each) => deploymentState(tip, each) === 'active').map(({ bit }) => bit);
}

/** The version of a new block: it signals for what may still be decided. */
export function blockVersion(parent: HeaderLink, deployments: readonly VersionBitsDeployment[]): number {
  let version = VERSION_BITS_BASE;
  for (const deployment of deployments) {
    const state = deploymentState(parent, deployment);
    if (state === 'started' || state === 'locked_in') version |= 1 << deployment.bit;
  }
  return version;
}
