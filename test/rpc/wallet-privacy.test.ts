/** Which coins a payment takes, and what that tells of their owner: kinds of addresses, reuse, what shares an address. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { withChecksum } from '../../src/wallet/descriptors/checksum.ts';
import { walletCaller } from '../support/rpc-wallets.ts';

const FOREIGN = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const KINDS = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'] as const;

let memory: MemoryNode;
let { call, errorOf } = {} as ReturnType<typeof walletCaller>;
const open = async (wallet: object = {}) => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000, { wallet, deprecatedRpc: ['bip125'] });
  ({ call, errorOf } = walletCaller(memory));
  await call(null, 'createwallet', 'bank');
  await call(null, 'generatetoaddress', 120, await call('bank', 'getnewaddress'));
  await call('bank', 'settxfee', 0.0001);
};

beforeAll(() => open());
afterAll(() => memory.stop());

const confirm = () => call(null, 'generatetoaddress', 1, FOREIGN);
/** Pays 1 to each of these addresses, and confirms it. */
async function payEach(...addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await call('bank', 'sendtoaddress', address, 1);
  await confirm();
}
const inputsOf = async (wallet: string, txid: string): Promise<{ txid: string; vout: number }[]> =>
  (await call(wallet, 'gettransaction', txid, true, true)).decoded.vin;
const spend = (wallet: string, amount: number, feeRate = 2): Promise<string> =>
  call(wallet, 'sendtoaddress', FOREIGN, amount, null, null, false, true, null, 'unset', null, feeRate);

test('kinds of addresses are not mixed where one of them will do', async () => {
  await call(null, 'createwallet', 'kinds');
  for (const kind of KINDS)
    for (let i = 0; i < 2; i++) await payEach(await call('kinds', 'getnewaddress', '', kind));
  const kindOf = new Map<string, string>();
  for (const { txid, vout, desc } of await call('kinds', 'listunspent'))
    kindOf.set(`${txid}:${vout}`, desc.split('(')[0]);
  const kindsOf = async (amount: number) => {
    const { psbt } = await call('kinds', 'walletcreatefundedpsbt', [], [{ [FOREIGN]: amount }], 0, {
      fee_rate: 2,
    });
    const { inputs } = await call(null, 'decodepsbt', psbt);
    return new Set(
      inputs.map((input: { previous_txid: string; previous_vout: number }) =>
        kindOf.get(`${input.previous_txid}:${input.previous_vout}`),
      ),
    ).size;
  };
  for (let i = 0; i < 8; i++) expect(await kindsOf(1.5)).toBe(1);
  expect(await kindsOf(2.5)).toBeGreaterThan(1);
});

test('a transaction without witnesses pays for none', async () => {
  await call(null, 'createwallet', 'old');
  await payEach(
    await call('old', 'getnewaddress', '', 'legacy'),
    await call('old', 'getnewaddress', '', 'legacy'),
  );
  const raw = await call(null, 'createrawtransaction', [], [{ [FOREIGN]: 1.5 }]);
  const change = { fee_rate: 1, change_type: 'bech32' };
  // 10 bytes of frame, two outputs, two inputs with signatures of 71 bytes.
  expect((await call('old', 'fundrawtransaction', raw, change)).fee).toBe((10 + 2 * 31 + 2 * 147) / 1e8);
  const watching = await call('old', 'listdescriptors');
  await call(null, 'createwallet', 'watching', true);
  await call(
    'watching',
    'importdescriptors',
    watching.descriptors.map((one: object) => ({ ...one, timestamp: 0 })),
  );
  // Whoever signs for it may not make small signatures.
  expect((await call('watching', 'fundrawtransaction', raw, change)).fee).toBe((10 + 2 * 31 + 2 * 148) / 1e8);
});

test('what has a weight is spent, and scripts of inputs are kept', async () => {
  const [coin, other] = await call('old', 'listunspent');
  const raw: string = await call(null, 'createrawtransaction', [coin], [{ [FOREIGN]: 0.5 }]);
  const withScript = `${raw.slice(0, 82)}0100${raw.slice(84)}`;
  const input_weights = [{ txid: other.txid, vout: other.vout, weight: 700 }];
  const { hex } = await call('old', 'fundrawtransaction', withScript, {
    input_weights,
    add_inputs: false,
    fee_rate: 2,
  });
  const { vin } = await call(null, 'decoderawtransaction', hex);
  expect(vin).toMatchObject([
    { txid: coin.txid, scriptSig: { hex: '00' } },
    { txid: other.txid, scriptSig: { hex: '' } },
  ]);
  for (const [name, type] of [
    ['change_type', 'string'],
    ['add_inputs', 'bool'],
    ['lockUnspents', 'bool'],
    ['minconf', 'number'],
    ['input_weights', 'array'],
  ])
    expect(await errorOf('old', 'fundrawtransaction', raw, { [name!]: null })).toEqual({
      code: -3,
      message: `JSON value of type null is not of expected type ${type}`,
    });
  const nothing = { fee_rate: null, conf_target: null, estimate_mode: null };
  expect((await errorOf('old', 'fundrawtransaction', raw, nothing))?.message).toMatch(
    /^Fee estimation failed/,
  );
});

test('coins whose size is not known, and change that has no address, are told of', async () => {
  await call(null, 'createwallet', 'bare', true);
  const size = 'Missing solving data for estimating transaction size';
  await call('bare', 'importdescriptors', [
    { desc: withChecksum('addr(bcrt1pfeesnyr2tx)'), timestamp: 'now' },
    { desc: withChecksum(`addr(${FOREIGN})`), timestamp: 'now' },
  ]);
  await payEach('bcrt1pfeesnyr2tx');
  const paid = (amount: number) => errorOf('bare', 'send', [{ [FOREIGN]: amount }], null, 'unset', 2);
  expect(await paid(0.5)).toEqual({ code: -4, message: size });
  expect((await paid(5000))?.message).toBe('Insufficient funds');
  await call(null, 'createwallet', 'changeless', true, true);
  const address = await call('bank', 'getnewaddress', '', 'bech32');
  const { desc } = await call('bank', 'getaddressinfo', address);
  await call('changeless', 'importdescriptors', [{ desc, timestamp: 'now' }]);
  await payEach(address);
  const fund = (amount: number) =>
    ['changeless', 'walletcreatefundedpsbt', [], [{ [FOREIGN]: amount }], 0] as const;
  expect(await errorOf(...fund(0.5), { fee_rate: 2 })).toEqual({
    code: -4,
    message:
      "Transaction needs a change address, but we can't generate it. Error: No bech32 addresses available.",
  });
  // One with the exact amount needs none.
  const [whole, options] = [fund(1), { fee_rate: 2, subtractFeeFromOutputs: [0] }];
  expect(await call(...whole, options)).toMatchObject({ changepos: -1 });
});

test('a wallet that avoids reuse leaves alone what was paid to addresses that were spent from', async () => {
  await call(null, 'createwallet', 'clean', false, false, null, true);
  expect(await call('clean', 'getwalletinfo')).toMatchObject({
    avoid_reuse: true,
    flags: ['avoid_reuse', 'last_hardened_xpub_cached', 'descriptor_wallet'],
  });
  const address = await call('clean', 'getnewaddress');
  await payEach(address);
  expect(await call('clean', 'listunspent')).toMatchObject([{ reused: false }]);
  await spend('clean', 0.5);
  await payEach(address);
  const { mine } = await call('clean', 'getbalances');
  expect([mine.used, mine.trusted]).toEqual([1, expect.closeTo(0.5, 4)]);
  expect(await call('clean', 'getbalance')).toBe(mine.trusted);
  expect(await call('clean', 'getbalance', '*', 0, false, false)).toBeCloseTo(mine.trusted + 1, 8);
  const unspent = await call('clean', 'listunspent');
  expect(unspent.filter(({ reused }: { reused: boolean }) => reused)).toMatchObject([{ address }]);
  const pays = [FOREIGN, 0.8, null, null, false, true, null, 'unset'] as const;
  expect(await errorOf('clean', 'sendtoaddress', ...pays, null, 2)).toEqual({
    code: -6,
    message: 'Insufficient funds',
  });
  await call('clean', 'sendtoaddress', ...pays, false, 2);
  expect(await errorOf('old', 'sendtoaddress', ...pays, true, 2)).toEqual({
    code: -4,
    message: 'wallet does not have the "avoid reuse" feature enabled',
  });
  expect((await call('old', 'getbalances')).mine.used).toBeUndefined();
});

test('its flag is set, taken back and kept, and others are as they were made', async () => {
  for (const value of [true, false]) {
    const flag = { flag_name: 'avoid_reuse', flag_state: value };
    expect(await call('old', 'setwalletflag', 'avoid_reuse', value)).toEqual(flag);
    await call(null, 'unloadwallet', 'old');
    await call(null, 'loadwallet', 'old');
    expect((await call('old', 'getwalletinfo')).avoid_reuse).toBe(value);
    expect(await errorOf('old', 'setwalletflag', 'avoid_reuse', value)).toEqual({
      code: -8,
      message: `Wallet flag is already set to ${value}: avoid_reuse`,
    });
  }
  for (const [flag, what] of [
    ['blank', 'Wallet flag is immutable'],
    ['x', 'Unknown wallet flag'],
  ])
    expect(await errorOf('old', 'setwalletflag', flag)).toEqual({ code: -8, message: `${what}: ${flag}` });
  // What only watches has no keys to come.
  await call(null, 'createwallet', 'blank', true, true);
  await call('blank', 'importdescriptors', [{ desc: withChecksum(`addr(${FOREIGN})`), timestamp: 'now' }]);
  expect((await call('blank', 'getwalletinfo')).blank).toBe(true);
});

test('coins of an address go together where that costs no more, or as much more as is allowed', async () => {
  const groups = async (amount: number) => {
    const shared = await call('grouped', 'getnewaddress');
    await payEach(shared, shared);
    await payEach(await call('grouped', 'getnewaddress'));
    const inputs = await inputsOf('grouped', await spend('grouped', amount, 20));
    const coins = await Promise.all(inputs.map(({ txid }) => call('grouped', 'gettransaction', txid)));
    await confirm();
    await call('grouped', 'sendall', [FOREIGN], null, 'unset', 2);
    return coins.filter(({ details }) => details[0].address === shared).length;
  };
  await call(null, 'createwallet', 'grouped');
  for (let i = 0; i < 4; i++) expect(await groups(1.5)).toBe(2);
  for (const [policy, allowed] of [
    [{ groupsCoins: true }, [0, 2]],
    [{ maximumGroupFee: 10_000n }, [0, 2]],
  ] as const) {
    await memory.stop();
    await open(policy);
    await call(null, 'createwallet', 'grouped');
    for (let i = 0; i < 4; i++) expect(allowed).toContain(await groups(0.5));
  }
});

test('what is received is no longer listed once another took its place; BIP125 is told where asked for', async () => {
  await call(null, 'createwallet', 'hoping');
  const address = await call('hoping', 'getnewaddress');
  const txid = await call('bank', 'sendtoaddress', address, 1);
  expect((await call('hoping', 'gettransaction', txid))['bip125-replaceable']).toBe('yes');
  const { hex } = await call('bank', 'gettransaction', txid);
  const { vin } = await call(null, 'decoderawtransaction', hex);
  const rival = await call('bank', 'send', [{ [FOREIGN]: 0.5 }], null, 'unset', 50, {
    inputs: vin,
    add_to_wallet: false,
  });
  await call(null, 'sendrawtransaction', rival.hex);
  const hash = (await call(null, 'getbestblockhash')) as string;
  await confirm();
  expect(await call('hoping', 'listtransactions')).toEqual([]);
  expect(await call('hoping', 'gettransaction', txid)).toMatchObject({ confirmations: -1, details: [] });
  expect((await call('hoping', 'gettransaction', txid))['bip125-replaceable']).toBe('yes');
  expect((await call('bank', 'gettransaction', rival.txid))['bip125-replaceable']).toBe('no');
  expect((await call('hoping', 'listsinceblock', hash)).transactions).toEqual([]);
  // Once it is lost it is not told of again.
  const since = await call('bank', 'listsinceblock', await call(null, 'getbestblockhash'));
  expect(since.transactions.filter((row: { txid: string }) => row.txid === txid)).toEqual([]);
});

test('coins of a payment that replaces another are not safe before it is confirmed', async () => {
  const address = await call('bank', 'getnewaddress');
  const txid = await call('bank', 'sendtoaddress', address, 1);
  const bumped = await call('bank', 'bumpfee', txid);
  const safe = async (include: boolean) =>
    (await call('bank', 'listunspent', 0, 9999999, [], include)).filter(
      (coin: { txid: string }) => coin.txid === bumped.txid,
    );
  expect(await safe(false)).toEqual([]);
  expect((await safe(true)).map((coin: { safe: boolean }) => coin.safe)).toEqual([false, false]);
  await confirm();
  expect(await safe(false)).toHaveLength(2);
});

test('a rescan finds in the mempool what pays it, though that came behind what spends it', async () => {
  await call(null, 'createwallet', 'first');
  const address = await call('first', 'getnewaddress');
  const parent = await call('bank', 'sendtoaddress', address, 1);
  await confirm();
  const child = await call('first', 'sendall', [FOREIGN], null, 'unset', 2, { locktime: 0 });
  const gone = await call(null, 'getbestblockhash');
  await call(null, 'invalidateblock', gone);
  const { parent_desc: desc } = await call('first', 'getaddressinfo', address);
  await call(null, 'createwallet', 'second', true);
  expect((await call('second', 'getwalletinfo')).birthtime).toBeUndefined();
  await call('second', 'importdescriptors', [{ desc, timestamp: 0 }]);
  for (const txid of [parent, child.txid])
    expect((await call('second', 'gettransaction', txid)).confirmations).toBe(0);
  memory.node.chain.blocks.readBlock = () => Promise.reject(new Error('the disk is gone'));
  expect(await errorOf('first', 'listsinceblock', gone)).toEqual({
    code: -32603,
    message: "Can't read block from disk: the disk is gone",
  });
});
