/** What a mempool looks like: by fee rate, in blocks to come, in groups. Pure. */

/** Weight of a block. */
export const FULL = 4_000_000;
/** Satoshis a vbyte from which a bar begins. */
const RATES = [0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 100, 200, 500];

interface Rated {
  readonly txid: string;
  readonly vsize: number;
  /** Bitcoin */
  readonly fee: number;
  /** Satoshis a vbyte; 0 of what was not told yet. */
  readonly rate: number;
}

/** The best first. */
export function ratesOf(
  pool: ReadonlyMap<string, { readonly vsize: number; readonly fee: number }>,
): Rated[] {
  return Array.from(pool, ([txid, { vsize, fee }]) => ({
    ...{ txid, vsize, fee },
    rate: vsize === 0 ? 0 : (fee * 1e8) / vsize,
  })).sort((a, b) => b.rate - a.rate);
}

export function barsOf(all: readonly Rated[]): { from: number; count: number; vsize: number }[] {
  const bars = RATES.map((from) => ({ from, count: 0, vsize: 0 }));
  for (const { rate, vsize } of all) {
    // Rates are sums of floats: what is meant to be on a border is not put below it.
    const bar = bars.findLast(({ from }) => rate + 1e-6 >= from)!;
    bar.count++;
    bar.vsize += vsize;
  }
  return bars;
}

interface NextBlock {
  readonly weight: number;
  readonly fee: number;
  /** Of its last chunk, in satoshis a vbyte. */
  readonly least: number;
}

type Sum = { readonly weight: number; readonly fee: number };

/** @param sums over the chunks of the mempool, from nothing to all of it */
export function fillBlocks(sums: readonly Sum[]): NextBlock[] {
  const blocks: NextBlock[] = [];
  let start: Sum = { weight: 0, fee: 0 };
  let least = 0;
  for (const [i, sum] of sums.entries()) {
    const before = sums[i - 1];
    if (before === undefined) continue;
    if (sum.weight - start.weight > FULL) {
      blocks.push({ weight: before.weight - start.weight, fee: before.fee - start.fee, least });
      start = before;
    }
    least = ((sum.fee - before.fee) * 4e8) / (sum.weight - before.weight);
  }
  const last = sums.at(-1);
  if (last && last.weight > start.weight)
    blocks.push({ weight: last.weight - start.weight, fee: last.fee - start.fee, least });
  return blocks;
}

/** @param depends of each transaction those in the mempool that it spends @returns groups of two and more, the largest first */
export function groupsOf(depends: ReadonlyMap<string, readonly string[]>): string[][] {
  const heads = new Map<string, string>();
  const headOf = (txid: string): string => {
    let at = txid;
    for (let next = heads.get(at); next !== undefined && next !== at; next = heads.get(at)) at = next;
    return at;
  };
  for (const [txid, parents] of depends) {
    heads.set(txid, headOf(txid));
    for (const parent of parents) heads.set(headOf(parent), headOf(txid));
  }
  const groups = new Map<string, string[]>();
  for (const txid of depends.keys()) {
    const head = headOf(txid);
    groups.set(head, [...(groups.get(head) ?? []), txid]);
  }
  return [...groups.values()].filter(({ length }) => length > 1).sort((a, b) => b.length - a.length);
}
