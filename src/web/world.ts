/** All nodes and links that the page shows, what they have in common, and what just happened. */
import { computed, effect, signal } from '@preact/signals';
import type { Block, Reorganisation } from './branches.ts';
import { LiveNode } from './live-node.ts';
import {
  clientOf,
  isDevnet,
  isOpen,
  type LinkFacts,
  list,
  mayWrite,
  type NodeFacts,
  server,
} from './session.ts';

/** So that a tab left open does not grow. */
const BLOCKS = 400;
const HAPPENINGS = 60;
/** Blocks by which a node is behind that tells no news. */
const NEWS = 12;
const REORGANISATIONS = 8;
/** Milliseconds in which the devnet is asked once, whatever happens. */
const CALM = 200;

interface Happening {
  readonly id: number;
  readonly text: string;
  /** Of a block or transaction that it is about. */
  readonly link?: string;
}

/** A message on its way from one node to another. */
export interface Flight {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly kind: 'block' | 'transaction';
}

const members = signal<readonly LiveNode[]>([]);
/** A node in this tab, which the devnet does not know. */
export const guest = signal<LiveNode | undefined>(undefined);
export const nodes = computed(() => [...members.value, ...(guest.value ? [guest.value] : [])]);
export const facts = signal<ReadonlyMap<string, NodeFacts>>(new Map());
const memberLinks = signal<readonly LinkFacts[]>([]);
/** Of which nobody else knows. */
export const guestLinks = signal<readonly LinkFacts[]>([]);
export const links = computed(() => [...memberLinks.value, ...guestLinks.value]);
export const blocks = signal<ReadonlyMap<string, Block>>(new Map());
export const happenings = signal<readonly Happening[]>([]);
export const reorganisations = signal<readonly Reorganisation[]>([]);
export const flights = signal<readonly Flight[]>([]);
/** Why something did not work, until it is put away. */
export const trouble = signal('');
/** The node that is asked where any could be: by choice, or the first that could be reached. */
const chosen = signal('');
/** Its first block, by which one devnet is told from another. */
export const network = signal('');
export const current = computed(
  () =>
    nodes.value.find(({ name }) => name === chosen.value) ??
    nodes.value.find(({ isLive }) => isLive.value !== false) ??
    nodes.value[0],
);
/** Whoever may only look may do with the node in this tab what he likes. */
export const mayChange = computed(
  () => mayWrite || (guest.value !== undefined && current.value === guest.value),
);
export function choose(name: string): void {
  chosen.value = name;
}

let ids = 0;
/** Which nodes have had what, so that it is seen going from one to the next. */
const seen = new Map<string, string[]>();

export function tell(text: string, link?: string): void {
  const happening = { id: ++ids, text, ...(link && { link }) };
  happenings.value = [happening, ...happenings.value].slice(0, HAPPENINGS);
}

const short = (hash: string): string => `…${hash.slice(-8)}`;

/** Of whoever is shown. */
export const listener = {
  known: (hash: string) => blocks.value.get(hash),
  block(node: LiveNode, block: Block, isFresh: boolean): void {
    // Who catches up has no news.
    const isNew = isFresh && nodes.peek().every(({ tip }) => (tip.peek()?.height ?? 0) < block.height + NEWS);
    if (!blocks.value.has(block.hash)) {
      const all = [...blocks.value.values(), block].sort((a, b) => a.height - b.height).slice(-BLOCKS);
      blocks.value = new Map(all.map((each) => [each.hash, each]));
      const { count } = block;
      const what = `${node.name} has block ${block.height} ${short(block.hash)}, ${count} transaction${count === 1 ? '' : 's'}`;
      if (isNew) tell(what, `#/block/${block.hash}`);
    }
    if (isNew) fly(node, block.hash, 'block');
  },
  transaction(node: LiveNode, txid: string): void {
    if (!seen.has(txid)) tell(`${node.name} has transaction ${short(txid)}`, `#/tx/${txid}`);
    fly(node, txid, 'transaction');
  },
  reorganised(what: Reorganisation): void {
    reorganisations.value = [what, ...reorganisations.value].slice(0, REORGANISATIONS);
    const [count, won] = [what.left.length, what.joined.at(-1)!];
    tell(
      `${what.node} left ${count} block${count === 1 ? '' : 's'} for the branch of ${short(won.hash)}: ` +
        `${what.returned.length} transactions wait again, ${what.confirmed.length} are in both, ${what.lost.length} are gone`,
      `#/block/${won.hash}`,
    );
  },
  peersChanged: () => refresh(),
  lost: () => isDevnet && refresh(),
  /** A devnet may be given another network in its place (`ctl import`). */
  found(first: string): void {
    if (network.peek() === first) return;
    if (network.peek() !== '') {
      for (const node of members.peek()) node.forget();
      blocks.value = new Map();
      [happenings.value, reorganisations.value, flights.value] = [[], [], []];
      seen.clear();
    }
    network.value = first;
  },
};

function fly(node: LiveNode, id: string, kind: Flight['kind']): void {
  const had = seen.get(id) ?? [];
  const neighbour = links.value.find(
    ({ between, cut }) => !cut && between.includes(node.name) && between.some((name) => had.includes(name)),
  );
  seen.set(id, [...had, node.name]);
  if (seen.size > BLOCKS) seen.delete(seen.keys().next().value!);
  const from = neighbour?.between.find((name) => name !== node.name);
  if (from !== undefined)
    flights.value = [...flights.value, { id: ++ids, from, to: node.name, kind }].slice(-40);
}

export function landed(id: number): void {
  flights.value = flights.value.filter((each) => each.id !== id);
}

let isRefreshing = false;
/** The devnet tells of no events: what is linked, and who runs, is asked when its nodes tell of something. */
function refresh(): void {
  if (isRefreshing) return;
  isRefreshing = true;
  setTimeout(async () => {
    // What happens from here on is asked about once more.
    isRefreshing = false;
    await looking;
    looking = look();
  }, CALM);
}

let looking: Promise<void> | undefined;
async function look(): Promise<void> {
  try {
    const found = await list();
    memberLinks.value = found.links;
    facts.value = new Map(found.nodes.map((each) => [each.name, each]));
    const known = new Map(members.value.map((node) => [node.name, node]));
    members.value = found.nodes.map(
      (each) => known.get(each.name) ?? new LiveNode(each.name, (told) => clientOf(each, told), listener),
    );
    for (const node of members.value) node.wallets.value = facts.value.get(node.name)!.wallets;
    for (const [name, node] of known) if (!facts.value.has(name)) node.close();
  } catch (error) {
    // Of those that are shown each says by itself that it cannot be reached.
    if (isOpen.value && members.value.length === 0) trouble.value = (error as Error).message;
  }
}

/** While it is open. */
export function startWorld(): void {
  // Whoever is asked stays so, whatever becomes of him: what is typed for one node must not be put before another.
  effect(() => {
    if (current.value?.isLive.value) chosen.value = current.value.name;
  });
  effect(() => {
    if (isOpen.value) looking = look();
    else forget();
  });
}

function forget(): void {
  for (const node of members.peek()) node.close();
  members.value = [];
}

/** Does something, and says why it did not work if it did not. */
export async function attempt(run: () => Promise<unknown>): Promise<void> {
  try {
    trouble.value = '';
    await run();
  } catch (error) {
    trouble.value = (error as Error).message;
  }
  if (isDevnet) refresh();
}

/** The devnet's control API. */
export const control = (
  method: string,
  ...parameters: readonly (string | readonly string[][])[]
): Promise<unknown> => attempt(() => server.call(method, ...parameters));
