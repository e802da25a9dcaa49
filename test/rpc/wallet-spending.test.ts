/** Spending everything, paying for what one depends on, and signing for scripts that are not one's own. */
import { HDKey } from '@scure/bip32';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { withChecksum } from '../../src/wallet/descriptors/checksum.ts';
import { walletCaller } from '../support/rpc-wallets.ts';

const FOREIGN = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const OTHER = 'bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry';
const VERSIONS = { public: REGTEST.bip32Public, private: REGTEST.bip32Private };

let memory: MemoryNode;
let { call, errorOf } = {} as ReturnType<typeof walletCaller>;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  ({ call, errorOf } = walletCaller(memory));
  await call(null, 'createwallet', 'bank');
  await call(null, 'generatetoaddress', 120, await call('bank', 'getnewaddress'));
  await call('bank', 'settxfee', 0.0001);
});
afterAll(() => memory.stop());

/** A wallet that was paid these amounts, confirmed. */
async function paid(name: string, amounts: readonly number[]): Promise<string> {
  if (!(await call(null, 'listwallets')).includes(name)) await call(null, 'createwallet', name);
  for (const amount of amounts)
    await call('bank', 'sendtoaddress', await call(name, 'getnewaddress'), amount);
  await call(null, 'generatetoaddress', 1, FOREIGN);
  return name;
}
const trusted = async (name: string) => (await call(name, 'getbalances')).mine.trusted;

test('sendall spends all, in equal shares beside what is said', async () => {
  const all = await paid('all', [1, 2, 0.5]);
  const { hex } = await call(all, 'sendall', [{ [FOREIGN]: 1 }, OTHER], null, 'unset', 2, {
    add_to_wallet: false,
  });
  const { vin, vout, vsize } = await call(null, 'decoderawtransaction', hex);
  expect([vin.length, vout[0].value]).toEqual([3, 1]);
  const fee = Math.round((3.5 - vout[0].value - vout[1].value) * 1e8);
  // Signatures are a byte shorter now and then than they are counted.
  expect(fee).toBeGreaterThanOrEqual(2 * vsize);
  expect(fee).toBeLessThanOrEqual(2 * (vsize + 2));
  expect(await trusted(all)).toBe(3.5);
  const [least] = (await call(all, 'listunspent')).sort(
    (a: { amount: number }, b: { amount: number }) => a.amount - b.amount,
  );
  const named = { inputs: [{ txid: least.txid, vout: least.vout }] };
  expect(await call(all, 'sendall', [FOREIGN, OTHER], null, 'unset', 2, named)).toMatchObject({
    complete: true,
  });
  expect(await trusted(all)).toBe(3);
  for (const [parameters, code, message] of [
    [[[{ [OTHER]: 1 }]], -8, 'Must provide at least one address without a specified amount'],
    [[[OTHER, OTHER], null, 'unset', 2], -8, `Invalid parameter, duplicated address: ${OTHER}`],
    [
      [[{ [FOREIGN]: 4 }, OTHER], null, 'unset', 2],
      -6,
      'Assigned more value to outputs than available funds.',
    ],
    [
      [[{ [FOREIGN]: 3 }, OTHER], null, 'unset', 2],
      -6,
      'Insufficient funds for fees after creating specified outputs.',
    ],
    [
      [[{ [FOREIGN]: 1e-8 }, OTHER], null, 'unset', 2],
      -8,
      `Specified output amount to ${FOREIGN} is below dust threshold.`,
    ],
    [
      [[OTHER], null, 'unset', 2, { ...named, send_max: true }],
      -8,
      'Cannot combine send_max with specific inputs.',
    ],
    [
      [[OTHER], null, 'unset', 2, named],
      -8,
      `Input not available. UTXO (${least.txid}:${least.vout}) was already spent.`,
    ],
    [
      [[OTHER], null, 'unset', 100_000],
      -4,
      'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)',
    ],
    [
      [[OTHER], null, 'unset', 0.5],
      -8,
      expect.stringContaining('is lower than the minimum fee rate setting'),
    ],
  ] as const)
    expect(await errorOf(all, 'sendall', ...parameters)).toEqual({ code, message });
  await call(all, 'sendall', [OTHER], null, 'unset', 2);
  expect(await trusted(all)).toBe(0);
  const dust = await paid('dust', [0.000004, 1]);
  await call(dust, 'sendall', [OTHER], null, 'unset', 300, { send_max: true });
  expect(await trusted(dust)).toBe(0.000004);
});

test('what is spent unconfirmed is lifted to the rate that is paid', async () => {
  const slow = await paid('slow', [1]);
  const first = await call(slow, 'send', [{ [FOREIGN]: 0.4 }], null, 'unset', 1);
  const second = await call(slow, 'send', [{ [FOREIGN]: 0.2 }], null, 'unset', 10);
  const facts = async (txid: string) => {
    const { vsize, fees } = await call(null, 'getmempoolentry', txid);
    return { vsize, fee: Math.round(fees.base * 1e8) };
  };
  const [parent, child] = [await facts(first.txid), await facts(second.txid)];
  const rate = (parent.fee + child.fee) / (parent.vsize + child.vsize);
  expect(rate).toBeGreaterThanOrEqual(10);
  expect(rate).toBeLessThan(10.2);
  // Nothing is to be lifted where the parent pays enough.
  const third = await call(slow, 'send', [{ [FOREIGN]: 0.1 }], null, 'unset', 1);
  const { fee, vsize } = await facts(third.txid);
  expect(fee).toBeLessThanOrEqual(vsize + 2);
});

test('a coin that is spent is no longer locked', async () => {
  const keeper = await paid('keeper', [1]);
  const [{ txid, vout }] = await call(keeper, 'listunspent');
  await call(keeper, 'lockunspent', false, [{ txid, vout }], true);
  const raw = await call(null, 'createrawtransaction', [{ txid, vout }], [{ [FOREIGN]: 0.999 }]);
  await call(null, 'sendrawtransaction', (await call(keeper, 'signrawtransactionwithwallet', raw)).hex);
  expect(await call(keeper, 'listlockunspent')).toEqual([]);
  await call(null, 'unloadwallet', keeper);
  await call(null, 'loadwallet', keeper);
  expect(await call(keeper, 'listlockunspent')).toEqual([]);
});

test.each(['wsh', 'sh(wsh', 'sh'])(
  'two wallets sign a %s multisig that neither of them has',
  async (wrap) => {
    const roots = [1, 2].map((byte) => HDKey.fromMasterSeed(new Uint8Array(32).fill(byte), VERSIONS));
    const names = roots.map((_, i) => `${wrap}-${i}`);
    for (const [i, root] of roots.entries()) {
      await call(null, 'createwallet', names[i]!, false, true);
      const desc = withChecksum(`wpkh(${root.privateExtendedKey}/84h/0/*)`);
      await call(names[i]!, 'importdescriptors', [{ desc, timestamp: 'now', range: 20 }]);
    }
    const keys = roots.map((root) => {
      const [fingerprint, above] = [root.fingerprint, root.derive("m/84'/0")];
      return `[${fingerprint.toString(16).padStart(8, '0')}/84h/0]${above.publicExtendedKey}/3`;
    });
    const desc = withChecksum(`${wrap}(multi(2,${keys.join(',')})${wrap.includes('(') ? '))' : ')'}`);
    const [address] = await call(null, 'deriveaddresses', desc);
    const txid = await call('bank', 'sendtoaddress', address, 1);
    const raw = await call('bank', 'gettransaction', txid, false, true);
    const vout = raw.decoded.vout.findIndex((out: { value: number }) => out.value === 1);
    await call(null, 'generatetoaddress', 1, FOREIGN);
    let psbt = await call(null, 'createpsbt', [{ txid, vout }], [{ [FOREIGN]: 0.999 }]);
    psbt = await call(null, 'utxoupdatepsbt', psbt, [desc]);
    const { inputs } = await call(null, 'decodepsbt', psbt);
    expect('witness_utxo' in inputs[0]).toBe(wrap.includes('wsh'));
    if (!wrap.includes('wsh')) return;
    const half = await call(names[0]!, 'walletprocesspsbt', psbt);
    expect(half.complete).toBe(false);
    const whole = await call(names[1]!, 'walletprocesspsbt', half.psbt);
    expect(whole.complete).toBe(true);
    expect(await call(null, 'testmempoolaccept', [whole.hex])).toMatchObject([{ allowed: true }]);
  },
);

test('a wallet does not tell of the coins of others', async () => {
  const [{ txid, vout }] = await call('bank', 'listunspent');
  const psbt = await call(null, 'createpsbt', [{ txid, vout }], [{ [FOREIGN]: 0.1 }]);
  expect((await call('slow', 'walletprocesspsbt', psbt, false)).psbt).toBe(psbt);
});

test('joined PSBTs are shuffled and have no signatures', async () => {
  const coins = (await call('bank', 'listunspent')).slice(0, 6);
  const each: string[] = [];
  for (const { txid, vout } of coins) {
    const psbt = await call(null, 'createpsbt', [{ txid, vout }], [{ [FOREIGN]: 0.1 }], 0, true, 2, 0);
    each.push((await call('bank', 'walletprocesspsbt', psbt)).psbt);
  }
  const joined = new Set<string>();
  for (let i = 0; i < 10; i++) joined.add(await call(null, 'joinpsbts', each));
  expect(joined.size).toBeGreaterThan(1);
  const { tx, inputs } = await call(null, 'decodepsbt', [...joined][0]!);
  expect([tx.vin.length, tx.vout.length]).toEqual([6, 6]);
  for (const input of inputs)
    expect(Object.keys(input).some((field) => field.startsWith('final') || field.startsWith('partial'))).toBe(
      false,
    );
  const newer = await call(null, 'createpsbt', [], [{ [FOREIGN]: 0.1 }]);
  expect((await errorOf(null, 'joinpsbts', [each[0], newer]))?.message).toBe(
    'joinpsbts only operates on version 0 PSBTs',
  );
});

test('what transactions would do is told, and what spending tells of addresses', async () => {
  const told = await paid('told', [1, 2]);
  const coins = await call(told, 'listunspent');
  expect((await call(told, 'listaddressgroupings')).map((all: unknown[]) => all.length)).toEqual([1, 1]);
  const raw = (inputs: readonly object[], amount: number, to = FOREIGN) =>
    call(null, 'createrawtransaction', inputs, [{ [to]: amount }]);
  const first = await raw(coins, 2.9, await call(told, 'getnewaddress'));
  const { txid } = await call(null, 'decoderawtransaction', first);
  const second = await raw([{ txid, vout: 0 }], 2);
  const effect = async (...all: string[]) => (await call(told, 'simulaterawtransaction', all)).balance_change;
  expect([await effect(first), await effect(first, second)]).toEqual([-0.1, -3]);
  expect((await call('slow', 'simulaterawtransaction', [first])).balance_change).toBe(0);
  expect(await errorOf(told, 'simulaterawtransaction', [second])).toEqual({
    code: -8,
    message: 'One or more transaction inputs are missing or have been spent already',
  });
  expect(await errorOf(told, 'simulaterawtransaction', [first, await raw(coins, 1)])).toEqual({
    code: -8,
    message: 'Transaction(s) are spending the same output more than once',
  });
  await call(told, 'sendall', [FOREIGN], null, 'unset', 2);
  const [linked, ...others] = await call(told, 'listaddressgroupings');
  expect(others).toEqual([]);
  expect(linked.map(([, value, label]: [string, number, string]) => [value, label])).toEqual([
    [0, ''],
    [0, ''],
  ]);
});

test('a proof is enough to take note of a transaction, but none that is not in the chain', async () => {
  const txid = await call('bank', 'sendtoaddress', await call('told', 'getnewaddress'), 1);
  const [hash] = await call(null, 'generatetoaddress', 1, FOREIGN);
  const { hex } = await call('told', 'gettransaction', txid);
  const proof = await call(null, 'gettxoutproof', [txid], hash);
  const { descriptors } = await call('told', 'listdescriptors');
  await call(null, 'createwallet', 'pruned', true);
  expect((await errorOf('pruned', 'importprunedfunds', hex, proof))?.message).toBe(
    'No addresses in wallet correspond to included transaction',
  );
  const own = descriptors.map(({ desc }: { desc: string }) => ({ desc, timestamp: 'now', range: 5 }));
  // The chain is younger than "now" says: only what is proved is known.
  const wallet = memory.node.wallets.get('pruned')!;
  for (const { desc } of own)
    await call('pruned', 'importdescriptors', [{ desc, timestamp: 2_000_000_000, range: 5 }]);
  for (const entry of wallet.history.transactions) wallet.history.remove(entry);
  await call('pruned', 'importprunedfunds', hex, proof);
  expect(await call('pruned', 'gettransaction', txid)).toMatchObject({ blockhash: hash, amount: 1 });
  const other = await call('bank', 'gettransaction', (await call('bank', 'listunspent'))[0].txid);
  expect((await errorOf('pruned', 'importprunedfunds', other.hex, proof))?.message).toBe(
    "Transaction given doesn't exist in proof",
  );
  for (const given of [txid, 'no txid'])
    expect((await errorOf('pruned', 'removeprunedfunds', given))?.code).toBe(-32);
});

test('a tapscript names a key by the hash of its x', async () => {
  await call(null, 'createwallet', 'hashed', false, true);
  const [outer, first, second] = [1, 2, 3].map((byte) =>
    HDKey.fromMasterSeed(new Uint8Array(32).fill(byte), VERSIONS),
  );
  const leaf = `and_v(v:pkh(${first!.privateExtendedKey}/*),pk(${second!.privateExtendedKey}/*))`;
  const desc = withChecksum(`tr(${outer!.publicExtendedKey}/*,${leaf})`);
  const [imported] = await call('hashed', 'importdescriptors', [{ desc, timestamp: 'now', active: true }]);
  expect(imported.success).toBe(true);
  await call('bank', 'sendtoaddress', await call('hashed', 'getnewaddress', '', 'bech32m'), 1);
  await call(null, 'generatetoaddress', 1, FOREIGN);
  const spent = await call('hashed', 'sendall', [FOREIGN], null, 'unset', 2);
  expect(spent.complete).toBe(true);
  expect(await call(null, 'getrawmempool')).toContain(spent.txid);
});
