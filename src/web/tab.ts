/**
 * The node in this tab: started by a press, and again with the page until it is stopped. It is shown like the others.
 * Owns what it is started with, and that it dials again as soon as somebody can be reached.
 */
import { effect, signal } from '@preact/signals';
import { startTabNode, type TabNode } from '../platform/browser/node-client.ts';
import type { TabNodeState } from '../platform/browser/protocol.ts';
import { LiveNode } from './live-node.ts';
import { isDevnet } from './session.ts';
import { attempt, facts, guest, guestLinks, links, listener, network, nodes, tell } from './world.ts';

/** Also the devnet's name for it. */
export const TAB = 'tab';
const WANTED = 'tab';

export const tabState = signal<TabNodeState | undefined>(undefined);
/** Addresses by names. */
export const tabPeers = signal<ReadonlyMap<string, string>>(new Map());
/** Whether its wallets are loaded, as far as they can be: before, having none means nothing. */
export const hasLooked = signal(false);
let running: TabNode | undefined;
/** Where it is kept, which tells one devnet from another. */
let kept: string | undefined;

export const canRun = 'locks' in navigator;
/** What this browser lacks for it, in words. */
export const lacking: readonly string[] = [
  ...(canRun
    ? []
    : ['This browser has no locks: nothing would keep two tabs from one wallet. It cannot run here.']),
  ...(typeof navigator.storage?.getDirectory === 'function'
    ? []
    : [
        'This browser keeps no files of pages (OPFS): chain and wallet will be gone when this tab is closed.',
      ]),
];

/** Whether the browser keeps what is stored even when the disk is full; undefined where that cannot be asked. */
export const isPersistent = signal<boolean | undefined>(undefined);

/** Only a window may ask for it, and only a secure context has any storage. */
export async function askToKeep(): Promise<void> {
  isPersistent.value = await navigator.storage?.persist?.();
}

interface Network {
  readonly network: object | 'regtest' | 'main';
  readonly peers: Readonly<Record<string, string>>;
  readonly onlyPeers?: boolean;
  readonly store?: string;
}

async function askNetwork(): Promise<Network> {
  const response = await fetch('/network.json');
  if (!response.ok) throw new Error('The network is not ready yet: try again in a moment');
  return response.json();
}

/** Of another network the node that runs must not hear: it would bring its own chain there. */
function learn({ store, peers }: Network): void {
  if (store === kept) tabPeers.value = new Map(Object.entries(peers));
}

const url = (address: string): string => `ws://${address}`;

export async function startTab(): Promise<void> {
  if (!canRun || (tabState.value !== undefined && tabState.value.phase !== 'stopped')) return;
  tabState.value = { phase: 'starting', text: 'Asking for the network…' };
  try {
    const asked = await askNetwork();
    const { network, peers, onlyPeers, store } = asked;
    const script = document.documentElement.dataset.worker!;
    const options = { network, peers: Object.values(peers).map(url), onlyPeers, store };
    kept = store;
    learn(asked);
    running = startTabNode(script, options, become, () => void askToKeep());
    localStorage.setItem(WANTED, 'on');
  } catch (error) {
    tabState.value = { phase: 'stopped', error: (error as Error).message };
  }
}

/** Until it is started again; of another tab's node only the view of it here. */
export async function stopTab(): Promise<void> {
  const { value } = tabState;
  if (value?.phase === 'running' && value.role === 'owner') localStorage.removeItem(WANTED);
  await running?.stop();
}

async function moveOver(): Promise<void> {
  if (!isDevnet || running === undefined || tabState.peek()?.phase === 'stopped') return;
  const { store } = await askNetwork();
  if (store === kept) return;
  await running.stop();
  await startTab();
}

function become(state: TabNodeState): void {
  tabState.value = state;
  if (state.phase === 'running') {
    void navigator.storage?.persisted?.().then((answer) => (isPersistent.value = answer));
    void attempt(() => join(running!));
  }
  if (state.phase !== 'stopped') return;
  guest.value?.close();
  guest.value = undefined;
  hasLooked.value = false;
}

/** Also after another tab's end, whose place it takes. */
async function join({ client }: TabNode): Promise<void> {
  guest.value ??= new LiveNode(TAB, () => client, listener);
  try {
    const { wallets } = await client.listwalletdir();
    const loaded = await client.listwallets();
    for (const { name } of wallets) if (!loaded.includes(name)) await client.loadwallet(name);
  } finally {
    await lookForWallets();
    hasLooked.value = true;
  }
}

/** What is encrypted stays so. @returns a backup of a wallet */
export async function backUp(name: string): Promise<Blob> {
  await running!.client.wallet(name).backupwallet(name);
  return new Blob([await running!.takeFile(name)], { type: 'application/octet-stream' });
}

/** @throws RpcError where the file is no backup, or not of an encrypted wallet */
export async function restore(name: string, backup: Blob): Promise<void> {
  await running!.giveFile(name, new Uint8Array(await backup.arrayBuffer()));
  await running!.client.restorewallet(name, name);
  await lookForWallets();
  await askToKeep();
}

export async function lookForWallets(): Promise<void> {
  const { value } = guest;
  if (value !== undefined) value.wallets.value = await value.client.listwallets();
}

/** Names of those that it is connected to; undefined until it has told. */
export function tabConnections(): ReadonlySet<string> | undefined {
  const connected = guest.value?.peers.value?.map(({ addr }) => addr.replace(/^\w+:\/\//, ''));
  if (connected === undefined) return;
  return new Set([...tabPeers.value].flatMap(([name, address]) => (connected.includes(address) ? name : [])));
}

/** With the page. */
export function watchTab(): void {
  if (localStorage.getItem(WANTED) !== null) void startTab();
  // By itself it would dial later and later.
  effect(() => {
    const { value } = guest;
    if (value?.isLive.value !== true) return;
    const connected = tabConnections();
    if (connected === undefined) return;
    const isCut = (name: string): boolean =>
      links.value.some(({ between, cut }) => cut && between.includes(TAB) && between.includes(name));
    for (const { name, isLive } of nodes.value) {
      const address = tabPeers.value.get(name);
      if (address === undefined || !isLive.value || connected.has(name) || isCut(name)) continue;
      void value.client.addnode(url(address), 'onetry').catch(() => {});
    }
  });
  // The devnet knows its links; a node alone has none but this.
  effect(() => {
    const names = isDevnet || guest.value === undefined ? [] : [...tabPeers.value.keys()];
    const connected = tabConnections();
    guestLinks.value = names.map((name) => ({
      between: [name, TAB] as const,
      cut: connected?.has(name) === false,
    }));
  });
  // What one network has must not go to another that takes its place.
  effect(() => {
    if (network.value !== '') void moveOver().catch(({ message }: Error) => tell(message));
  });
  // Whoever was added later.
  effect(() => {
    const known = tabPeers.peek();
    if (!isDevnet || guest.value === undefined) return;
    const added = [...facts.value.values()].filter(
      ({ name, state }) => state === 'running' && !known.has(name),
    );
    if (added.length === 0) return;
    void askNetwork()
      .then(learn)
      .catch(({ message }: Error) => tell(message));
  });
}
