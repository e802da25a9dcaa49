import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { hash160 } from '../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { encodeAddress } from '../../src/core/script/address.ts';
import { publicKeyOf } from '../../src/core/script/signing.ts';
import { p2pkh, p2wpkh } from '../../src/core/script/templates.ts';
import { encodeWif } from '../../src/core/script/wif.ts';

const SECRET = new Uint8Array(32).fill(7);
const WIF = encodeWif(SECRET, true, REGTEST);
const SCRIPT = p2wpkh(hash160(publicKeyOf(SECRET)));
const ADDRESS = encodeAddress(SCRIPT, REGTEST)!;

let memory: MemoryNode;
let coins: { txid: string; vout: number; amount: number }[];

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  await call('generatetoaddress', 115, ADDRESS);
  const { unspents } = await call<{ unspents: ((typeof coins)[0] & { height: number })[] }>(
    'scantxoutset',
    'start',
    [`addr(${ADDRESS})`],
  );
  coins = unspents.sort((a, b) => a.height - b.height);
});
afterAll(() => memory.stop());

async function call<T>(method: string, ...parameters: readonly unknown[]): Promise<T> {
  const { result, error } = await memory.call(method, JSON.stringify(parameters));
  if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
  return result as T;
}

interface Made {
  readonly hex: string;
  readonly txid: string;
  readonly wtxid: string;
}

/** Spends one output to the same key, leaving a fee in satoshis. */
async function spend(coin: { txid: string; vout: number; amount: number }, fee: number): Promise<Made> {
  const amount = (Math.round(coin.amount * 1e8) - fee) / 1e8;
  const raw = await call<string>(
    'createrawtransaction',
    [{ txid: coin.txid, vout: coin.vout }],
    [{ [ADDRESS]: amount.toFixed(8) }],
  );
  const previous = [{ ...coin, scriptPubKey: toHex(SCRIPT), amount: coin.amount.toFixed(8) }];
  const { hex } = await call<{ hex: string }>('signrawtransactionwithkey', raw, [WIF], previous);
  const { txid, hash } = await call<{ txid: string; hash: string }>('decoderawtransaction', hex);
  return { hex, txid, wtxid: hash };
}

async function family(parentFee: number, childFee: number): Promise<[Made, Made]> {
  const coin = coins.shift()!;
  const parent = await spend(coin, parentFee);
  const child = await spend(
    { txid: parent.txid, vout: 0, amount: (Math.round(coin.amount * 1e8) - parentFee) / 1e8 },
    childFee,
  );
  return [parent, child];
}

test('a child pays for its parent', async () => {
  const [parent, child] = await family(0, 50_000);
  await expect(call('sendrawtransaction', parent.hex)).rejects.toThrow('-26 min relay fee not met');
  const { package_msg, 'tx-results': results } = await call<{
    package_msg: string;
    'tx-results': Record<string, { txid: string; fees: object }>;
  }>('submitpackage', [parent.hex, child.hex]);
  expect(package_msg).toBe('success');
  expect(results[parent.wtxid]).toMatchObject({
    txid: parent.txid,
    fees: { base: 0, 'effective-includes': [parent.wtxid, child.wtxid] },
  });
  expect(await call('getrawmempool')).toEqual(expect.arrayContaining([parent.txid, child.txid]));
  const again = await call<{ 'tx-results': Record<string, object> }>('submitpackage', [
    parent.hex,
    child.hex,
  ]);
  expect(again).toMatchObject({ package_msg: 'success' });
  expect(again['tx-results'][child.wtxid]).not.toHaveProperty('error');
});

test('a template names what each input of a transaction needs', async () => {
  const sign = async (inputs: readonly { txid: string; vout: number }[], outputs: object) => {
    const raw = await call<string>('createrawtransaction', inputs, outputs);
    return (await call<{ hex: string }>('signrawtransactionwithkey', raw, [WIF])).hex;
  };
  const legacy = p2pkh(hash160(publicKeyOf(SECRET)));
  const [first, second] = [coins.shift()!, coins.shift()!];
  const two = await sign([first], { [ADDRESS]: 20, [encodeAddress(legacy, REGTEST)!]: 29.99 });
  const parent = await call<string>('sendrawtransaction', two);
  const other = await call<string>('sendrawtransaction', (await spend(second, 50_000)).hex);
  const inputs = [
    { txid: parent, vout: 1 },
    { txid: other, vout: 0 },
    { txid: parent, vout: 0 },
  ];
  const child = await call<string>('sendrawtransaction', await sign(inputs, { [ADDRESS]: 99.98 }));
  const { transactions } = await call<{ transactions: { txid: string; depends: number[] }[] }>(
    'getblocktemplate',
    { rules: ['segwit'] },
  );
  const place = (txid: string) => transactions.findIndex((tx) => tx.txid === txid) + 1;
  expect(transactions[place(child) - 1]!.depends).toEqual([place(parent), place(other), place(parent)]);
});

test('a limit on the fee rate holds for each member', async () => {
  const [parent, child] = await family(1_000, 500_000);
  expect(await call('submitpackage', [parent.hex, child.hex], 0.0001)).toMatchObject({
    package_msg: 'transaction failed',
    'tx-results': { [child.wtxid]: { error: expect.stringContaining('max feerate exceeded') } },
  });
  // 0 is no limit, as everywhere.
  const [free, payer] = await family(0, 500_000);
  expect(await call('submitpackage', [free.hex, payer.hex], 0)).toMatchObject({ package_msg: 'success' });
});

test('what is no child with its parents is refused as a package', async () => {
  const [parent, child] = await family(1_000, 1_000);
  await expect(call('submitpackage', [child.hex, parent.hex])).rejects.toThrow(
    '-25 package topology disallowed',
  );
  await expect(call('submitpackage', [])).rejects.toThrow(
    '-8 Array must contain between 1 and 25 transactions.',
  );
  await expect(call('submitpackage', ['00', '00'])).rejects.toThrow('-22 TX decode failed: 00 Make sure');
});

test('several transactions are tested together', async () => {
  const [parent, child] = await family(1_000, 1_000);
  expect(await call('testmempoolaccept', [parent.hex, child.hex])).toMatchObject([
    { txid: parent.txid, allowed: true },
    { txid: child.txid, allowed: true },
  ]);
  const unsorted = await call<object[]>('testmempoolaccept', [child.hex, parent.hex]);
  expect(unsorted).toMatchObject([
    { 'package-error': 'package-not-sorted' },
    { 'package-error': 'package-not-sorted' },
  ]);
  expect(unsorted[0]).not.toHaveProperty('allowed');
  expect(await call('testmempoolaccept', [parent.hex, child.hex], 0.00001)).toMatchObject([
    { allowed: false, 'reject-reason': 'max-fee-exceeded' },
    { txid: child.txid },
  ]);
  expect(await call('getrawmempool')).not.toContain(parent.txid);
});

test('an output that nobody can spend may be burnt only if that was said', async () => {
  const coin = coins.shift()!;
  const data = await call<string>(
    'createrawtransaction',
    [{ txid: coin.txid, vout: coin.vout }],
    [{ data: 'ff' }],
  );
  // The value of a data output is zero; the same with a value, by hand.
  const worth = data.replace('0000000000000000036a01ff', 'e803000000000000036a01ff');
  await expect(call('sendrawtransaction', worth)).rejects.toThrow(
    '-25 Unspendable output exceeds maximum configured by user (maxburnamount)',
  );
  await expect(call('sendrawtransaction', worth, 0, '0.00001')).rejects.toThrow('-26');
});

test('a transaction is sent for no more than the fee that was allowed, and again without complaint', async () => {
  const { hex, txid } = await spend(coins.shift()!, 20_000_000);
  const tooMuch = '-25 Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)';
  await expect(call('sendrawtransaction', hex)).rejects.toThrow(tooMuch);
  expect(await call('getrawmempool')).not.toContain(txid);
  expect(await call('sendrawtransaction', hex, 0)).toBe(txid);
  expect(await call('sendrawtransaction', hex)).toBe(txid);
  expect(await call('getrawmempool')).toContain(txid);
});

test('a fee too high is told only of a transaction that is valid otherwise', async () => {
  const { hex } = await spend(coins.shift()!, 20_000_000);
  // The signature's last byte but one, before its hash type and the key.
  const at = hex.length - 2 * (4 + 1 + 33 + 2);
  const broken = `${hex.slice(0, at)}${hex[at] === '0' ? '1' : '0'}${hex.slice(at + 1)}`;
  await expect(call('sendrawtransaction', broken)).rejects.toThrow(/^-26 mempool-script-verify-flag-failed/);
});

test('of a trial that ends at a signature, those before it are told in full', async () => {
  const [good, bad, last] = [
    await spend(coins.shift()!, 2_000),
    await spend(coins.shift()!, 2_000),
    await spend(coins.shift()!, 2_000),
  ];
  const at = bad.hex.length - 2 * (4 + 1 + 33 + 2);
  const broken = `${bad.hex.slice(0, at)}${bad.hex[at] === '0' ? '1' : '0'}${bad.hex.slice(at + 1)}`;
  const [first, second, third] = await call<object[]>('testmempoolaccept', [good.hex, broken, last.hex]);
  expect(first).toMatchObject({ txid: good.txid, allowed: true, fees: { base: 0.00002 } });
  expect(second).toMatchObject({ allowed: false });
  expect(Object.keys(third!)).toEqual(['txid', 'wtxid']);
});

test('a confirmed transaction is not sent again', async () => {
  const { hex, txid } = await spend(coins.shift()!, 1_000);
  await call('sendrawtransaction', hex);
  await call('generatetoaddress', 1, ADDRESS);
  expect(await call('getrawmempool')).not.toContain(txid);
  await expect(call('sendrawtransaction', hex)).rejects.toThrow(
    '-27 Transaction outputs already in utxo set',
  );
});
