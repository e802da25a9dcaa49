/** What the nodes of a devnet do with their wallets: mine, wait for the coins to mature, pay each other. */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import type { Random } from '../../../seams.ts';
import type { DevnetNode } from './devnet-node.ts';
import { Faucet } from './faucet.ts';
import { type Patience, type Sight, waitFor } from './patience.ts';

/** Blocks that each node mines for itself, so that it has coins in more than one piece. */
const BLOCKS_EACH = 2;
/** Hashes for all blocks of one call: Core's million is too few where a block takes 65,536 of them. */
const MAX_TRIES = 1_000_000_000;
/** Percent of a core for each node's miner. */
const MINER_LOAD = 2;
/** Coins. */
const FIRST_PAYMENT = 0.5;
const LARGEST_PAYMENT_CENTS = 50;

interface Dependencies {
  readonly parameters: NetworkParameters;
  readonly random: Random;
  readonly patience: Patience;
  /** Tells the user what happened. */
  readonly tell: (event: string) => void;
}

export class Economy {
  readonly #nodes: readonly DevnetNode[];
  readonly #parameters: NetworkParameters;
  readonly #random: Random;
  readonly #patience: Patience;
  readonly #tell: (event: string) => void;
  /** One address of each node's wallet, paid for its blocks. */
  readonly #addresses = new Map<DevnetNode, string>();

  constructor(nodes: readonly DevnetNode[], { parameters, random, patience, tell }: Dependencies) {
    this.#parameters = parameters;
    this.#nodes = nodes;
    this.#random = random;
    this.#patience = patience;
    this.#tell = tell;
  }

  /** The wallet of a node that answers: made at its first start, loaded at each. */
  async openWallet(node: DevnetNode): Promise<void> {
    const { wallet, mnemonic } = node.plan;
    const own = node.rpc.wallet(wallet);
    if (!(await node.rpc.listwallets()).includes(wallet)) {
      await node.rpc.createwallet({ wallet_name: wallet, blank: true, load_on_startup: true });
      await own.importmnemonic(mnemonic);
    }
    if (!this.#addresses.has(node)) this.#addresses.set(node, await own.getnewaddress('mining'));
    node.wallets = await node.rpc.listwallets();
  }

  /** Wallets with what is to be in them, in one block of the first node; what nodes mine is nobody's from then on. */
  async fill(wanted: ReadonlyMap<DevnetNode, Readonly<Record<string, number>>>): Promise<void> {
    const payments: [string, number][] = [];
    for (const [node, wallets] of wanted) {
      this.#addresses.set(node, this.#faucetOf(node).address);
      const there = await node.rpc.listwallets();
      for (const [name, coins] of Object.entries(wallets)) {
        if (there.includes(name)) continue;
        await node.rpc.createwallet({ wallet_name: name, load_on_startup: true });
        if (coins > 0) payments.push([await node.rpc.wallet(name).getnewaddress(), coins]);
      }
      node.wallets = await node.rpc.listwallets();
    }
    if (payments.length === 0) return;
    const [first] = this.#nodes;
    for (const [address, coins] of payments) await this.faucet(first!, address, coins);
    await this.#mine(first!, 1);
    this.#tell(`${payments.length} wallets have what is theirs`);
  }

  /** Coins out of nowhere, by a node. @returns txid */
  async faucet(node: DevnetNode, address: string, coins: number): Promise<string> {
    const faucet = this.#faucetOf(node);
    for (let lacking = await faucet.lacking(coins); lacking > 0; lacking = await faucet.lacking(coins))
      await faucet.fill(lacking, MAX_TRIES);
    return faucet.pay(address, coins);
  }

  #faucetOf(node: DevnetNode): Faucet {
    return new Faucet(node.rpc, node.plan.name, this.#parameters);
  }

  /** Everybody knows everybody. */
  async meet(): Promise<void> {
    if (this.#nodes.length === 1) return;
    await this.#waitForAll(
      'every node to know every other',
      async (node) => String(await node.rpc.getconnectioncount()),
      (count) => Number(count) >= this.#nodes.length - 1,
    );
    this.#tell(`${this.#nodes.length} nodes have found each other`);
  }

  /** Mines to every wallet, and then until those coins are mature. */
  async fund(coinbaseMaturity: number): Promise<void> {
    for (const node of this.#nodes) {
      await this.#mine(node, BLOCKS_EACH);
      this.#tell(`${node.plan.name} mined ${BLOCKS_EACH} blocks`);
    }
    await this.#mine(this.#nodes[0]!, coinbaseMaturity);
    this.#tell(`node1 mined ${coinbaseMaturity} blocks more: the coins of all are mature`);
  }

  /** Each node pays the next (the only one itself); done when one block with all payments is every node's tip. */
  async payAndConfirm(): Promise<void> {
    const txids: string[] = [];
    for (const [i, node] of this.#nodes.entries()) {
      txids.push(await this.#pay(node, this.#nodes[(i + 1) % this.#nodes.length]!, FIRST_PAYMENT));
    }
    await this.#waitForAll(
      'every mempool to have the payments',
      async (node) => {
        const pool = await node.rpc.getrawmempool();
        return String(txids.filter((txid) => pool.includes(txid)).length);
      },
      (count) => Number(count) === txids.length,
    );
    const hash = await this.#mine(this.#nodes.at(-1)!, 1);
    for (const node of this.#nodes) {
      const confirmed = new Set<string>((await node.rpc.getblock(hash)).tx);
      const missing = txids.filter((txid) => !confirmed.has(txid));
      if (missing.length > 0)
        throw new Error(`${node.plan.name} has no confirmation of ${missing.join(', ')}`);
    }
    this.#tell(`block ${hash} confirms all payments, on every node`);
  }

  /** @param blockTime seconds between blocks of all nodes together, on average; 0 mines on demand only */
  async mineCalmly(node: DevnetNode, blockTime: number): Promise<void> {
    if (blockTime === 0) await node.rpc.setmining(0);
    else await node.rpc.setmining(1, MINER_LOAD, this.#addresses.get(node)!, blockTime);
  }

  /** One of those that are there pays another one, or itself where there is no other. */
  async payAtRandom(): Promise<void> {
    const ready = this.#nodes.filter((node) => node.isReady && node.wallets.length > 0);
    if (ready.length === 0) return;
    const from = this.#random.below(ready.length);
    const to = ready.length === 1 ? 0 : (from + 1 + this.#random.below(ready.length - 1)) % ready.length;
    const cents = 1 + this.#random.below(LARGEST_PAYMENT_CENTS);
    try {
      await this.#pay(ready[from]!, ready[to]!, cents / 100);
    } catch (error) {
      this.#tell(`${ready[from]!.plan.name} could not pay: ${(error as Error).message}`);
    }
  }

  async #pay(payer: DevnetNode, payee: DevnetNode, coins: number): Promise<string> {
    const address = await payee.rpc.wallet(payee.wallets[0]!).getnewaddress();
    const txid = await payer.rpc.wallet(payer.wallets[0]!).sendtoaddress(address, coins);
    const whom = payer === payee ? 'itself' : payee.plan.name;
    this.#tell(`${payer.plan.name} pays ${coins} to ${whom}: ${txid}`);
    return txid;
  }

  /** Resolves when every node has the blocks. */
  async #mine(node: DevnetNode, count: number): Promise<string> {
    const hashes = await node.rpc.generatetoaddress(count, this.#addresses.get(node)!, MAX_TRIES);
    const tip = hashes.at(-1)!;
    await this.#waitForAll(
      `every node to have block ${tip}`,
      async ({ rpc }) => {
        const { blocks, bestblockhash } = await rpc.getblockchaininfo();
        return bestblockhash === tip ? tip : `height ${blocks}`;
      },
      (seen) => seen === tip,
    );
    return tip;
  }

  /** @param see what a node says of it */
  async #waitForAll(
    what: string,
    see: (node: DevnetNode) => Promise<string>,
    isSo: (seen: string) => boolean,
  ): Promise<void> {
    await waitFor(
      what,
      async (): Promise<Sight | null> => {
        const seen = await Promise.all(
          this.#nodes.map(async (node) => ({
            name: node.plan.name,
            text: await see(node).catch(() => 'no answer'),
          })),
        );
        const others = seen.filter(({ text }) => !isSo(text));
        return others.length === 0
          ? null
          : { text: others.map(({ name, text }) => `${name}: ${text}`).join(', ') };
      },
      this.#patience,
    );
  }
}
