/** The merchant through reorganisations, a double spend, a split network and a restart of its own. */
import { fixtures, type TestNetwork, type TestNode } from 'penny/testing';
import { test as base, expect } from 'vitest';
import { Merchant, type Order, type Orders } from './merchant.ts';

const test = base.extend<{ node: TestNode; network: TestNetwork; shop: Shop }>({
  ...fixtures({
    wallets: { shop: 0, alice: 20 },
    nodes: [{ wallets: { shop: 0 } }, { wallets: { alice: 20 } }],
  }),
  shop: async ({ node }, use) => {
    const shop = new Shop(node);
    await use(shop);
    await shop.merchant.stop();
  },
});

/** A merchant, what it keeps, and what has left its house. */
class Shop {
  readonly orders: Orders = new Map();
  readonly shipped: string[] = [];
  readonly #node: TestNode;
  merchant: Merchant;

  constructor(node: TestNode) {
    this.#node = node;
    this.merchant = this.open();
  }

  open(): Merchant {
    const options = { confirmations: 3, ship: ({ id }: Order) => void this.shipped.push(id) };
    this.merchant = new Merchant(this.#node.rpc, 'shop', this.orders, options);
    this.merchant.start();
    return this.merchant;
  }
}

test('goods leave when the payment is three blocks deep, and only once', async ({ node, shop }) => {
  const { merchant, shipped } = shop;
  const { address } = await merchant.order('tea', 2);
  await (await node.wallet('alice')).send(address, 2);
  await merchant.until('tea', 'seen');
  await node.mine(2);
  expect(shipped).toEqual([]);
  await node.mine();
  await merchant.until('tea', 'shipped');
  await node.mine(5);
  // Deep enough again after it was not: nothing is sent twice.
  await node.reorganise(7);
  await merchant.until('tea', 'shipped');
  expect(shipped).toEqual(['tea']);
});

test('a payment that a reorganisation takes away is waited for again', async ({ node, shop }) => {
  const { merchant, shipped } = shop;
  const { address } = await merchant.order('tea', 2);
  const alice = await node.wallet('alice');
  const txid = await alice.send(address, 2);
  await node.mine(2);
  await merchant.until('tea', 'seen');
  await node.reorganise(2, { keep: false });
  // Alice pays the same coins to herself, for more: the payment is gone for good.
  const replaced = await alice.rpc.bumpfee({ txid, fee_rate: 50, outputs: [{ [await alice.address()]: 2 }] });
  await node.mine(4);
  await node.confirmed(replaced.txid, 4);
  await merchant.until('tea', 'open');
  await alice.send(address, 2);
  await node.mine(3);
  await merchant.until('tea', 'shipped');
  expect(shipped).toEqual(['tea']);
});

test('a merchant that was away misses nothing', async ({ node, shop }) => {
  const { address } = await shop.merchant.order('tea', 2);
  await shop.merchant.stop();
  await (await node.wallet('alice')).send(address, 2);
  await node.mine(3);
  await node.restart();
  expect(shop.shipped).toEqual([]);
  await shop.open().until('tea', 'shipped');
});

test('on the losing side of a split it learns that its payment was reversed', async ({ network }) => {
  const [shopNode, aliceNode] = network.nodes as [TestNode, TestNode];
  const shop = new Shop(shopNode);
  const { address } = await shop.merchant.order('tea', 2);
  const alice = await aliceNode.wallet('alice');
  const txid = await alice.send(address, 2);
  await shopNode.confirmed(txid, 0);
  await network.partition([shopNode], [aliceNode]);
  await shopNode.mine(3);
  await shop.merchant.until('tea', 'shipped');
  const { txid: other } = await alice.rpc.bumpfee({
    txid,
    fee_rate: 50,
    outputs: [{ [await alice.address()]: 2 }],
  });
  await aliceNode.mine(4);
  await network.heal();
  await network.inSync();
  await shopNode.confirmed(other);
  await shop.merchant.until('tea', 'reversed');
  expect(shop.shipped).toEqual(['tea']);
  await shop.merchant.stop();
});
