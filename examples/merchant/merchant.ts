/**
 * A merchant that is paid in coins, and survives reorganisations: what it thinks of an order follows from the chain
 * as it is now, asked again whenever the chain or the mempool has changed. So nothing has to be undone when a block
 * goes: a payment that is gone is simply not there. Goods that were handed over are the exception: they stay so, and
 * the merchant says that their payment was reversed.
 */
import type { RpcClient } from 'penny/client';

export type State =
  | 'open' // nothing came yet, or what came is gone
  | 'seen' // paid, but not deep enough in the chain
  | 'shipped' // so deep that the goods went out
  | 'reversed'; // and then the payment went away

export interface Order {
  readonly id: string;
  readonly address: string;
  readonly coins: number;
  state: State;
}

/** What a merchant keeps over a restart: a row in a database each. */
export type Orders = Map<string, Order>;

interface MerchantOptions {
  /** Blocks over and with the payment before goods are handed over. */
  readonly confirmations: number;
  readonly ship: (order: Order) => void;
}

export class Merchant {
  readonly #node: RpcClient;
  readonly #wallet: RpcClient;
  readonly #orders: Orders;
  readonly #options: MerchantOptions;
  readonly #closing = new AbortController();
  #waiting: (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(node: RpcClient, wallet: string, orders: Orders, options: MerchantOptions) {
    this.#node = node;
    this.#wallet = node.wallet(wallet);
    this.#orders = orders;
    this.#options = options;
  }

  async order(id: string, coins: number): Promise<Order> {
    const order: Order = { id, coins, address: await this.#wallet.getnewaddress(id), state: 'open' };
    this.#orders.set(id, order);
    return order;
  }

  /** Begins to watch. */
  start(): void {
    this.#running = this.#watch();
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Resolves when an order is in a state. */
  async until(id: string, state: State): Promise<void> {
    while (this.#orders.get(id)?.state !== state)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The mempool as it is comes first: so what happened while nobody watched is looked at then. */
  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    for await (const _ of this.#node.subscribe({ topics: ['chain', 'mempool'], signal })) {
      for (const order of this.#orders.values()) await this.#review(order);
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  async #review(order: Order): Promise<void> {
    const { confirmations, ship } = this.#options;
    const [sight, depth] = await this.#wallet.batch((w) => [
      w.getreceivedbyaddress(order.address, 0),
      w.getreceivedbyaddress(order.address, confirmations),
    ]);
    const isShipped = order.state === 'shipped' || order.state === 'reversed';
    if (depth >= order.coins) {
      if (!isShipped) ship(order);
      order.state = 'shipped';
    } else if (isShipped) {
      // Less deep than it was, the payment may still be there.
      order.state = sight >= order.coins ? 'shipped' : 'reversed';
    } else order.state = sight >= order.coins ? 'seen' : 'open';
  }
}
