/** Gives nodes of a devnet what a file says they had: blocks, wallets, mempools, links. By RPC, before they have peers. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockHeader } from '../../../core/block/header.ts';
import { fromHex } from '../../../core/encoding/bytes.ts';
import type { DevnetNode } from './devnet-node.ts';
import type { Economy } from './economy.ts';
import { everyPair, type NetworkSpec, type NodeSpec } from './state-file.ts';
import type { Wiring } from './wiring.ts';

/** Blocks in one request. */
const BATCH = 50;
const HEADER = 2 * 80;

/** Of a file's blocks: what each node is given. */
class BlockShelf {
  readonly #hex = new Map<string, string>();
  readonly #parents = new Map<string, string>();

  constructor(blocks: readonly string[]) {
    for (const hex of blocks) {
      const { hash, prev } = BlockHeader.decode(fromHex(hex.slice(0, HEADER)));
      this.#hex.set(hash, hex);
      this.#parents.set(hash, prev);
    }
  }

  /** From the first on, up to a tip. */
  branch(tip: string): string[] {
    const branch: string[] = [];
    for (let at: string | undefined = tip; at !== undefined && this.#hex.has(at); at = this.#parents.get(at))
      branch.push(this.#hex.get(at)!);
    return branch.reverse();
  }
}

/** @returns what of its mempool is not taken any more @throws Error that says what else cannot be had */
async function restoreNode(
  { rpc, plan }: DevnetNode,
  { tips, backups, mempool }: NodeSpec,
  shelf: BlockShelf,
): Promise<string[]> {
  for (const tip of tips) {
    const branch = shelf.branch(tip);
    for (let at = 0; at < branch.length; at += BATCH)
      await rpc.batch((c) => branch.slice(at, at + BATCH).map((hex) => c.submitblock(hex)));
  }
  const [tip] = tips;
  const best = await rpc.getbestblockhash();
  if (tip !== undefined && best !== tip)
    throw new Error(`${plan.name} cannot have ${tip} as its tip: the file's blocks lead to ${best}`);
  for (const [name, backup] of Object.entries(backups)) {
    const file = join(plan.directory, 'import.backup');
    await writeFile(file, Buffer.from(backup, 'base64'), { mode: 0o600 });
    await rpc.restorewallet(name, file, true);
    await rm(file);
  }
  const refused: string[] = [];
  for (const hex of mempool)
    await rpc.sendrawtransaction(hex, 0).catch((error: Error) => refused.push(error.message));
  return refused;
}

interface Parts {
  readonly economy: Economy;
  readonly wiring: Wiring;
}

/** @returns what of their mempools is not taken, for people @throws Error that says what else cannot be had */
export async function restoreNetwork(
  { nodes, links, blocks }: NetworkSpec,
  all: readonly DevnetNode[],
  { economy, wiring }: Parts,
): Promise<string[]> {
  const events: string[] = [];
  const shelf = new BlockShelf(blocks);
  for (const [i, node] of all.entries())
    for (const refused of await restoreNode(node, nodes[i]!, shelf))
      events.push(`${node.plan.name} does not take a transaction of its mempool any more: ${refused}`);
  // Until all have what is theirs nobody is kept from it.
  if (nodes.some(({ wallets }) => Object.keys(wallets).length > 0))
    await wiring.follow(everyPair(nodes.map(({ name }) => name)));
  await economy.fill(new Map(all.map((node, i) => [node, nodes[i]!.wallets])));
  await wiring.follow(links);
  return events;
}
