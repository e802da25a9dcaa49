/** The channel on a network of two: closed by the payee, or taken back by the payer when its time is over. */
import { type TestNetwork, type TestNode, withNetwork } from 'penny/testing';
import { expect, test } from 'vitest';
import { Payee, Payer, type Terms } from './channel.ts';

const WEEK = 7 * 86_400;

async function openChannel({ nodes }: TestNetwork) {
  const [alice, bob] = nodes as [TestNode, TestNode];
  const [payer, payee] = [new Payer(alice.rpc, 'alice'), new Payee(bob.rpc, 'bob')];
  const { time } = await alice.rpc.getblockheader(await alice.rpc.getbestblockhash());
  const terms: Terms = { payer: await payer.key(), payee: await payee.key(), coins: 5, until: time + WEEK };
  const funding = await payer.open(terms);
  await alice.mine();
  await bob.confirmed(funding.txid);
  return { alice, bob, payer, payee, terms, funding, address: await payee.accept(terms, funding) };
}

const withParties = (test: (network: TestNetwork) => Promise<void>) =>
  withNetwork(
    {
      nodes: [
        { name: 'alice', wallets: { alice: 6 } },
        { name: 'bob', wallets: { bob: 0 } },
      ],
    },
    test,
  );

test(
  'twenty payments take two transactions',
  withParties(async (network) => {
    const { alice, bob, payer, payee, address } = await openChannel(network);
    for (let i = 1; i <= 20; i++) await payee.receive(await payer.pay(0.05, address), 0.05);
    const txid = await payee.close();
    await alice.confirmed(txid, 0);
    await alice.mine();
    await bob.confirmed(txid);
    expect(await (await bob.wallet('bob')).balance()).toBe(1);
    expect(await (await alice.wallet('alice')).balance()).toBeCloseTo(4.9999, 3);
  }),
);

test(
  'the payee takes nothing that is not what it is said to be',
  withParties(async (network) => {
    const { payer, payee, terms, funding, address, alice } = await openChannel(network);
    const psbt = await payer.pay(1, address);
    await expect(payee.receive(psbt, 2)).rejects.toThrow('it pays 1 in all');
    await payee.receive(psbt, 1);
    await expect(payee.receive(psbt, 1)).rejects.toThrow('it pays 1 in all');
    const unsigned = await alice.rpc.createpsbt([funding], [{ [address]: 2 }]);
    await expect(payee.receive(unsigned, 1)).rejects.toThrow('the payer has not signed it');
    await expect(payer.pay(4.5, address)).rejects.toThrow('the channel has 3.99998000 coins left');
    await expect(
      new Payee(network.node('bob').rpc, 'bob').accept({ ...terms, coins: 6 }, funding),
    ).rejects.toThrow();
  }),
);

test(
  'after a week the payer takes back what nobody has claimed, and not before',
  withParties(async (network) => {
    const { alice, bob, payer, payee, address } = await openChannel(network);
    await payee.receive(await payer.pay(2, address), 2);
    await expect(payer.refund()).rejects.toThrow('non-final');
    await network.advance(WEEK);
    await alice.mine(5, { interval: 600 });
    // Of the last eleven blocks most have to be past it, too.
    await expect(payer.refund()).rejects.toThrow('non-final');
    await alice.mine();
    const txid = await payer.refund();
    await alice.mine();
    await bob.confirmed(txid);
    await expect(payee.close()).rejects.toThrow('bad-txns-inputs-missingorspent');
    expect(await (await alice.wallet('alice')).balance()).toBeCloseTo(5.9999, 3);
  }),
);
