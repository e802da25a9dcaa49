/** Encrypted wallets and backups as callers see them: codes and texts of Bitcoin Core. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { METHODS } from '../../src/methods.ts';
import { findMethod, type Method } from '../../src/rpc/registry.ts';
import { mismatches } from '../support/result-matches.ts';

const FOREIGN = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const MNEMONIC = `${'abandon '.repeat(11)}about`;
const UNLOCK_FIRST = {
  code: -13,
  message: 'Error: Please enter the wallet passphrase with walletpassphrase first.',
};
const INCORRECT = { code: -14, message: 'Error: The wallet passphrase entered was incorrect.' };
const EMPTY = { code: -8, message: 'passphrase cannot be empty' };

let memory: MemoryNode;
beforeAll(async () => {
  const wallet = { scryptCost: { log2N: 4, r: 1, p: 1 }, fallbackFee: satPerKvB(10_000n), keypool: 5 };
  memory = await MemoryNode.open(REGTEST, 1_600_000_000, { wallet });
});
afterAll(() => memory.stop());

interface Reply {
  // biome-ignore lint/suspicious/noExplicitAny: answers have many shapes, and the tests say which
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string };
}

async function ask(wallet: string, method: string, ...parameters: readonly unknown[]): Promise<Reply> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params: parameters });
  const { signal } = new AbortController();
  const answer = await memory.node.rpc.handle(body, { path: `/wallet/${wallet}`, user: '', signal });
  return JSON.parse(answer.body) as Reply;
}

async function call(
  wallet: string,
  method: string,
  ...parameters: readonly unknown[]
): Promise<Reply['result']> {
  const { result, error } = await ask(wallet, method, ...parameters);
  if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
  expect(mismatches(result as never, findMethod(METHODS, method)!.result), method).toEqual([]);
  return result;
}

const errorOf = async (...words: Parameters<typeof ask>): Promise<Reply['error']> =>
  (await ask(...words)).error;

test('a wallet is encrypted, unlocked, locked, and takes another passphrase', async () => {
  await call('', 'createwallet', 'w');
  for (const [method, ...parameters] of [
    ['walletpassphrase', '', -1],
    ['walletpassphrasechange', '', ''],
    ['walletlock'],
  ] as const)
    expect(await errorOf('w', method, ...parameters)).toEqual({
      code: -15,
      message: `Error: running with an unencrypted wallet, but ${method} was called.`,
    });
  expect(await call('w', 'getwalletinfo')).not.toHaveProperty('unlocked_until');
  expect(await errorOf('w', 'encryptwallet', '')).toEqual(EMPTY);
  const words = await call('w', 'exportmnemonic');
  expect(await call('w', 'encryptwallet', 'p')).toMatch(/^wallet encrypted; .*backupwallet RPC\.$/);
  expect(await errorOf('w', 'encryptwallet', 'p')).toEqual({
    code: -15,
    message: 'Error: running with an encrypted wallet, but encryptwallet was called.',
  });
  expect((await call('w', 'getwalletinfo')).unlocked_until).toBe(0);

  expect(await errorOf('w', 'walletpassphrase', 'p', -10)).toEqual({
    code: -8,
    message: 'Timeout cannot be negative.',
  });
  expect(await errorOf('w', 'walletpassphrase', '', 1)).toEqual(EMPTY);
  expect(await errorOf('w', 'walletpassphrase', 'q', 10)).toEqual(INCORRECT);
  expect(await call('w', 'walletpassphrase', 'p', 100_000_600)).toBeNull();
  expect((await call('w', 'getwalletinfo')).unlocked_until).toBe(1_700_000_000);
  expect(await call('w', 'walletpassphrase', 'p', 600)).toBeNull();
  expect((await call('w', 'getwalletinfo')).unlocked_until).toBe(1_600_000_600);
  expect(await call('w', 'exportmnemonic')).toBe(words);
  expect(await errorOf('w', 'walletpassphrase', 'q', 10)).toEqual(INCORRECT);
  expect(await call('w', 'exportmnemonic')).toBe(words);
  expect(await call('w', 'walletlock')).toBeNull();
  expect(await errorOf('w', 'exportmnemonic')).toEqual(UNLOCK_FIRST);

  for (const [from, to] of [
    ['', 'x'],
    ['x', ''],
  ])
    expect(await errorOf('w', 'walletpassphrasechange', from, to)).toEqual(EMPTY);
  expect(await errorOf('w', 'walletpassphrasechange', 'q', 'r')).toEqual(INCORRECT);
  const withNulls = 'Phrase\0With\0Nulls';
  expect(await call('w', 'walletpassphrasechange', 'p', withNulls)).toBeNull();
  expect(await errorOf('w', 'walletpassphrase', 'p', 1)).toEqual(INCORRECT);
  expect(await errorOf('w', 'walletpassphrase', 'Phrase', 1)).toEqual(INCORRECT);
  expect(await errorOf('w', 'walletpassphrasechange', 'Phrase', 'abc')).toEqual(INCORRECT);
  const advice =
    'It contains a null character (ie - a zero byte). If the passphrase was set with a version of this software ' +
    'prior to 25.0, please try again with only the characters up to — but not including — the first null character.';
  expect(await errorOf('w', 'walletpassphrase', `${withNulls}\0`, 1)).toEqual({
    code: -14,
    message: `Error: The wallet passphrase entered is incorrect. ${advice} If this is successful, please set a new passphrase to avoid this issue in the future.`,
  });
  expect(await errorOf('w', 'walletpassphrasechange', `${withNulls}\0`, 'abc')).toEqual({
    code: -14,
    message: `Error: The old wallet passphrase entered is incorrect. ${advice}`,
  });
  expect(await call('w', 'walletpassphrase', withNulls, 0)).toBeNull();
});

test('what createwallet makes of its passphrase', async () => {
  expect(await call('', 'createwallet', 'plain', false, false, '')).toEqual({
    name: 'plain',
    warnings: ['Empty string given as passphrase, wallet will not be encrypted.'],
  });
  expect((await errorOf('plain', 'walletlock'))?.code).toBe(-15);
  expect(await errorOf('', 'createwallet', 'watch', true, false, 'p')).toEqual({
    code: -4,
    message:
      'Passphrase provided but private keys are disabled. A passphrase is only used to encrypt private keys, so cannot be used for wallets with private keys disabled.',
  });
  await call('', 'createwallet', 'watch', true);
  expect(await errorOf('watch', 'encryptwallet', 'p')).toEqual({
    code: -16,
    message: 'Error: wallet does not contain private keys, nothing to encrypt.',
  });
  await call('', 'createwallet', 'blank', false, true, 'p');
  expect(await errorOf('blank', 'signmessage', 'needanargument', 'test')).toEqual(UNLOCK_FIRST);
  expect(await errorOf('blank', 'importmnemonic', MNEMONIC)).toEqual(UNLOCK_FIRST);
  await call('blank', 'walletpassphrase', 'p', 60);
  await call('blank', 'importmnemonic', MNEMONIC, 'TREZOR', 'now');
  expect(await call('blank', 'exportmnemonic')).toBe(MNEMONIC);
  await call('blank', 'walletlock');
  expect(await errorOf('blank', 'exportmnemonic')).toEqual(UNLOCK_FIRST);
});

/** Every wallet method, with parameters that are good for a wallet with a coin and an unconfirmed payment. */
test('what needs a key asks for the passphrase, and all else works while it is locked', async () => {
  await call('', 'createwallet', 'all');
  const mining = await call('all', 'getnewaddress');
  const legacy = await call('all', 'getnewaddress', '', 'legacy');
  await call('', 'generatetoaddress', 102, mining);
  const txid = await call('all', 'sendtoaddress', FOREIGN, 1);
  const psbt = (await call('all', 'walletcreatefundedpsbt', [], [{ [FOREIGN]: 1 }])).psbt;
  const hex = await call('all', 'createrawtransaction', [], [{ [FOREIGN]: 1 }]);
  const spending = await call('all', 'createrawtransaction', [{ txid, vout: 0 }], [{ [FOREIGN]: 1 }]);
  await call('all', 'backupwallet', '/file');
  await call('all', 'encryptwallet', 'p');

  const needy: Readonly<Record<string, readonly unknown[]>> = {
    psbtbumpfee: [txid],
    bumpfee: [txid],
    exportkey: [mining],
    exportmnemonic: [],
    importdescriptors: [[]],
    importmnemonic: [MNEMONIC],
    keypoolrefill: [],
    addhdkey: [],
    derivehdkey: ['m/0h'],
    rescanblockchain: [],
    send: [[{ [FOREIGN]: 1 }]],
    sendmany: ['', { [FOREIGN]: 1 }],
    sendtoaddress: [FOREIGN, 1],
    signmessage: [legacy, 'm'],
    signrawtransactionwithwallet: [spending],
    walletprocesspsbt: [psbt],
    sendall: [[FOREIGN]],
  };
  const free: Readonly<Record<string, readonly unknown[]>> = {
    abortrescan: [],
    backupwallet: ['/file'],
    fundrawtransaction: [hex],
    getaddressesbylabel: [''],
    getaddressinfo: [mining],
    getbalance: [],
    gethdkeys: [],
    getbalances: [],
    getnewaddress: [],
    getrawchangeaddress: [],
    getreceivedbyaddress: [mining],
    getreceivedbylabel: [''],
    gettransaction: [txid],
    getwalletinfo: [],
    listaddressgroupings: [],
    listdescriptors: [],
    simulaterawtransaction: [[hex]],
    listlabels: [],
    listlockunspent: [],
    listreceivedbyaddress: [],
    listreceivedbylabel: [],
    listsinceblock: [],
    listtransactions: [],
    listunspent: [0],
    listwalletdir: [],
    listwallets: [],
    lockunspent: [true],
    setlabel: [mining, 'mine'],
    settxfee: [0],
    setwalletflag: ['avoid_reuse'],
    walletcreatefundedpsbt: [[], [{ [FOREIGN]: 1 }]],
    walletlock: [],
    walletpassphrasechange: ['p', 'p'],
  };
  // Of another kind: about no wallet, or tried above and below.
  const other = [
    'abandontransaction',
    'createwallet',
    'createwalletdescriptor',
    'encryptwallet',
    'fundwallet',
    'importprunedfunds',
    'loadwallet',
    'removeprunedfunds',
    'restorewallet',
    'unloadwallet',
    'walletpassphrase',
  ];
  const names = Object.values<Method>(METHODS)
    .filter(({ category }) => category === 'Wallet')
    .map(({ name }) => name);
  expect([...Object.keys(needy), ...Object.keys(free), ...other].sort()).toEqual(names.sort());

  for (const [method, parameters] of Object.entries(needy))
    expect(await errorOf('all', method, ...parameters), method).toEqual(UNLOCK_FIRST);
  expect(await errorOf('all', 'listdescriptors', true)).toEqual(UNLOCK_FIRST);
  expect(await errorOf('all', 'gethdkeys', { private: true })).toEqual(UNLOCK_FIRST);
  expect(await errorOf('all', 'createwalletdescriptor', 'bech32')).toEqual(UNLOCK_FIRST);
  for (const [method, parameters] of Object.entries(free)) await call('all', method, ...parameters);
  expect((await call('all', 'walletprocesspsbt', psbt, false)).complete).toBe(false);
  expect(await call('all', 'send', [{ [FOREIGN]: 1 }], null, null, null, { psbt: true })).toMatchObject({
    complete: false,
  });

  await call('all', 'walletpassphrase', 'p', 600);
  await call('all', 'listdescriptors', true);
  for (const [method, parameters] of Object.entries(needy)) await call('all', method, ...parameters);
});

test('a backup brings a wallet back with what came since, encrypted if it was', async () => {
  await call('', 'createwallet', 'saved', false, false, 'p');
  const address = await call('saved', 'getnewaddress', 'rent');
  await call('', 'generatetoaddress', 1, address);
  expect(await call('saved', 'backupwallet', '/saved')).toBeNull();
  await call('', 'generatetoaddress', 101, await call('saved', 'getnewaddress'));
  const before = await call('saved', 'getbalances');

  expect(await errorOf('', 'restorewallet', '', '/saved')).toEqual({
    code: -8,
    message: 'Wallet name cannot be empty',
  });
  expect(await errorOf('', 'restorewallet', 'x', '/none')).toEqual({
    code: -8,
    message: 'Backup file does not exist',
  });
  expect((await errorOf('', 'restorewallet', 'saved', '/saved'))?.code).toBe(-36);
  expect(await call('', 'restorewallet', 'again', '/saved', true)).toEqual({ name: 'again' });
  expect(await call('again', 'getbalances')).toEqual(before);
  expect(await call('again', 'getaddressesbylabel', 'rent')).toEqual({ [address]: { purpose: 'receive' } });
  expect(await errorOf('again', 'exportmnemonic')).toEqual(UNLOCK_FIRST);
  expect(await errorOf('again', 'walletpassphrase', 'q', 1)).toEqual(INCORRECT);
  await call('again', 'walletpassphrase', 'p', 60);
  await call('again', 'sendtoaddress', FOREIGN, 1);

  // While a scan may need its keys, they are not taken from it.
  const scan = call('again', 'rescanblockchain');
  for (const [method, ...parameters] of [['walletlock'], ['walletpassphrasechange', 'p', 'q']] as const)
    expect((await errorOf('again', method, ...parameters))?.message).toMatch(
      /^Error: the wallet is currently being used to rescan the blockchain .* Please call `abortrescan` before /,
    );
  await scan;
  await call('again', 'walletlock');
});

test('a node that keeps only encrypted wallets makes no other, but those that only watch', async () => {
  const node = await MemoryNode.open(REGTEST, 1_600_000_000, {
    wallet: { scryptCost: { log2N: 4, r: 1, p: 1 }, keypool: 5, encryptedOnly: true },
  });
  const create = async (...parameters: readonly unknown[]) =>
    (await node.call('createwallet', JSON.stringify(parameters))).error?.code ?? 'made';
  for (const passphrase of [[], [null], ['']]) {
    expect(await create('plain', false, false, ...passphrase)).toBe(-4);
    expect(await create('blank', false, true, ...passphrase)).toBe(-4);
  }
  expect(await create('sealed', false, false, 'secret')).toBe('made');
  expect(await create('watching', true)).toBe('made');
  expect((await node.call('listwallets', '[]')).result).toEqual(['sealed', 'watching']);
  await node.stop();
});
