import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { walletCaller } from '../support/rpc-wallets.ts';

const FOREIGN = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const MNEMONIC = `${'abandon '.repeat(11)}about`;

let memory: MemoryNode;

let { call, errorOf } = {} as ReturnType<typeof walletCaller>;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  ({ call, errorOf } = walletCaller(memory));
});
afterAll(() => memory.stop());

test('no wallet, one wallet, several wallets', async () => {
  expect((await errorOf(null, 'getbalance'))?.code).toBe(-18);
  expect(await errorOf('nobody', 'getbalance')).toEqual({
    code: -18,
    message: 'Requested wallet does not exist or is not loaded',
  });
  expect(await call(null, 'createwallet', 'alice')).toEqual({ name: 'alice' });
  expect(await call(null, 'getbalance')).toBe(0);
  await call(null, 'createwallet', 'bob');
  expect((await errorOf(null, 'getbalance'))?.code).toBe(-19);
  expect((await errorOf(null, 'createwallet', 'bob'))?.code).toBe(-4);
  expect((await errorOf(null, 'loadwallet', 'bob'))?.code).toBe(-35);
  expect((await errorOf(null, 'loadwallet', 'carol'))?.code).toBe(-18);
  expect(await call(null, 'listwallets')).toEqual(['alice', 'bob']);
  // Regtest has no fallback fee, as in Core; the estimator knows nothing yet.
  const address = await call('alice', 'getnewaddress');
  expect(await errorOf('alice', 'sendtoaddress', address, 1)).toEqual({
    code: -6,
    message: 'Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable -fallbackfee.',
  });
  for (const wallet of ['alice', 'bob']) expect(await call(wallet, 'settxfee', 0.0001)).toBe(true);
});

test('a payment from one wallet to another, and all that can be asked about it', async () => {
  const mining = await call('alice', 'getnewaddress', 'mining');
  await call(null, 'generatetoaddress', 101, mining);
  expect(await call('alice', 'getbalances')).toMatchObject({ mine: { trusted: 50, immature: 5000 } });
  const to = await call('bob', 'getnewaddress', 'rent', 'bech32m');
  const txid = await call('alice', 'sendtoaddress', to, 1.5, 'for May', 'Bob');
  const sent = await call('alice', 'gettransaction', txid, false, true);
  expect(sent).toMatchObject({
    amount: -1.5,
    confirmations: 0,
    trusted: true,
    comment: 'for May',
    to: 'Bob',
  });
  expect(sent.details).toHaveLength(1);
  expect(await call('bob', 'getbalances')).toMatchObject({ mine: { trusted: 0, untrusted_pending: 1.5 } });
  await call(null, 'generatetoaddress', 1, mining);
  expect(await call('bob', 'getbalance')).toBe(1.5);
  expect(await call('bob', 'getreceivedbyaddress', to)).toBe(1.5);
  expect(await call('bob', 'getreceivedbylabel', 'rent')).toBe(1.5);
  expect(await call('bob', 'listreceivedbyaddress')).toMatchObject([
    { address: to, amount: 1.5, txids: [txid] },
  ]);
  expect(await call('bob', 'listreceivedbylabel')).toMatchObject([{ label: 'rent', amount: 1.5 }]);
  const [row] = await call('bob', 'listtransactions');
  expect(row).toMatchObject({
    address: to,
    category: 'receive',
    amount: 1.5,
    label: 'rent',
    confirmations: 1,
    txid,
  });
  const [coin] = await call('bob', 'listunspent');
  expect(coin).toMatchObject({ address: to, amount: 1.5, spendable: true, safe: true });
  expect(coin.desc).toMatch(/^tr\(\[[0-9a-f]{8}\/86h\/1h\/0h\/0\/0\][0-9a-f]{64}\)#/);
  const info = await call('bob', 'getaddressinfo', to);
  expect(info).toMatchObject({
    ismine: true,
    solvable: true,
    labels: ['rent'],
    ischange: false,
    witness_version: 1,
  });
  expect(info.parent_desc).toContain('/86h/1h/0h]tpub');
  expect(await call('alice', 'getaddressinfo', to)).toMatchObject({ ismine: false, labels: [] });
  const since = await call('alice', 'listsinceblock');
  expect(since.transactions.length).toBeGreaterThan(100);
  expect((await call('alice', 'getwalletinfo')).txcount).toBe(103);
});

test('locks, labels, keys and messages', async () => {
  const [coin] = await call('bob', 'listunspent');
  expect(await errorOf('bob', 'listunspent', 1, 99, [], true, { minAmount: 1 })).toEqual({
    code: -3,
    message: 'Unexpected key minAmount',
  });
  const outpoint = { txid: coin.txid, vout: coin.vout };
  await call('bob', 'lockunspent', false, [outpoint]);
  expect(await call('bob', 'listlockunspent')).toEqual([outpoint]);
  expect((await errorOf('bob', 'lockunspent', false, [outpoint]))?.message).toContain('already locked');
  const there = await call('alice', 'getnewaddress');
  expect(await errorOf('bob', 'sendtoaddress', there, 1)).toEqual({
    code: -6,
    message: 'Insufficient funds',
  });
  await call('bob', 'lockunspent', true);
  const legacy = await call('bob', 'getnewaddress', '', 'legacy');
  await call('bob', 'setlabel', legacy, 'seal');
  expect(await call('bob', 'getaddressesbylabel', 'seal')).toEqual({ [legacy]: { purpose: 'receive' } });
  expect(await call('bob', 'listlabels')).toContain('seal');
  const signature = await call('bob', 'signmessage', legacy, 'It was me');
  expect(await call(null, 'verifymessage', legacy, signature, 'It was me')).toBe(true);
  const wif = await call('bob', 'exportkey', legacy);
  expect(await call(null, 'signmessagewithprivkey', wif, 'It was me')).toBe(signature);
});

test('funds, signs and sends by hand, plain and by PSBT', async () => {
  const to = await call('bob', 'getnewaddress');
  const raw = await call(null, 'createrawtransaction', [], [{ [to]: 2 }]);
  const funded = await call('alice', 'fundrawtransaction', raw, { fee_rate: 5 });
  const signed = await call('alice', 'signrawtransactionwithwallet', funded.hex);
  expect(signed.complete).toBe(true);
  await call(null, 'sendrawtransaction', signed.hex);
  const { psbt, fee } = await call('alice', 'walletcreatefundedpsbt', [], [{ [to]: 3 }], 0, { fee_rate: 2 });
  expect(fee).toBeGreaterThan(0);
  const processed = await call('alice', 'walletprocesspsbt', psbt);
  expect(processed.complete).toBe(true);
  expect((await call(null, 'decodepsbt', psbt)).fee).toBe(fee);
  await call(null, 'sendrawtransaction', processed.hex);
  const done = await call('alice', 'send', [{ [to]: 1 }], null, 'unset', 3);
  expect(done.complete).toBe(true);
  await call('alice', 'sendmany', '', { [to]: 0.5, [await call('bob', 'getnewaddress')]: 0.25 }, null, '', [
    to,
  ]);
  const fresh = await call('alice', 'getnewaddress');
  await call(null, 'generatetoaddress', 1, fresh);
  expect(await call('bob', 'getbalance')).toBeCloseTo(1.5 + 2 + 3 + 1 + 0.75, 4);
});

test('who pays the fee is told once, and exists', async () => {
  const to = await call('bob', 'getnewaddress');
  const raw = await call(null, 'createrawtransaction', [], [{ [to]: 2 }]);
  const errorFor = async (subtractFeeFromOutputs: unknown) =>
    (await errorOf('alice', 'fundrawtransaction', raw, { subtractFeeFromOutputs }))?.message;
  const prefix = "Invalid parameter 'subtract fee from output',";
  expect(await errorFor([1])).toBe(`${prefix} position too large: 1`);
  expect(await errorFor([-1])).toBe(`${prefix} negative position: -1`);
  expect(await errorFor([0, 0])).toBe(`${prefix} duplicated position: 0`);
  expect(await errorFor([true])).toBe(`${prefix} invalid value type: bool`);
  expect(await errorOf('alice', 'sendmany', '', { [to]: 1 }, 1, '', [FOREIGN])).toEqual({
    code: -8,
    message: `${prefix} destination ${FOREIGN} not found in tx outputs`,
  });
  expect((await errorOf('alice', 'sendmany', '', { [to]: 1 }, 1, '', [to, to]))?.message).toBe(
    `${prefix} duplicated position: 0`,
  );
  expect(await errorOf('alice', 'sendmany', '', {})).toEqual({
    code: -6,
    message: 'Transaction must have at least one recipient',
  });
  expect(await errorOf('alice', 'settxfee', 5)).toEqual({
    code: -8,
    message: 'txfee cannot be more than wallet max tx fee (0.10000000 BTC/kvB)',
  });
});

test('a wallet that is gone comes back from its words', async () => {
  await call(null, 'createwallet', 'first', false, true);
  await call('first', 'importmnemonic', MNEMONIC, '', 'now');
  expect(await call('first', 'getnewaddress')).toBe('bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk');
  const txid = await call('alice', 'sendtoaddress', 'bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk', 7);
  await call(null, 'generatetoaddress', 1, await call('alice', 'getnewaddress'));
  const before = await call('first', 'listtransactions');
  await call(null, 'unloadwallet', 'first');
  await call(null, 'createwallet', 'second', false, true);
  await call('second', 'importmnemonic', MNEMONIC);
  expect(await call('second', 'getbalance')).toBe(7);
  const after = await call('second', 'listtransactions');
  expect(after.map(({ txid: id }: { txid: string }) => id)).toEqual([txid]);
  expect(after[0].amount).toBe(before[0].amount);
  expect(await call('second', 'exportmnemonic')).toBe(MNEMONIC);
  expect(await errorOf('second', 'importmnemonic', 'abandon')).toEqual({
    code: -5,
    message: 'Invalid mnemonic',
  });
});

test('descriptors go from one wallet to another that only watches', async () => {
  await call(null, 'createwallet', 'nothing', true, true);
  expect(await errorOf('nothing', 'getnewaddress')).toEqual({
    code: -4,
    message: 'Error: This wallet has no available keys',
  });
  const { descriptors } = await call('bob', 'listdescriptors');
  expect(descriptors).toHaveLength(8);
  expect(descriptors[0].desc).toMatch(/tpub.*#[a-z0-9]{8}$/);
  await call(null, 'createwallet', 'watcher', true, true);
  const requests = descriptors.map((one: { desc: string; internal: boolean; range: number[] }) => ({
    desc: one.desc,
    timestamp: 0,
    active: true,
    internal: one.internal,
    range: one.range,
  }));
  const answers = await call('watcher', 'importdescriptors', requests);
  expect(answers.every(({ success }: { success: boolean }) => success)).toBe(true);
  expect(await call('watcher', 'getbalance')).toBe(await call('bob', 'getbalance'));
  expect((await errorOf('watcher', 'listdescriptors', true))?.code).toBe(-4);
  expect(await errorOf('watcher', 'sendtoaddress', FOREIGN, 1)).toEqual({
    code: -4,
    message: 'Error: Private keys are disabled for this wallet',
  });
  const watched = await call('watcher', 'walletcreatefundedpsbt', [], [{ [FOREIGN]: 1 }], 0, { fee_rate: 2 });
  expect((await call('watcher', 'walletprocesspsbt', watched.psbt)).complete).toBe(false);
  expect((await call('bob', 'walletprocesspsbt', watched.psbt)).complete).toBe(true);
  const shown = await call('bob', 'listdescriptors', true);
  expect(shown.descriptors[0].desc).toContain('tprv');
  const [bad] = await call('watcher', 'importdescriptors', [
    { desc: shown.descriptors[0].desc, timestamp: 'now' },
  ]);
  expect(bad).toMatchObject({ success: false, error: { code: -4 } });
  const [single] = await call('watcher', 'importdescriptors', [
    {
      desc: (await call(null, 'getdescriptorinfo', `addr(${FOREIGN})`)).descriptor,
      timestamp: 'now',
      label: 'theirs',
    },
  ]);
  expect(single.success).toBe(true);
  expect(await call('watcher', 'getaddressinfo', FOREIGN)).toMatchObject({
    ismine: true,
    solvable: false,
    labels: ['theirs'],
  });
  expect(await call('watcher', 'rescanblockchain', 50, 60)).toEqual({ start_height: 50, stop_height: 60 });
});

test('a payment that waits is paid more for', async () => {
  const to = await call('bob', 'getnewaddress');
  const txid = await call('alice', 'sendtoaddress', to, 2);
  const { fee: before } = await call('alice', 'gettransaction', txid);
  expect((await errorOf('alice', 'bumpfee', txid, { fee_rate: 10 }))?.message).toContain(
    'Insufficient total fee',
  );
  const bumped = await call('alice', 'bumpfee', txid, { fee_rate: 50 });
  expect(bumped.origfee).toBe(-before);
  expect(bumped.fee).toBeGreaterThan(bumped.origfee);
  expect(await call('alice', 'gettransaction', txid)).toMatchObject({ replaced_by_txid: bumped.txid });
  expect(await call('alice', 'gettransaction', bumped.txid)).toMatchObject({
    replaces_txid: txid,
    amount: -2,
  });
  expect((await errorOf('alice', 'bumpfee', txid))?.code).toBe(-4);
  const { psbt } = await call('alice', 'psbtbumpfee', bumped.txid);
  expect((await call('alice', 'walletprocesspsbt', psbt)).complete).toBe(true);
  await call(null, 'generatetoaddress', 1, await call('alice', 'getnewaddress'));
  expect((await call('alice', 'gettransaction', bumped.txid)).confirmations).toBe(1);
  expect((await call('alice', 'gettransaction', txid)).confirmations).toBe(-1);
  const { code, message } = (await errorOf('alice', 'bumpfee', bumped.txid))!;
  expect(code).toBe(-1);
  expect(message).toMatch(/^[0-9a-f]{64}:\d+ is already spent$/);
});

test('descriptors alone update and sign a PSBT', async () => {
  const { descriptors } = await call('bob', 'listdescriptors', true);
  const texts = descriptors.map(({ desc }: { desc: string }) => ({ desc, range: 20 }));
  const [coin] = await call('bob', 'listunspent');
  const psbt = await call(
    null,
    'createpsbt',
    [{ txid: coin.txid, vout: coin.vout }],
    [{ [coin.address]: Number((coin.amount - 0.001).toFixed(8)) }],
  );
  const updated = await call(null, 'utxoupdatepsbt', psbt, texts);
  const [input] = (await call(null, 'decodepsbt', updated)).inputs;
  expect(input.witness_utxo.amount).toBe(coin.amount);
  expect(input.partial_signatures).toBeUndefined();
  const { complete, hex } = await call(null, 'descriptorprocesspsbt', psbt, texts);
  expect(complete).toBe(true);
  const [verdict] = await call(null, 'testmempoolaccept', [hex]);
  expect(verdict.allowed).toBe(true);
});
