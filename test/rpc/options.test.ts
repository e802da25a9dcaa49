/** Options of the methods that spend: each one has its effect, or is refused with Bitcoin Core's code and words. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { METHODS } from '../../src/methods.ts';
import { helpText } from '../../src/rpc/help.ts';

const FOREIGN = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const UNKNOWN = 'ab'.repeat(32);
/** Stand for what the wallet has: a coin of 50, an address, a transaction that waits, a raw draft of a payment of 1. */
const COIN = 'COIN';
const OWN = 'OWN';
const WAITS = 'WAITS';
const RAW = 'RAW';
const IN = 'IN';

let memory: MemoryNode;
let coin: { txid: string; vout: number };
let other: { txid: string; vout: number };
const stands: Record<string, unknown> = {};

interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

async function ask(method: string, params: unknown, wallet = 'w'): Promise<Reply> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params }, (_key, value: unknown) =>
    typeof value === 'string' && value in stands ? stands[value] : value,
  );
  const { signal } = new AbortController();
  const answer = await memory.node.rpc.handle(body, { path: `/wallet/${wallet}`, user: '', signal });
  return JSON.parse(answer.body) as Reply;
}

// biome-ignore lint/suspicious/noExplicitAny: answers have many shapes, and the tests say which
async function call(method: string, ...params: readonly unknown[]): Promise<any> {
  const { result, error } = await ask(method, params);
  if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
  return result;
}

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  await call('createwallet', 'w');
  const own = await call('getnewaddress');
  await call('generatetoaddress', 102, own);
  [coin, other] = await call('listunspent');
  await call('settxfee', 0.0001);
  Object.assign(stands, { [COIN]: coin, [OWN]: own });
  stands[IN] = await call('createrawtransaction', [coin], [{ [FOREIGN]: 1 }]);
  stands[RAW] = await call('createrawtransaction', [], [{ [FOREIGN]: 1 }]);
});
afterAll(() => memory.stop());

const decode = async (psbt: string) => {
  const {
    inputs,
    outputs,
    fallback_locktime: lockTime,
    tx_version: version,
  } = await call('decodepsbt', psbt);
  return { inputs, outputs, lockTime, version };
};

test('a coin that is chosen twice is spent once', async () => {
  const short =
    'The preselected coins total amount does not cover the transaction target. Please allow other inputs to be automatically selected or include more coins manually';
  for (const [method, params] of [
    ['walletcreatefundedpsbt', [[coin, coin], [{ [FOREIGN]: 60 }], 0, { fee_rate: 2 }]],
    ['send', [[{ [FOREIGN]: 60 }], null, 'unset', 2, { inputs: [coin, coin], add_to_wallet: false }]],
  ] as const)
    expect((await ask(method, params)).error).toEqual({ code: -4, message: short });
  const raw = await call('createrawtransaction', [coin, coin], [{ [FOREIGN]: 60 }]);
  expect((await ask('fundrawtransaction', [raw, { fee_rate: 2, add_inputs: false }])).error?.message).toBe(
    short,
  );
  const funded = await call('fundrawtransaction', raw, { fee_rate: 2 });
  const { vin } = await call('decoderawtransaction', funded.hex);
  expect(vin.map(({ txid }: { txid: string }) => txid).sort()).toEqual([coin.txid, other.txid].sort());
  // What counts is the last time it is named.
  const twice = [{ ...coin, sequence: 5 }, other, { ...coin, sequence: 7 }];
  const { psbt } = await call('walletcreatefundedpsbt', twice, [{ [FOREIGN]: 60 }], 0, { fee_rate: 2 });
  const { inputs } = await decode(psbt);
  expect(inputs).toMatchObject([{ previous_txid: other.txid }, { previous_txid: coin.txid, sequence: 7 }]);
});

const heavy =
  "The inputs size exceeds the maximum weight. Please try sending a smaller amount or manually consolidating your wallet's UTXOs";
const RANGE = 'JSON integer out of range';
/** Options that no method that funds may take, with what they answer. */
const fundRefusals: readonly (readonly [Record<string, unknown>, number, string])[] = [
  [{ feerate: 100 }, -3, 'Unexpected key feerate'],
  [{ version: 3 }, -3, 'Unexpected key version'],
  [{ minconf: '1' }, -3, 'JSON value of type string for field minconf is not of expected type number'],
  [{ minconf: -1 }, -8, 'Negative minconf'],
  [{ minconf: 1.5 }, -1, RANGE],
  [{ minconf: 2 ** 31 }, -1, RANGE],
  [{ minconf: 3, maxconf: 2 }, -8, "maxconf can't be lower than minconf: 2 < 3"],
  [{ maxconf: -1 }, -8, "maxconf can't be lower than minconf: -1 < 0"],
  [{ minconf: 1000 }, -4, 'Insufficient funds'],
  [{ maxconf: 1 }, -4, 'Insufficient funds'],
  [{ change_address: 'x' }, -5, 'Change address must be a valid bitcoin address'],
  [{ change_position: -1 }, -8, 'changePosition out of bounds'],
  [{ change_position: 2 }, -8, 'changePosition out of bounds'],
  [{ change_type: 'x' }, -5, "Unknown change type 'x'"],
  [
    { change_type: 'bech32', change_address: OWN },
    -8,
    'Cannot specify both change address and address type options',
  ],
  [
    { include_unsafe: 1 },
    -3,
    'JSON value of type number for field include_unsafe is not of expected type bool',
  ],
  [
    { lock_unspents: 'true' },
    -3,
    'JSON value of type string for field lock_unspents is not of expected type bool',
  ],
  [{ fee_rate: -1 }, -3, 'Amount out of range'],
  [{ fee_rate: 1.0001 }, -3, 'Invalid amount'],
  [{ fee_rate: 2, estimate_mode: 'economical' }, -8, 'Cannot specify both estimate_mode and fee_rate'],
  [
    { estimate_mode: 'foo' },
    -8,
    'Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"',
  ],
  [{ conf_target: 0, estimate_mode: 'economical' }, -8, 'Invalid conf_target, must be between 1 and 1008'],
  [{ conf_target: 1009, estimate_mode: 'economical' }, -8, 'Invalid conf_target, must be between 1 and 1008'],
  [{ max_tx_weight: 259 }, -4, 'Maximum transaction weight must be between 260 and 400000'],
  [{ max_tx_weight: 400_001 }, -4, 'Maximum transaction weight must be between 260 and 400000'],
  [{ max_tx_weight: -1 }, -4, 'Maximum transaction weight must be between 260 and 400000'],
  [{ max_tx_weight: 2 ** 31 }, -1, RANGE],
  [{ max_tx_weight: 300 }, -4, heavy],
  [{ solving_data: { keys: [] } }, -3, 'Unexpected key keys'],
  [{ solving_data: { pubkeys: ['02'] } }, -5, 'Pubkey "02" must have a length of either 33 or 65 bytes'],
  [{ solving_data: { scripts: ['zz'] } }, -5, "'zz' is not hex"],
  [{ solving_data: { descriptors: ['x'] } }, -8, "Unable to parse descriptor 'x': Missing checksum"],
  [
    { subtract_fee_from_outputs: [1] },
    -8,
    "Invalid parameter 'subtract fee from output', position too large: 1",
  ],
];

test.each(fundRefusals)('no method that funds takes %j', async (options, code, message) => {
  const outputs = [{ [FOREIGN]: 1 }];
  for (const [method, params] of [
    ['fundrawtransaction', [RAW, options]],
    ['walletcreatefundedpsbt', [[], outputs, 0, options]],
    ['send', [outputs, null, null, null, { add_to_wallet: false, ...options }]],
  ] as const)
    expect({ method, ...(await ask(method, params)).error }).toEqual({ method, code, message });
});

const out = [{ [FOREIGN]: 1 }];
const input = (more: object): unknown => [{ ...{ txid: UNKNOWN, vout: 0 }, ...more }];
const rows: readonly (readonly [string, unknown, number, string])[] = [
  ['walletcreatefundedpsbt', [[], out, -1], -8, 'Invalid parameter, locktime out of range'],
  ['walletcreatefundedpsbt', [[], out, 2 ** 32], -8, 'Invalid parameter, locktime out of range'],
  ['walletcreatefundedpsbt', [[], out, 1.5], -1, RANGE],
  ['walletcreatefundedpsbt', [[], out, 0, {}, true, 4], -8, 'Invalid parameter, version out of range(1~3)'],
  ['walletcreatefundedpsbt', [[], out, 0, {}, true, -1], -1, RANGE],
  ['walletcreatefundedpsbt', [[], out, 0, {}, true, 2, 1], -8, 'The PSBT version can only be 2 or 0'],
  ['walletcreatefundedpsbt', [[], []], -8, 'TX must have at least one output'],
  ['walletcreatefundedpsbt', [input({}), out], -4, 'Unable to find UTXO for external input'],
  ['walletcreatefundedpsbt', [input({ vout: -1 }), out], -8, 'Invalid parameter, vout cannot be negative'],
  [
    'walletcreatefundedpsbt',
    [input({ sequence: 2 ** 32 }), out],
    -8,
    'Invalid parameter, sequence number is out of range',
  ],
  [
    'walletcreatefundedpsbt',
    [input({ sequence: 0xffffffff }), out, 0, { replaceable: true }],
    -8,
    'Invalid parameter combination: Sequence number(s) contradict replaceable option',
  ],
  [
    'walletcreatefundedpsbt',
    [[], out, 0, { input_weights: [] }],
    -8,
    'Input weights should be specified in inputs rather than in options.',
  ],
  ['walletcreatefundedpsbt', [[], out, 0, { locktime: 5 }], -3, 'Unexpected key locktime'],
  [
    'walletcreatefundedpsbt',
    [[{ ...{ txid: UNKNOWN, vout: 0 }, weight: 164 }], out],
    -8,
    expect.stringContaining('weight cannot be less than 165') as unknown as string,
  ],
  [
    'walletcreatefundedpsbt',
    [[{ ...{ txid: UNKNOWN, vout: 0 }, weight: 400_001 }], out],
    -8,
    'Invalid parameter, weight cannot be greater than the maximum standard tx weight of 400000',
  ],
  [
    'fundrawtransaction',
    [RAW, { input_weights: [{ txid: UNKNOWN, vout: 0 }] }],
    -8,
    'Invalid parameter, missing weight key',
  ],
  [
    'fundrawtransaction',
    [RAW, { input_weights: [{ txid: UNKNOWN }] }],
    -8,
    'Invalid parameter, missing vout key',
  ],
  [
    'fundrawtransaction',
    [RAW, { feeRate: 0.001, fee_rate: 2 }],
    -8,
    'Cannot specify both fee_rate (sat/vB) and feeRate (BTC/kvB)',
  ],
  [
    'fundrawtransaction',
    [RAW, { feeRate: 0.001, estimate_mode: 'economical' }],
    -8,
    'Cannot specify both estimate_mode and feeRate',
  ],
  ['fundrawtransaction', [RAW, { psbt: true }], -3, 'Unexpected key psbt'],
  ['send', [out, 6], -8, 'Specify estimate_mode'],
  [
    'send',
    [out, 6, 'economical', null, { conf_target: 6 }],
    -8,
    'Pass conf_target and estimate_mode either as arguments or in the options object, but not both',
  ],
  [
    'send',
    [out, null, null, 2, { fee_rate: 2 }],
    -8,
    'Pass the fee_rate either as an argument, or in the options object, but not both',
  ],
  ['send', [out, null, null, 2, { changePosition: 0 }], -8, 'Use change_position instead of changePosition'],
  ['send', [out, null, null, 2, { feeRate: 0 }], -8, 'Use fee_rate (sat/vB) instead of feeRate'],
  ['send', [out, null, null, 2, { locktime: -1 }], -8, 'Invalid parameter, locktime out of range'],
  ['send', [out, null, null, 2, { locktime: 2 ** 32 }], -8, 'Invalid parameter, locktime out of range'],
  ['send', [out, null, null, 2, {}, 4], -8, 'Invalid parameter, version out of range(1~3)'],
  [
    'send',
    [out, null, null, 0.5],
    -4,
    'Fee rate (0.500 sat/vB) is lower than the minimum fee rate setting (1.000 sat/vB).\nConsider modifying -mintxfee (1.000 sat/vB) or -minrelaytxfee (0.100 sat/vB).',
  ],
  [
    'sendtoaddress',
    [FOREIGN, 1, '', '', false, true, null, 'unset', true],
    -4,
    'wallet does not have the "avoid reuse" feature enabled',
  ],
  [
    'sendtoaddress',
    [FOREIGN, 1, '', '', false, true, '6'],
    -3,
    expect.stringContaining('"Position 7 (conf_target)"') as unknown as string,
  ],
  ['sendtoaddress', [FOREIGN, 100], -6, 'Insufficient funds'],
  ['sendtoaddress', [FOREIGN, 100.00001, '', '', false], -6, 'Insufficient funds'],
  ['getbalance', ['*', 0, false, true], -4, 'wallet does not have the "avoid reuse" feature enabled'],
  ['bumpfee', [WAITS, { feerate: 100 }], -3, 'Unexpected key feerate'],
  ['bumpfee', [WAITS, { psbt_version: 2 }], -3, 'Unexpected key psbt_version'],
  [
    'bumpfee',
    [WAITS, { conf_target: 6, confTarget: 6 }],
    -8,
    'confTarget and conf_target options should not both be set. Use conf_target (confTarget is deprecated).',
  ],
  ['bumpfee', [WAITS, { original_change_index: 2 }], -8, 'Change position is out of range'],
  ['bumpfee', [WAITS, { original_change_index: -1 }], -1, RANGE],
  ['bumpfee', [WAITS, { outputs: [] }], -8, 'Invalid parameter, output argument cannot be an empty array'],
  [
    'bumpfee',
    [WAITS, { outputs: out, original_change_index: 0 }],
    -8,
    "The options 'outputs' and 'original_change_index' are incompatible. You can only either specify a new set of outputs, or designate a change output to be recycled.",
  ],
  [
    'bumpfee',
    [WAITS, { fee_rate: 0 }],
    -8,
    'Insufficient total fee 0.00, must be at least 0.00001425 (oldFee 0.0000141 + incrementalFee 0.00000015)',
  ],
  [
    'bumpfee',
    [WAITS, { fee_rate: 10 }],
    -8,
    'Insufficient total fee 0.0000141, must be at least 0.00001425 (oldFee 0.0000141 + incrementalFee 0.00000015)',
  ],
  [
    'bumpfee',
    [WAITS, { fee_rate: 100_000 }],
    -4,
    'Specified or calculated fee 0.141 is too high (cannot be higher than -maxtxfee 0.10)',
  ],
  ['bumpfee', [UNKNOWN], -5, 'Invalid or non-wallet transaction id'],
  ['psbtbumpfee', [WAITS, { psbt_version: 1 }], -8, 'The PSBT version can only be 2 or 0'],
  [
    'bumpfee',
    { txid: WAITS, fee_rate: 10, conf_target: 6 },
    -8,
    expect.stringContaining('Cannot specify both conf_target and fee_rate') as unknown as string,
  ],
];

const P2SH = `a914${'11'.repeat(20)}87`;
const previous = (more: object, script = P2SH) => [
  { ...{ txid: UNKNOWN, vout: 0 }, scriptPubKey: script, ...more },
];
const prevRows = (method: string, before: readonly unknown[]): typeof rows => [
  [method, [...before, ['x']], -22, 'expected object with {"txid\'","vout","scriptPubKey"}'],
  [method, [...before, [{ txid: UNKNOWN, vout: 0 }]], -3, 'Missing scriptPubKey'],
  [method, [...before, previous({ vout: -1 })], -22, 'vout cannot be negative'],
  [method, [...before, previous({ amount: -1 })], -3, 'Amount out of range'],
  [
    method,
    [...before, [...previous({}, '52'), ...previous({}, '51')]],
    -22,
    'Previous output scriptPubKey mismatch:\n2\nvs:\n1',
  ],
  [
    method,
    [...before, previous({ redeemScript: '51' })],
    -8,
    'redeemScript/witnessScript does not match scriptPubKey',
  ],
  [
    method,
    [...before, previous({ redeemScript: '51', witnessScript: '52' })],
    -8,
    'redeemScript does not correspond to witnessScript',
  ],
];
const moreRows: typeof rows = [
  ...prevRows('signrawtransactionwithkey', [IN, []]),
  ...prevRows('signrawtransactionwithwallet', [IN]),
  ['signrawtransactionwithkey', [IN, [], previous({})], -8, 'Missing redeemScript/witnessScript'],
  [
    'signrawtransactionwithwallet',
    [IN, [], 'DEFAULT for'],
    -8,
    "'DEFAULT for' is not a valid sighash parameter.",
  ],
  ['signrawtransactionwithwallet', [RAW], -22, 'TX decode failed. Make sure the tx has at least one input.'],
  ['utxoupdatepsbt', ['cHNi', [5]], -8, 'Scan object needs to be either a string or an object'],
  ['scantxoutset', ['start', [{ desc: 'x', range: -1 }]], -8, 'End of range is too high'],
  [
    'gettxspendingprevout',
    [[{ txid: UNKNOWN, vout: 0 }], { mempool_only: false }],
    -1,
    'Mempool lacks a relevant spend, and txospenderindex is unavailable.',
  ],
  ['testmempoolaccept', [[RAW], 1], -8, 'Fee rates larger than or equal to 1BTC/kvB are not accepted'],
  ['createpsbt', [[], [], 2 ** 32], -8, 'Invalid parameter, locktime out of range'],
  ['createpsbt', [[], [], 0, true, 2 ** 32], -1, RANGE],
  ['createpsbt', [[], [], 0, true, 2, 1], -8, 'The PSBT version can only be 2 or 0'],
  ['lockunspent', [false, [{ txid: UNKNOWN }]], -3, 'Missing vout'],
  [
    'lockunspent',
    [false, [{ txid: UNKNOWN, vout: '0' }]],
    -3,
    'JSON value of type string for field vout is not of expected type number',
  ],
  ['lockunspent', [false, [{ txid: UNKNOWN, vout: 0 }]], -8, 'Invalid parameter, unknown transaction'],
  ['listunspent', [1, 9, [], true, { minimumCount: 1 }], -3, 'Unexpected key minimumCount'],
  [
    'listunspent',
    [1, 9, [], true, { include_immature_coinbase: 1 }],
    -3,
    'JSON value of type number for field include_immature_coinbase is not of expected type bool',
  ],
  ['listunspent', [1, 9, [], true, { maximumCount: 1.5 }], -1, RANGE],
  ['listunspent', [1, 9, [], true, { minimumAmount: -1 }], -3, 'Amount out of range'],
  ['listsinceblock', ['', 0], -8, 'Invalid parameter'],
  ['listsinceblock', ['', 1, false, true, false, '*'], -11, 'Invalid label name'],
  ['listtransactions', ['*', -1], -8, 'Negative count'],
  ['listtransactions', ['*', 1, -1], -8, 'Negative from'],
  ['listreceivedbyaddress', [1, false, false, 'x'], -4, 'address_filter parameter was invalid'],
  ['rescanblockchain', [-1], -8, 'Invalid start_height'],
  ['rescanblockchain', [1, 1000], -8, 'Invalid stop_height'],
  [
    'importdescriptors',
    [[{ desc: 'x', timestamp: true }]],
    -3,
    'Expected number or "now" timestamp value for key. got type bool',
  ],
  [
    'addnode',
    ['127.0.0.1:1', 'onetry', true],
    -8,
    'Error: v2transport requested but not enabled (see -v2transport)',
  ],
];

test.each(moreRows)('%s %j is refused', async (method, params, code, message) => {
  expect((await ask(method, params)).error).toEqual({ code, message });
});

test('locks go only where they are named', async () => {
  await call('lockunspent', false, [other, other]);
  expect(await call('lockunspent', true, [])).toBe(true);
  expect(await call('listlockunspent')).toEqual([{ txid: other.txid, vout: other.vout }]);
  expect(await call('lockunspent', true)).toBe(true);
  expect(await call('listlockunspent')).toEqual([]);
});

test('what is asked of imported descriptors is kept or refused', async () => {
  const { descriptor } = await call('getdescriptorinfo', `addr(${FOREIGN})`);
  const ranged = (await call('listdescriptors', true)).descriptors[0].desc;
  const multi = (await call('getdescriptorinfo', ranged.replace(/0\/\*\)/, '<0;1>/*)').split('#')[0]))
    .checksum;
  const twofold = `${ranged.replace(/0\/\*\)/, '<0;1>/*)').split('#')[0]}#${multi}`;
  for (const [more, code, message] of [
    [{ desc: descriptor, range: 5 }, -8, 'Range should not be specified for an un-ranged descriptor'],
    [{ desc: descriptor, active: true }, -8, 'Active descriptors must be ranged'],
    [{ desc: descriptor, internal: true, label: 'x' }, -8, 'Internal addresses should not have a label'],
    [{ desc: descriptor, label: '*' }, -11, 'Invalid label name'],
    [{ desc: ranged, label: 'x' }, -8, 'Ranged descriptors should not have a label'],
    [{ desc: ranged, range: [0, 5], next_index: 6 }, -8, 'next_index is out of range'],
    [{ desc: ranged, range: [5, 0] }, -8, 'Range specified as [begin,end] must not have begin after end'],
    [{ desc: twofold, label: 'x' }, -8, 'Multipath descriptors should not have a label'],
    [
      { desc: twofold, internal: false },
      -5,
      "Cannot have multipath descriptor while also specifying 'internal'",
    ],
  ] as const) {
    const [answer] = await call('importdescriptors', [{ timestamp: 'now', ...more }]);
    expect(answer, JSON.stringify(more)).toMatchObject({ success: false, error: { code, message } });
  }
  // Nothing is taken in where one of them cannot be: it would not be looked for.
  const before = (await call('listdescriptors')).descriptors.length;
  expect(
    (await ask('importdescriptors', [[{ desc: twofold, timestamp: 'now' }, { desc: twofold }]])).error,
  ).toEqual({ code: -3, message: 'Missing required timestamp field for key' });
  expect((await call('listdescriptors')).descriptors).toHaveLength(before);
});

test.each(rows)('%s %j is refused', async (method, params, code, message) => {
  stands[WAITS] ??= await call('sendtoaddress', FOREIGN, 1, '', '', false, true, null, 'unset', false, 10);
  expect((await ask(method, params)).error).toEqual({ code, message });
});

test('an output is recycled, or all are replaced', async () => {
  const { vout } = (await call('gettransaction', stands[WAITS], false, true)).decoded;
  const paid = vout.findIndex(({ value }: { value: number }) => value === 1);
  const recycled = await call('psbtbumpfee', stands[WAITS], { original_change_index: paid, fee_rate: 30 });
  const amounts = async (psbt: string) =>
    (await decode(psbt)).outputs
      .map(({ amount, script }: { amount: number; script: { address: string } }) => [script.address, amount])
      .sort();
  const own = vout[1 - paid];
  expect(await amounts(recycled.psbt)).toEqual(
    [
      [own.scriptPubKey.address, own.value],
      [FOREIGN, expect.closeTo(1 - 0.0000282, 7)],
    ].sort(),
  );
  const other = await call('getnewaddress');
  const replaced = await call('psbtbumpfee', stands[WAITS], { outputs: [{ [other]: 3 }], fee_rate: 30 });
  expect((await amounts(replaced.psbt)).filter(([, amount]: [string, number]) => amount === 3)).toHaveLength(
    1,
  );
  expect(await amounts(replaced.psbt)).toHaveLength(2);
  // Nothing but a tenth of a satoshi for each virtual byte is asked beyond the old fee.
  const bumped = await call('bumpfee', stands[WAITS], { fee_rate: 10.2 });
  expect(bumped).toMatchObject({ origfee: 0.0000141, fee: 0.00001439, errors: [] });
  // The larger of the estimate, which is 10 sat/vB, and the old rate with the wallet's increment.
  // One in a hundred signatures is shorter, and the old rate with it higher.
  const { vsize } = (await call('gettransaction', bumped.txid, false, true)).decoded;
  const again = await call('bumpfee', bumped.txid, { conf_target: 6, estimate_mode: 'economical' });
  expect(again.fee).toBeCloseTo((141 * (1439 / vsize + 5)) / 1e8, 7);
  await call('settxfee', 0.001);
  expect((await call('psbtbumpfee', again.txid, { conf_target: 6 })).fee).toBe(0.000141);
  await call('settxfee', 0.0001);
});

test.each([
  ['bech32', 0.0001254],
  ['legacy', 0.0001734],
])('a payment of two wallets can be bumped by hand: %s', async (type, fee) => {
  await ask('createwallet', ['other']);
  const theirs = (await ask('getnewaddress', ['', type], 'other')).result;
  const txid = await call('sendtoaddress', theirs, 3, '', '', false, true, null, 'unset', false, 5);
  await call('generatetoaddress', 4, stands[OWN]);
  const { vout: outputs } = (await call('gettransaction', txid, false, true)).decoded;
  const vout = outputs.findIndex(({ value }: { value: number }) => value === 3);
  const mine = (await call('listunspent')).find(({ amount }: { amount: number }) => amount === 50);
  const change = await call('getrawchangeaddress', 'bech32');
  const paid = [{ [FOREIGN]: 10 }, { [change]: 42.9999 }];
  const psbt = await call(
    'createpsbt',
    [
      { txid: mine.txid, vout: mine.vout },
      { txid, vout },
    ],
    paid,
  );
  const signed = await ask('walletprocesspsbt', [(await call('walletprocesspsbt', psbt)).psbt], 'other');
  const { hex } = await call('finalizepsbt', (signed.result as { psbt: string }).psbt);
  const joint = await call('sendrawtransaction', hex);
  expect((await ask('bumpfee', [joint])).error).toEqual({
    code: -4,
    message: "Transaction contains inputs that don't belong to this wallet",
  });
  expect(await call('psbtbumpfee', joint, { fee_rate: 60 })).toMatchObject({ origfee: 0.0001, fee });
});

test('what is asked for is done', async () => {
  const create = async (options: object, ...more: unknown[]) => {
    const { psbt, changepos } = await call('walletcreatefundedpsbt', [], out, 0, options, ...more);
    return { ...(await decode(psbt)), changepos };
  };
  expect((await create({ change_position: 1, fee_rate: 2 })).changepos).toBe(1);
  expect(await create({}, true, 3)).toMatchObject({ version: 3, lockTime: 0 });
  expect((await create({ replaceable: false })).inputs[0].sequence).toBe(0xfffffffe);
  expect((await create({ change_type: 'legacy', changePosition: 0 })).outputs[0].script.type).toBe(
    'pubkeyhash',
  );
  // Another coin may be of a kind that weighs more.
  const { txid, vout } = (await call('listunspent')).find(({ amount }: { amount: number }) => amount === 50);
  const inputs = [{ txid, vout }];
  const named = await ask('walletcreatefundedpsbt', {
    inputs,
    outputs: out,
    fee_rate: 50,
    changePosition: 0,
  });
  expect(named.result).toMatchObject({ changepos: 0, fee: 0.0000705 });
  const sent = await call('send', out, null, null, 2, { add_to_wallet: false, locktime: 77 }, 1);
  expect(await call('decoderawtransaction', sent.hex)).toMatchObject({ version: 1, locktime: 77 });
  const weighed = await call('walletcreatefundedpsbt', [{ ...other, weight: 4000 }], out, 0, {
    fee_rate: 10,
  });
  expect(weighed.fee).toBeGreaterThan(0.0001);
  // Change that costs more to spend than it is worth goes to the fee, also above what is dust to nodes.
  const round = await call('walletcreatefundedpsbt', [other], [{ [FOREIGN]: 49.99998 }], 0, { fee_rate: 10 });
  expect(round).toMatchObject({ fee: 0.00002, changepos: -1 });
  const both = await call('send', out, null, null, 2, { psbt: true });
  expect(Object.keys(both).sort()).toEqual(['complete', 'hex', 'psbt', 'txid']);
  // Every option is shown, since it is declared where it is read.
  expect(helpText(METHODS.bumpfee)).toContain('original_change_index');
});
