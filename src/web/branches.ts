/** Blocks as a tree: which branch is drawn where, and what one lost to another. Pure: no page, no node. */

export interface Block {
  readonly hash: string;
  readonly height: number;
  readonly previous: string | undefined;
  /** Seconds since 1970 */
  readonly time: number;
  /** Of its transactions; those that nobody asked for are counted only. */
  readonly txids: readonly string[];
  readonly count: number;
}

/** As a header tells of it. */
export const blockOf = (header: {
  readonly hash: string;
  readonly height: number;
  readonly previousblockhash?: string | undefined;
  readonly time: number;
  readonly nTx: number;
}): Block => {
  const { hash, height, previousblockhash: previous, time, nTx: count } = header;
  return { hash, height, previous, time, count, txids: [] };
};

export interface Placed {
  readonly block: Block;
  /** From 0, by height. */
  readonly column: number;
  /** 0 is the branch that goes furthest. */
  readonly lane: number;
  /** The lane of its parent, where that is shown. */
  readonly from: number | undefined;
}

/**
 * The last columns of a tree. A branch keeps its lane from where it leaves the one before.
 * @param tips hashes of the ends that count, the best first
 */
export function placeBranches(
  blocks: ReadonlyMap<string, Block>,
  tips: readonly string[],
  columns: number,
): Placed[] {
  const lanes = new Map<string, number>();
  const best = Math.max(...tips.map((tip) => blocks.get(tip)?.height ?? 0));
  const first = Math.max(0, best - columns + 1);
  // A stale branch is drawn as well, as long as it is within what is shown.
  const parents = new Set([...blocks.values()].map(({ previous }) => previous));
  const ends = [...blocks.values()].filter(({ hash }) => !parents.has(hash));
  const order = (hash: string): number => (tips.includes(hash) ? tips.indexOf(hash) : tips.length);
  ends.sort((a, b) => order(a.hash) - order(b.hash) || b.height - a.height);
  let next = 0;
  for (const end of ends) {
    let isOwn = false;
    for (let block: Block | undefined = end; block !== undefined && block.height >= first; ) {
      if (lanes.has(block.hash)) break;
      lanes.set(block.hash, next);
      isOwn = true;
      block = block.previous === undefined ? undefined : blocks.get(block.previous);
    }
    if (isOwn) next++;
  }
  const placed = [...lanes].map(([hash, lane]) => {
    const block = blocks.get(hash)!;
    const from = block.previous === undefined ? undefined : lanes.get(block.previous);
    return { block, column: block.height - first, lane, from };
  });
  // As they are read.
  return placed.sort((a, b) => a.column - b.column || a.lane - b.lane);
}

export interface Reorganisation {
  readonly node: string;
  /** The first is the lowest. */
  readonly left: readonly Block[];
  readonly joined: readonly Block[];
  /** Of blocks that were left: in the mempool again, in a block of the other branch, gone for good. */
  readonly returned: readonly string[];
  readonly confirmed: readonly string[];
  readonly lost: readonly string[];
}

/** What becomes of the transactions of a branch that lost. */
export function judge(
  node: string,
  left: readonly Block[],
  joined: readonly Block[],
  isWaiting: (txid: string) => boolean,
): Reorganisation {
  const others = new Set(joined.flatMap(({ txids }) => txids));
  const all = left.flatMap(({ txids }) => txids);
  const confirmed = all.filter((txid) => others.has(txid));
  const returned = all.filter((txid) => !others.has(txid) && isWaiting(txid));
  const lost = all.filter((txid) => !others.has(txid) && !isWaiting(txid));
  return { node, left, joined, confirmed, returned, lost };
}
