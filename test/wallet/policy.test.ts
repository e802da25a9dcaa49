import { expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { solve } from '../../src/core/script/templates.ts';
import { COIN } from '../../src/core/transaction/amount.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { balances } from '../../src/wallet/coins.ts';
import { planTransaction } from '../../src/wallet/spend.ts';
import { openTestWallets, pay } from '../support/wallets.ts';

test('a wallet that is told not to broadcast keeps what it makes', async () => {
  const { manager, fund, pool } = await openTestWallets({ broadcast: false });
  const alice = await manager.create('alice');
  await fund(alice);
  const tx = await pay(alice, (await manager.create('bob')).newAddress(), COIN);
  expect(pool.mempool.get(tx.txid)).toBeUndefined();
  await alice.outbox.offerAll();
  expect(pool.mempool.graph.size).toBe(0);
  expect(alice.history.get(tx.txid)?.abandoned).toBe(false);
  // Its coin is spent all the same, and its owner can take it to the network.
  expect(alice.history.isSpent(tx.inputs[0]!.prevout)).toBe(true);
  expect((await pool.mempool.accept(tx)).ok).toBe(true);
});

test('unconfirmed change is not spent where that is switched off', async () => {
  const { manager, fund, pool } = await openTestWallets({ spendUnconfirmedChange: false });
  const alice = await manager.create('alice');
  await fund(alice);
  await pay(alice, alice.newAddress(), COIN);
  expect(balances(alice)).toMatchObject({ trusted: 0n });
  await expect(pay(alice, alice.newAddress(), COIN)).rejects.toThrow('Insufficient funds');
  await pool.mine();
  await pay(alice, alice.newAddress(), COIN);
});

test('fees, replaceability and kinds of addresses are as the owner decided', async () => {
  const { manager, fund } = await openTestWallets({
    maximumFee: 1_000n,
    replaceable: false,
    changeType: 'legacy',
  });
  const alice = await manager.create('alice');
  await fund(alice);
  const recipients = [
    { script: decodeAddress(alice.newAddress(), REGTEST), value: COIN, subtractFee: false },
  ];
  expect(() => planTransaction(alice, { recipients, feeRate: satPerKvB(10_000n) })).toThrow(
    'Fee exceeds maximum',
  );
  const { tx, changePosition } = planTransaction(alice, { recipients, feeRate: satPerKvB(1_000n) });
  expect(tx.inputs[0]!.sequence).toBe(0xfffffffe);
  expect(solve(tx.outputs[changePosition]!.scriptPubKey).type).toBe('pubkeyhash');
});

test('change is like what is paid', async () => {
  const { manager, fund } = await openTestWallets();
  const alice = await manager.create('alice');
  await fund(alice);
  for (const type of ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'] as const) {
    const recipients = [
      { script: decodeAddress(alice.newAddress(type), REGTEST), value: COIN, subtractFee: false },
    ];
    const { tx } = planTransaction(alice, { recipients, feeRate: satPerKvB(1_000n) });
    const [one, two] = tx.outputs.map(({ scriptPubKey }) => solve(scriptPubKey).type);
    expect(one, type).toBe(two);
  }
});
