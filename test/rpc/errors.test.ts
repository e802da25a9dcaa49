/** What methods refuse, with Bitcoin Core's codes and words. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const UNKNOWN = 'ab'.repeat(32);
const GENESIS_TXID = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b';
/** Stand for the hashes of the tip, and of a header whose block is not there. */
const TIP = 'TIP';
const MISSING = 'MISSING';
const INPUT = { txid: UNKNOWN, vout: 0 };

let memory: MemoryNode;
let tip: string;
let missing: string;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  const { result } = await memory.call('generatetoaddress', JSON.stringify([3, ADDRESS]));
  tip = (result as string[]).at(-1)!;
  const made = await memory.call('generateblock', JSON.stringify([ADDRESS, [], false]));
  const { hash, hex } = made.result as { hash: string; hex: string };
  await memory.call('submitheader', JSON.stringify([hex.slice(0, 160)]));
  missing = hash;
});
afterAll(() => memory.stop());

const rows: readonly (readonly [string, readonly unknown[], number, string])[] = [
  ['getblockhash', [4], -8, 'Block height out of range'],
  ['getblock', [UNKNOWN], -5, 'Block not found'],
  ['getblock', ['00'], -8, "blockhash must be of length 64 (not 2, for '00')"],
  ['getblock', [TIP, 'x'], -3, 'JSON value of type string is not of expected type number'],
  ['getblock', [MISSING], -1, 'Block not available (not fully downloaded)'],
  ['getblockstats', [MISSING], -1, 'Block not available (not fully downloaded)'],
  ['getblockheader', ['zz'], -8, "hash must be of length 64 (not 2, for 'zz')"],
  ['getblockfilter', [TIP, 'nothing'], -5, 'Unknown filtertype'],
  ['getblockfilter', [UNKNOWN], -5, 'Block not found'],
  ['getblockstats', [-1], -8, 'Target block height -1 is negative'],
  ['getblockstats', [4], -8, 'Target block height 4 after current tip 3'],
  ['getblockstats', [1, ['nothing']], -8, "Invalid selected statistic 'nothing'"],
  ['getchaintxstats', [3], -8, "Invalid block count: should be between 0 and the block's height - 1"],
  ['getchaintxstats', [-1], -8, "Invalid block count: should be between 0 and the block's height - 1"],
  ['getchaintxstats', [1, UNKNOWN], -5, 'Block not found'],
  ['getdeploymentinfo', [UNKNOWN], -5, 'Block not found'],
  ['getnetworkhashps', [0], -8, 'Invalid nblocks. Must be a positive number or -1.'],
  ['getnetworkhashps', [1, 4], -8, 'Block does not exist at specified height'],
  ['gettxout', [UNKNOWN, -1], -1, 'JSON integer out of range'],
  ['gettxoutsetinfo', ['nothing'], -8, "'nothing' is not a valid hash_type"],
  [
    'gettxoutsetinfo',
    ['hash_serialized_3', 1],
    -8,
    'hash_serialized_3 hash type cannot be queried for a specific block',
  ],
  [
    'gettxoutsetinfo',
    ['muhash', 1, false],
    -8,
    'Cannot set use_index to false when querying for a specific block',
  ],
  [
    'dumptxoutset',
    ['x', 'nothing'],
    -8,
    'Invalid snapshot type "nothing" specified. Please specify "rollback" or "latest"',
  ],
  ['scanblocks', ['nothing'], -8, "Invalid action 'nothing'"],
  ['scanblocks', ['start'], -1, 'scanobjects argument is required for the start action'],
  ['scanblocks', ['start', [], 0, 10, 'extended'], -5, 'Unknown filtertype'],
  ['scanblocks', ['start', [], 4], -1, 'Invalid start_height'],
  ['scanblocks', ['start', [], 2, 1], -1, 'Invalid stop_height'],
  ['scanblocks', ['start', [], 0, 4], -1, 'Invalid stop_height'],
  ['getdescriptoractivity', [[UNKNOWN], []], -5, 'Block not found'],
  ['getdescriptoractivity', [[MISSING], []], -8, 'Block is not in main chain'],
  ['importmempool', ['none'], -1, 'Unable to import mempool file, see debug log for details.'],
  ['getmempoolcluster', [UNKNOWN], -5, 'Transaction not in mempool'],
  ['scantxoutset', ['nothing'], -8, "Invalid action 'nothing'"],
  ['scantxoutset', ['start'], -1, 'scanobjects argument is required for the start action'],
  ['scantxoutset', ['start', [1]], -8, 'Scan object needs to be either a string or an object'],
  ['scantxoutset', ['start', [{}]], -8, 'Descriptor needs to be provided in scan object'],
  [
    'scantxoutset',
    ['start', [{ desc: 'raw(51)', range: [2, 1] }]],
    -8,
    'Range specified as [begin,end] must not have begin after end',
  ],
  ['gettxoutproof', [[]], -8, "Parameter 'txids' cannot be empty"],
  ['gettxoutproof', [[UNKNOWN, UNKNOWN]], -8, `Invalid parameter, duplicated txid: ${UNKNOWN}`],
  ['gettxoutproof', [[UNKNOWN]], -5, 'Transaction not yet in block'],
  ['gettxoutproof', [[UNKNOWN], TIP], -5, 'Not all transactions found in specified or retrieved block'],
  ['verifytxoutproof', [''], -8, "proof must be hexadecimal string (not '')"],
  ['verifytxoutproof', ['00'], -1, 'SpanReader::read(): end of data: iostream error'],
  [
    'getrawtransaction',
    [GENESIS_TXID],
    -5,
    'The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved',
  ],
  ['getrawtransaction', [UNKNOWN, 0, UNKNOWN], -5, 'Block hash not found'],
  [
    'getrawtransaction',
    [UNKNOWN, 0, TIP],
    -5,
    'No such transaction found in the provided block. Use gettransaction for wallet transactions.',
  ],
  ['getrawtransaction', ['x'], -8, "parameter 1 must be of length 64 (not 1, for 'x')"],
  ['createrawtransaction', [[INPUT], { nowhere: 1 }], -5, 'Invalid Bitcoin address: nowhere'],
  [
    'createrawtransaction',
    [[INPUT], [{ [ADDRESS]: 1, data: '00' }]],
    -8,
    'Invalid parameter, key-value pair must contain exactly one key',
  ],
  ['createrawtransaction', [[INPUT], [1]], -8, 'Invalid parameter, key-value pair not an object as expected'],
  [
    'createrawtransaction',
    [[INPUT], [{ data: '00' }, { data: '01' }]],
    -8,
    'Invalid parameter, duplicate key: data',
  ],
  ['createrawtransaction', [[INPUT], [{ data: 'x' }]], -8, "Data must be hexadecimal string (not 'x')"],
  ['createrawtransaction', [[INPUT], null], -8, 'Invalid parameter, output argument must be non-null'],
  ['createrawtransaction', [[1], {}], -3, 'JSON value of type number is not of expected type object'],
  [
    'createrawtransaction',
    [[{ ...INPUT, sequence: 0xffffffff }], {}, 0, true],
    -8,
    'Invalid parameter combination: Sequence number(s) contradict replaceable option',
  ],
  ['createrawtransaction', [[INPUT], {}, 2 ** 32], -8, 'Invalid parameter, locktime out of range'],
  ['createrawtransaction', [[INPUT], {}, 0, true, 4], -8, 'Invalid parameter, version out of range(1~3)'],
  ['decodescript', ['x'], -8, "argument must be hexadecimal string (not 'x')"],
  ['sendrawtransaction', ['00', 1], -22, 'TX decode failed. Make sure the tx has at least one input.'],
  ['testmempoolaccept', [[]], -8, 'Array must contain between 1 and 25 transactions.'],
  ['testmempoolaccept', [['00'], 0.5], -22, 'TX decode failed: 00 Make sure the tx has at least one input.'],
  ['testmempoolaccept', [['00'], 1.5], -8, 'Fee rates larger than or equal to 1BTC/kvB are not accepted'],
  ['getmempoolentry', [UNKNOWN], -5, 'Transaction not in mempool'],
  ['getmempoolancestors', [UNKNOWN], -5, 'Transaction not in mempool'],
  ['getmempooldescendants', [UNKNOWN, true], -5, 'Transaction not in mempool'],
  ['getrawmempool', [true, true], -8, 'Verbose results cannot contain mempool sequence values.'],
  ['gettxspendingprevout', [[]], -8, 'Invalid parameter, outputs are missing'],
  ['gettxspendingprevout', [[{ txid: UNKNOWN }]], -3, 'Missing vout'],
  ['gettxspendingprevout', [[{ ...INPUT, more: 1 }]], -3, 'Unexpected key more'],
  ['gettxspendingprevout', [[{ ...INPUT, vout: -1 }]], -8, 'Invalid parameter, vout cannot be negative'],
  ['estimatesmartfee', [0], -8, 'Invalid conf_target, must be between 1 and 1008'],
  [
    'estimatesmartfee',
    [1, 'never'],
    -8,
    'Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"',
  ],
  [
    'prioritisetransaction',
    [UNKNOWN, 1, 1],
    -8,
    'Priority is no longer supported, dummy argument to prioritisetransaction must be 0.',
  ],
  ['generatetoaddress', [1, 'nowhere'], -5, 'Error: Invalid address'],
  [
    'generatetodescriptor',
    [
      1,
      'wpkh(tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9jusQ46QzG87VKp/*)',
    ],
    -8,
    'Ranged descriptor not accepted. Maybe pass through deriveaddresses first?',
  ],
  ['generateblock', ['nowhere', []], -5, 'Error: Invalid address or descriptor'],
  ['generateblock', [ADDRESS, [UNKNOWN]], -5, `Transaction ${UNKNOWN} not in mempool.`],
  [
    'generateblock',
    [ADDRESS, ['00']],
    -22,
    'Transaction decode failed for 00. Make sure the tx has at least one input.',
  ],
  [
    'getblocktemplate',
    [{}],
    -8,
    'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
  ],
  ['getblocktemplate', [{ mode: 'nothing' }], -8, 'Invalid mode'],
  ['getblocktemplate', [{ mode: false, rules: ['segwit'] }], -8, 'Invalid mode'],
  ['getblocktemplate', [{ rules: [1] }], -3, 'JSON value of type number is not of expected type string'],
  [
    'getblocktemplate',
    [{ rules: 'segwit' }],
    -8,
    'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
  ],
  ...['', 'x', UNKNOWN.slice(1)].map((id): [string, unknown[], number, string] => [
    'getblocktemplate',
    [{ rules: ['segwit'], longpollid: id }],
    -8,
    `longpollid must be of length 64 (not ${id.length}, for '${id}')`,
  ]),
  [
    'getblocktemplate',
    [{ rules: ['segwit'], longpollid: `${'g'.repeat(64)}7` }],
    -8,
    `longpollid must be hexadecimal string (not '${'g'.repeat(64)}')`,
  ],
  ['getblocktemplate', [{ mode: 'proposal' }], -3, 'Missing data String key for proposal'],
  ['getblocktemplate', [{ mode: 'proposal', data: '00' }], -22, 'Block decode failed'],
  ['submitblock', ['x'], -22, 'Block decode failed'],
  [
    'submitheader',
    [`${'00'.repeat(4)}${UNKNOWN}${'00'.repeat(44)}`],
    -25,
    `Must submit previous header (${UNKNOWN}) first`,
  ],
  ['invalidateblock', [UNKNOWN], -5, 'Block not found'],
  ['reconsiderblock', [UNKNOWN], -5, 'Block not found'],
  ['preciousblock', [UNKNOWN], -5, 'Block not found'],
  ['getblockfrompeer', [UNKNOWN, 0], -1, 'Block header missing'],
  ['getblockfrompeer', [TIP, 0], -1, 'Block already downloaded'],
  ['getblockfrompeer', [MISSING, 0], -1, 'Peer does not exist'],
  ['pruneblockchain', [1], -1, 'Cannot prune blocks because node is not in prune mode.'],
  ['waitfornewblock', [-1], -1, 'Negative timeout'],
  ['waitforblock', ['x'], -8, "blockhash must be of length 64 (not 1, for 'x')"],
  [
    'addnode',
    ['192.0.2.1', 'remove'],
    -24,
    'Error: Node could not be removed. It has not been added previously.',
  ],
  ['getaddednodeinfo', ['192.0.2.1'], -24, 'Error: Node has not been added.'],
  ['disconnectnode', ['192.0.2.1:1'], -29, 'Node not found in connected nodes'],
  ['disconnectnode', ['192.0.2.1:1', 1], -32602, 'Only one of address and nodeid should be provided.'],
  ['disconnectnode', [], -32602, 'Only one of address and nodeid should be provided.'],
  ['setban', ['nowhere', 'add'], -30, 'Error: Invalid IP/Subnet'],
  [
    'setban',
    ['192.0.2.1', 'remove'],
    -30,
    'Error: Unban failed. Requested address/subnet was not previously manually banned.',
  ],
  ['setban', ['192.0.2.1', 'add', 1, true], -8, 'Error: Absolute timestamp is in the past'],
  ['getnodeaddresses', [-1], -8, 'Address count out of range'],
  ['getnodeaddresses', [1, 'carrier-pigeon'], -8, 'Network not recognized: carrier-pigeon'],
  ['setmocktime', [-1], -8, 'Mocktime must be in the range [0, 4294967295], not -1.'],
  ['mockscheduler', [0], -1, 'delta_time must be between 1 and 3600 seconds (1 hr)'],
  ['mockscheduler', [3601], -1, 'delta_time must be between 1 and 3600 seconds (1 hr)'],
  ['increasetime', [-1], -8, 'Negative seconds; settime goes back'],
  ['settime', [4294967296], -8, 'Time must be in the range [0, 4294967295], not 4294967296.'],
  ['setmining', [-1], -8, 'Invalid threads, must be between 0 and 256'],
  ['setmining', [1, 0], -8, 'Invalid load, must be between 1 and 100'],
  ['setmining', [null, 50], -8, 'Without threads the miner is not changed'],
  ['setmining', [1, 50, 'nowhere'], -5, 'Error: Invalid address'],
  ['getmemoryinfo', ['nothing'], -8, 'unknown mode nothing'],
];

test.each(rows)('%s %j: %i', async (method, parameters, code, message) => {
  const text = JSON.stringify(parameters)
    .replaceAll(`"${TIP}"`, `"${tip}"`)
    .replaceAll(`"${MISSING}"`, `"${missing}"`);
  expect((await memory.call(method, text)).error).toEqual({ code, message });
});

test('what is longer than it can be is refused before it is read', async () => {
  const refusal = async (method: string, ...parameters: unknown[]) =>
    (await memory.call(method, JSON.stringify(parameters))).error;
  const transaction = `0100000001${'11'.repeat(36)}00ffffffff01${'00'.repeat(13)}`;
  const block = `${'00'.repeat(80)}fe${'00000100'}${transaction.repeat(0x10000)}`;
  expect(await refusal('submitblock', block)).toBeUndefined();
  const longer = `${'00'.repeat(80)}fe${'00100100'}${transaction.repeat(0x11000)}`;
  expect(await refusal('submitblock', longer)).toEqual({ code: -22, message: 'Block decode failed' });
  expect(await refusal('createrawtransaction', new Array(24_390).fill(INPUT), [])).toBeUndefined();
  expect(await refusal('createrawtransaction', new Array(24_391).fill(INPUT), [])).toEqual({
    code: -8,
    message: 'inputs: at most 24390, not 24391',
  });
  for (const [most, method, name, before] of [
    [24_390, 'signrawtransactionwithkey', 'privkeys', [transaction]],
    [24_390, 'signrawtransactionwithkey', 'prevtxs', [transaction, []]],
    [24_390, 'gettxspendingprevout', 'outputs', []],
    [16_666, 'gettxoutproof', 'txids', []],
    [100_000, 'scantxoutset', 'scanobjects', ['start']],
    [100_000, 'combinepsbt', 'txs', []],
  ] as const)
    expect(await refusal(method, ...before, new Array(most + 1).fill(0))).toEqual({
      code: -8,
      message: `${name}: at most ${most}, not ${most + 1}`,
    });
  expect(await refusal('getdescriptorinfo', 'a'.repeat(2_000_001))).toEqual({
    code: -5,
    message: '2000001 characters are too many',
  });
});

test('a clock that went back makes no template, and says why', async () => {
  const early = async (seconds: number, method: string, parameters: unknown) => {
    await memory.call('setmocktime', JSON.stringify([1_600_000_000 - seconds]));
    const { error } = await memory.call(method, JSON.stringify(parameters));
    await memory.call('setmocktime', '[1600000000]');
    return error;
  };
  const message = 'TestBlockValidity failed: time-too-new, block timestamp too far in the future';
  const template = [{ rules: ['segwit'] }];
  // The median of the chain's times is about that of its second block.
  expect(await early(7_000, 'getblocktemplate', template)).toBeUndefined();
  expect(await early(7_300, 'getblocktemplate', template)).toEqual({ code: -1, message });
  expect(await early(7_300, 'generatetoaddress', [1, ADDRESS])).toEqual({ code: -1, message });
});

test('a block that was declared invalid is no duplicate of a valid one', async () => {
  const made = await memory.call('generateblock', JSON.stringify([ADDRESS, [], false]));
  const { hash, hex } = made.result as { hash: string; hex: string };
  const proposal = async () =>
    (await memory.call('getblocktemplate', JSON.stringify([{ mode: 'proposal', data: hex }]))).result;
  await memory.call('submitblock', JSON.stringify([hex]));
  expect(await proposal()).toBe('duplicate');
  await memory.call('invalidateblock', JSON.stringify([hash]));
  expect(await proposal()).toBe('duplicate-invalid');
});

test('an address is added once, and a ban made once', async () => {
  const call = async (method: string, ...parameters: string[]) =>
    (await memory.call(method, JSON.stringify(parameters))).error;
  expect(await call('addnode', '127.0.0.1:1', 'add')).toBeUndefined();
  expect(await call('addnode', '127.0.0.1:1', 'add')).toEqual({
    code: -23,
    message: 'Error: Node already added',
  });
  expect((await call('addnode', '127.0.0.1:1', 'nothing'))?.message).toMatch(/^addnode "node" "command"/);
  expect(await call('addnode', '127.0.0.1:1', 'remove')).toBeUndefined();
  expect(await call('setban', '192.0.2.7', 'add')).toBeUndefined();
  expect(await call('setban', '192.0.2.7', 'add')).toEqual({
    code: -23,
    message: 'Error: IP/Subnet already banned',
  });
  expect(await call('setban', '192.0.2.7', 'remove')).toBeUndefined();
});

test('what is larger than any block is no transaction', async () => {
  const output = '0000000000000000016a'.padEnd(20, '0');
  const count = 400_001;
  const tx = `0200000001${UNKNOWN}0000000000ffffffff${`fe${count.toString(16).padStart(8, '0').match(/../g)!.reverse().join('')}`}${output.repeat(count)}00000000`;
  const { error } = await memory.call('decoderawtransaction', JSON.stringify([tx]));
  expect(error).toMatchObject({ code: -22, message: 'TX decode failed' });
});
