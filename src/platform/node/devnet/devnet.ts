/**
 * A local network of nodes that mine, gossip and pay: starts them, funds their wallets, pays between
 * them, and goes on at a calm pace. Knows its nodes by their RPC only, as any user would.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkFile } from '../../../core/parameters/network-file.ts';
import type { Random } from '../../../seams.ts';
import { UsageError } from '../cli/arguments.ts';
import { DevnetNode } from './devnet-node.ts';
import { endLeftovers, prepareDirectory, removeDirectory } from './directory.ts';
import type { Display, NodeStatus } from './display.ts';
import { type DevnetOptions, devnetParameters, planNodes } from './plan.ts';
import { isPortFree } from './ports.ts';

/** Blocks that each node mines for itself, so that it has coins in more than one piece. */
const BLOCKS_EACH = 2;
/** Milliseconds. */
const STATUS_INTERVAL = 2_000;
const POLL = 100;
const SYNC_TIMEOUT = 60_000;
/** Hashes for all blocks of one call: Core's million is too few where a block takes 65,536 of them. */
const MAX_TRIES = 1_000_000_000;
/** Percent of a core for each node's miner. */
const MINER_LOAD = 2;
/** Coins. */
const FIRST_PAYMENT = 0.5;
const LARGEST_PAYMENT_CENTS = 50;

interface Dependencies {
  readonly penny: NetworkParameters;
  readonly display: Display;
  readonly random: Random;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

export class Devnet {
  readonly #options: DevnetOptions;
  readonly #parameters: NetworkParameters;
  readonly #display: Display;
  readonly #random: Random;
  readonly #signal: AbortSignal;
  readonly #nodes: DevnetNode[] = [];
  /** One address of each node's wallet, paid for its blocks. */
  readonly #addresses = new Map<DevnetNode, string>();
  #stopping = false;
  /** The data directory was made by this run: only then is it this run's to delete. */
  #prepared = false;

  constructor(options: DevnetOptions, dependencies: Dependencies) {
    this.#options = options;
    this.#parameters = devnetParameters(dependencies.penny, options);
    this.#display = dependencies.display;
    this.#random = dependencies.random;
    this.#signal = dependencies.signal;
  }

  /** Runs until the signal (or the first confirmation, if so wished), and stops every node. @throws Error why not */
  async run(): Promise<void> {
    try {
      await this.#start();
      await this.#fund();
      await this.#payAndConfirm();
      await this.#report();
      if (!this.#options.exitWhenConfirmed) await this.#goOn();
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      await this.#stop();
    }
  }

  async #start(): Promise<void> {
    const { directory, keep } = this.#options;
    const plans = planNodes(this.#options);
    for (const name of await endLeftovers(plans)) this.#display.event(`ended ${name} of a former run`);
    for (const { name, peerPort, rpcPort } of plans) {
      for (const port of [peerPort, rpcPort]) {
        if (!(await isPortFree(port))) {
          throw new UsageError(
            `Port ${port}, which ${name} would take, is in use: choose others by --base-port`,
          );
        }
      }
    }
    const file = prepareDirectory(directory, keep, networkFile(this.#parameters));
    this.#prepared = true;
    // All know the first node only, and learn of each other from it.
    const first = `-addnode=127.0.0.1:${plans[0]!.peerPort}`;
    for (const plan of plans) {
      const node = new DevnetNode(plan, file, plan.number === 1 ? [] : [first]);
      this.#nodes.push(node);
      void node.ended.then((how) => this.#stopping || this.#display.event(how));
    }
    await Promise.all(this.#nodes.map((node) => node.ready()));
    await Promise.all(this.#nodes.map((node) => this.#openWallet(node)));
    await this.#until('every node to know every other', async () => {
      const counts = await Promise.all(this.#nodes.map((node) => node.rpc.call('getconnectioncount')));
      return counts.every((count) => count >= this.#nodes.length - 1);
    });
    this.#display.event(`${this.#nodes.length} nodes have found each other`);
  }

  async #openWallet(node: DevnetNode): Promise<void> {
    const { wallet, mnemonic } = node.plan;
    const loaded = await node.rpc.call('listwallets');
    if (!loaded.includes(wallet)) {
      await node.rpc.callNamed('createwallet', { wallet_name: wallet, blank: true, load_on_startup: true });
      await node.wallet.call('importmnemonic', mnemonic);
    }
    this.#addresses.set(node, await node.wallet.call('getnewaddress', 'mining'));
  }

  /** Mines to every wallet, and then until those coins are mature. */
  async #fund(): Promise<void> {
    for (const node of this.#nodes) {
      await this.#mine(node, BLOCKS_EACH);
      this.#display.event(`${node.plan.name} mined ${BLOCKS_EACH} blocks`);
    }
    const { coinbaseMaturity } = this.#parameters;
    await this.#mine(this.#nodes[0]!, coinbaseMaturity);
    this.#display.event(`node1 mined ${coinbaseMaturity} blocks more: the coins of all are mature`);
  }

  /** Resolves when every node has the blocks. */
  async #mine(node: DevnetNode, count: number): Promise<string> {
    const hashes = await node.rpc.call('generatetoaddress', count, this.#addresses.get(node)!, MAX_TRIES);
    const tip = hashes.at(-1)!;
    await this.#until(`every node to have block ${tip}`, async () => {
      const tips = await Promise.all(this.#running().map((other) => other.rpc.call('getbestblockhash')));
      return tips.every((hash) => hash === tip);
    });
    return tip;
  }

  /** Each node pays the next; done when one block with all payments is every node's tip. */
  async #payAndConfirm(): Promise<void> {
    const txids: string[] = [];
    for (const [i, node] of this.#nodes.entries()) {
      txids.push(await this.#pay(node, this.#nodes[(i + 1) % this.#nodes.length]!, FIRST_PAYMENT));
    }
    await this.#until('every mempool to have the payments', async () => {
      const pools = await Promise.all(this.#nodes.map((node) => node.rpc.call('getrawmempool')));
      return pools.every((pool) => txids.every((txid) => pool.includes(txid)));
    });
    const hash = await this.#mine(this.#nodes.at(-1)!, 1);
    for (const node of this.#nodes) {
      const block = await node.rpc.call('getblock', hash);
      const confirmed = new Set<string>(block.tx);
      const missing = txids.filter((txid) => !confirmed.has(txid));
      if (missing.length > 0)
        throw new Error(`${node.plan.name} has no confirmation of ${missing.join(', ')}`);
    }
    this.#display.event(`block ${hash} confirms all payments, on every node`);
  }

  async #pay(payer: DevnetNode, payee: DevnetNode, coins: number): Promise<string> {
    const address = await payee.wallet.call('getnewaddress');
    const txid = await payer.wallet.call('sendtoaddress', address, coins);
    this.#display.event(`${payer.plan.name} pays ${coins} to ${payee.plan.name}: ${txid}`);
    return txid;
  }

  /** What a person needs to write a wallet script against this network. */
  async #report(): Promise<void> {
    for (const node of this.#nodes) {
      const coins = await node.wallet.call('listunspent', 0);
      const funded = [...new Set(coins.map((coin) => coin.address!))];
      const lines = [
        '',
        `${node.plan.name}`,
        `  RPC       ${node.url}`,
        `  cookie    ${node.cookieFile}`,
        `  wallet    ${node.plan.wallet}`,
        `  mnemonic  ${node.plan.mnemonic}`,
      ];
      for (const address of funded) {
        lines.push(`  funded    ${address}  ${await node.wallet.call('exportkey', address)}`);
      }
      this.#display.print(lines.join('\n'));
    }
    const { cookieFile, url, plan } = this.#nodes[0]!;
    const body = JSON.stringify({ method: 'getbalance', params: [], id: 1 });
    this.#display.print(
      `\nTry:\n  curl -s -u "$(cat ${cookieFile})" -d '${body}' ${url}wallet/${plan.wallet}\n`,
    );
  }

  async #goOn(): Promise<void> {
    for (const node of this.#nodes) {
      await node.rpc.call('setmining', 1, MINER_LOAD, this.#addresses.get(node)!, this.#options.blockTime);
    }
    let tip = '';
    let nextPayment = performance.now();
    while (this.#running().length > 0) {
      const states = await Promise.all(this.#running().map((node) => this.#status(node)));
      const seen = states.filter((state) => state !== null);
      this.#display.status(seen);
      const best = seen.reduce<NodeStatus | null>(
        (a, b) => (a !== null && a.height >= b.height ? a : b),
        null,
      );
      if (best !== null && tip !== '' && best.tip !== tip)
        this.#display.event(`block ${best.height} ${best.tip}`);
      tip = best?.tip ?? tip;
      if (this.#options.paymentsPerMinute > 0 && performance.now() >= nextPayment) {
        nextPayment = performance.now() + 60_000 / this.#options.paymentsPerMinute;
        await this.#payAtRandom();
      }
      await delay(STATUS_INTERVAL, undefined, { signal: this.#signal });
    }
    throw new Error('every node has ended');
  }

  async #payAtRandom(): Promise<void> {
    const running = this.#running();
    if (running.length < 2) return;
    const from = this.#random.below(running.length);
    const to = (from + 1 + this.#random.below(running.length - 1)) % running.length;
    try {
      await this.#pay(running[from]!, running[to]!, (1 + this.#random.below(LARGEST_PAYMENT_CENTS)) / 100);
    } catch (error) {
      this.#display.event(`${running[from]!.plan.name} could not pay: ${(error as Error).message}`);
    }
  }

  /** Null if the node does not answer. */
  async #status({ plan, rpc, wallet }: DevnetNode): Promise<NodeStatus | null> {
    try {
      const [chain, peers, pool, balance, mining] = await Promise.all([
        rpc.call('getblockchaininfo'),
        rpc.call('getconnectioncount'),
        rpc.call('getmempoolinfo'),
        wallet.call('getbalance'),
        rpc.call('getmininginfo'),
      ]);
      return {
        name: plan.name,
        height: chain.blocks,
        tip: chain.bestblockhash,
        peers,
        mempool: pool.size,
        balance: String(balance),
        hashRate: mining.hashrate ?? 0,
      };
    } catch {
      return null;
    }
  }

  #running(): readonly DevnetNode[] {
    return this.#nodes.filter((node) => node.isRunning);
  }

  /** @throws Error that says what was waited for */
  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + SYNC_TIMEOUT;
    while (!(await isSo())) {
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await delay(POLL, undefined, { signal: this.#signal });
    }
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    const stopped = await Promise.all(this.#nodes.map((node) => node.stop()));
    if (this.#prepared && !this.#options.keep) removeDirectory(this.#options.directory);
    const failed = this.#nodes.filter((_, i) => !stopped[i]).map((node) => node.plan.name);
    if (failed.length > 0) throw new Error(`${failed.join(', ')} did not stop cleanly`);
    if (this.#nodes.length > 0) this.#display.event('every node has stopped');
  }
}
