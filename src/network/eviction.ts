/**
 * Which inbound peer makes room for another (after Core): those that are hard to imitate are protected
 * (by network group, low ping, useful deliveries, age), and of the rest the youngest of the largest group goes.
 */

export interface EvictionCandidate {
  readonly id: number;
  /** Seconds since the epoch. */
  readonly connectedAt: number;
  /** Milliseconds. */
  readonly minimumPing: number;
  readonly lastBlock: number;
  readonly lastTransaction: number;
  readonly relaysTransactions: boolean;
  readonly group: string;
  /** The group under a secret hash: nobody can arrange to be the first. */
  readonly keyedGroup: number;
}

type Order = (a: EvictionCandidate, b: EvictionCandidate) => number;

/** The id of the peer to let go; undefined if all are protected. */
export function selectPeerToEvict(candidates: readonly EvictionCandidate[]): number | undefined {
  let rest = [...candidates];
  const protect = (order: Order, count: number, eligible = (_: EvictionCandidate) => true): void => {
    const kept = new Set(rest.filter(eligible).sort(order).slice(0, count));
    rest = rest.filter((candidate) => !kept.has(candidate));
  };
  protect((a, b) => a.keyedGroup - b.keyedGroup, 4);
  protect((a, b) => a.minimumPing - b.minimumPing, 8);
  protect((a, b) => b.lastTransaction - a.lastTransaction, 4);
  protect(
    (a, b) => b.lastBlock - a.lastBlock,
    8,
    (candidate) => !candidate.relaysTransactions,
  );
  protect((a, b) => b.lastBlock - a.lastBlock, 4);
  protect((a, b) => a.connectedAt - b.connectedAt, Math.floor(rest.length / 2));
  const groups = new Map<string, EvictionCandidate[]>();
  for (const candidate of rest) {
    const members = groups.get(candidate.group);
    if (members === undefined) groups.set(candidate.group, [candidate]);
    else members.push(candidate);
  }
  const youngest = (members: readonly EvictionCandidate[]): number =>
    Math.max(...members.map((member) => member.connectedAt));
  let largest: readonly EvictionCandidate[] = [];
  for (const members of groups.values()) {
    const larger = members.length - largest.length;
    if (larger > 0 || (larger === 0 && youngest(members) > youngest(largest))) largest = members;
  }
  return [...largest].sort((a, b) => b.connectedAt - a.connectedAt || b.id - a.id)[0]?.id;
}
