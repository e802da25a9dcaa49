/** Importing descriptors, extended keys and what is watched of them, as Bitcoin Core's wallets have it. */
import { HDKey } from '@scure/bip32';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { withChecksum } from '../../src/wallet/descriptors/checksum.ts';
import { walletCaller } from '../support/rpc-wallets.ts';

const VERSIONS = { public: REGTEST.bip32Public, private: REGTEST.bip32Private };
const keyOf = (byte: number) => HDKey.fromMasterSeed(new Uint8Array(32).fill(byte), VERSIONS);
const PARTLY = 'Not all private keys provided. Some wallet functionality may return unexpected errors';

let memory: MemoryNode;
let { call, errorOf } = {} as ReturnType<typeof walletCaller>;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  ({ call, errorOf } = walletCaller(memory));
});
afterAll(() => memory.stop());

const importInto = async (wallet: string, desc: string, more: object = {}) =>
  (await call(wallet, 'importdescriptors', [{ desc: withChecksum(desc), timestamp: 'now', ...more }]))[0];

test('a known range may only grow, and an index may go back', async () => {
  await call(null, 'createwallet', 'ranged', false, true);
  const gap = memory.node.wallets.get('ranged')!.keys.gap;
  const desc = `wpkh(${keyOf(1).privateExtendedKey}/0h/*)`;
  const end = gap + 20;
  expect(await importInto('ranged', desc, { range: [5, end], active: true })).toEqual({ success: true });
  const size = async () => (await call('ranged', 'getwalletinfo')).keypoolsize;
  expect(await size()).toBe(end - 4);
  expect(await importInto('ranged', desc, { range: [0, end], active: true })).toEqual({ success: true });
  expect(await size()).toBe(end + 1);
  for (const range of [
    [5, end],
    [0, end - 1],
    [5, end + 1],
  ])
    expect(await importInto('ranged', desc, { range, active: true })).toEqual({
      success: false,
      error: {
        code: -4,
        message: `Could not add descriptor '${withChecksum(desc)}': new range must include current range = [0,${end}]`,
      },
    });
  const first: string[] = [];
  for (let i = 0; i < 4; i++) first.push(await call('ranged', 'getnewaddress'));
  for (const next_index of [3, 0, 2]) {
    await importInto('ranged', desc, { range: [0, end + 5], active: true, next_index });
    expect(await call('ranged', 'getnewaddress')).toBe(first[next_index]);
  }
  // Without it an address that was paid is not handed out again.
  await call(null, 'generatetoaddress', 1, first[2]!);
  await importInto('ranged', desc, { range: [0, end + 5], active: true });
  expect(await call('ranged', 'getnewaddress')).toBe(first[3]);
  expect(await importInto('ranged', desc, { label: 'x' })).toEqual({
    success: false,
    error: { code: -8, message: 'Ranged descriptors should not have a label' },
    warnings: ['Range not given, using default keypool range'],
  });
  await call('ranged', 'keypoolrefill', end + 50);
  expect(await size()).toBe(end + 50);
  expect((await errorOf('ranged', 'keypoolrefill', -1))?.code).toBe(-8);
});

test('what a transaction that is known already pays is used, for a descriptor that comes later', async () => {
  await call(null, 'createwallet', 'sender', false, true);
  const [receive, change] = [0, 1].map((chain) => `wpkh(${keyOf(4).privateExtendedKey}/${chain}/*)`);
  await importInto('sender', receive!, { range: [0, 9], active: true });
  await importInto('sender', change!, { range: [0, 9], active: true, internal: true });
  await call(null, 'generatetoaddress', 101, await call('sender', 'getnewaddress'));
  await call('sender', 'settxfee', 0.0001);
  await call('sender', 'sendtoaddress', await call('ranged', 'getnewaddress'), 1);
  await call(null, 'createwallet', 'twin', false, true);
  await importInto('twin', receive!, { range: [0, 9], active: true, timestamp: 0 });
  await importInto('twin', change!, { range: [0, 9], active: true, internal: true, next_index: 0 });
  expect(await call('twin', 'getrawchangeaddress')).toBe(await call('sender', 'getrawchangeaddress'));
});

test('keys that several make together are watched, and those without all secrets are told of', async () => {
  await call(null, 'createwallet', 'shared', false, true);
  const [a, b] = [keyOf(2), keyOf(3)];
  const [secretA, secretB] = [a.privateExtendedKey, b.privateExtendedKey];
  const warned = { success: true, warnings: [PARTLY] };
  const range = [0, 1];
  expect(await importInto('shared', `rawtr(musig(${secretA}/0,${secretB}/1))`)).toEqual({ success: true });
  expect(await importInto('shared', `rawtr(musig(${secretA}/2,${b.publicExtendedKey}/3))`)).toEqual(warned);
  expect(
    await importInto('shared', `tr(musig(${secretA},${b.publicExtendedKey})/<0;1>/*)`, { range }),
  ).toEqual({
    success: true,
    warnings: [PARTLY, PARTLY],
  });
  expect(
    await importInto('shared', `wsh(multi(1,${secretA}/*,${b.publicExtendedKey}/*))`, { range }),
  ).toEqual(warned);
  const { descriptor } = await call(
    null,
    'getdescriptorinfo',
    `tr(musig(${a.publicExtendedKey},${b.publicExtendedKey})/7/*)`,
  );
  const addresses = await call(null, 'deriveaddresses', descriptor, range);
  // In any order of the participants the same (BIP390).
  const turned = withChecksum(`tr(musig(${b.publicExtendedKey},${a.publicExtendedKey})/7/*)`);
  expect(await call(null, 'deriveaddresses', turned, range)).toEqual(addresses);
  for (const [text, message] of [
    [`wpkh(musig(${secretA},${secretB}))`, 'wpkh(): musig() is only allowed in tr() and rawtr()'],
    [`tr(musig(${secretA},${secretB})/1h)`, 'tr(): musig(): cannot have hardened derivation steps'],
    [
      `tr(musig(${secretA}/*,${secretB})/1)`,
      'tr(): musig(): Cannot have ranged participant keys if musig() also has derivation',
    ],
    ['tr(musig())', 'tr(): musig(): Must contain key expressions'],
  ])
    expect((await errorOf(null, 'getdescriptorinfo', text))?.message).toBe(message);
});

test('extended keys are listed, and make descriptors of more kinds', async () => {
  await call(null, 'createwallet', 'keys');
  const [{ xpub, xprv, has_private: hasPrivate, descriptors }, ...others] = await call('keys', 'gethdkeys', {
    private: true,
  });
  expect([others, hasPrivate, descriptors.length]).toEqual([[], true, 8]);
  const { descriptors: all } = await call('keys', 'listdescriptors', true);
  expect(all.every(({ desc }: { desc: string }) => desc.includes(xprv))).toBe(true);
  expect(await errorOf('keys', 'createwalletdescriptor', 'bech32m')).toEqual({
    code: -4,
    message: 'Descriptor already exists',
  });
  await call(null, 'createwallet', 'more', false, true);
  expect((await errorOf('more', 'createwalletdescriptor', 'bech32m'))?.code).toBe(-5);
  expect(await importInto('more', `unused(${xprv})`)).toEqual({ success: true });
  expect(await importInto('more', `unused(${xprv})`)).toMatchObject({ success: false, error: { code: -4 } });
  expect(await call('more', 'gethdkeys')).toMatchObject([{ xpub, has_private: true }]);
  expect((await call('more', 'createwalletdescriptor', 'bech32m', { hdkey: xpub })).descs).toHaveLength(2);
  expect(await call('more', 'getnewaddress', '', 'bech32m')).toBe(
    await call('keys', 'getnewaddress', '', 'bech32m'),
  );
});

test('keys are added to hold, and others derived from them by paths that need a private key', async () => {
  await call(null, 'createwallet', 'holder', false, true);
  const refusals = async (...cases: readonly (readonly [string, readonly unknown[], number, string])[]) => {
    for (const [method, given, code, message] of cases)
      expect(await errorOf('holder', method, ...given), String(given)).toEqual({ code, message });
  };
  const none = 'No active or unused(KEY) descriptor found';
  await refusals(
    ['derivehdkey', ['m'], -8, 'Derivation path requires at least one hardened step'],
    ['derivehdkey', ['m/87/0'], -8, 'Derivation path requires at least one hardened step'],
    ['derivehdkey', ['m/2147483648'], -8, 'Invalid BIP32 keypath'],
    ['derivehdkey', ['m/x'], -8, 'Invalid BIP32 keypath'],
    ['derivehdkey', ['m/87h'], -5, none],
  );
  const root = keyOf(9);
  expect(await call('holder', 'addhdkey', root.privateExtendedKey)).toEqual({ xpub: root.publicExtendedKey });
  const child = root.derive("m/87'/0'/1");
  const origin = `[${root.fingerprint.toString(16).padStart(8, '0')}/87h/0h/1]`;
  const derived = { origin, xpub: child.publicExtendedKey };
  expect(await call('holder', 'derivehdkey', "m/87'/0h/1")).toEqual(derived);
  const both = { ...derived, xprv: child.privateExtendedKey };
  expect(await call('holder', 'derivehdkey', 'm/87h/0h/1', { private: true })).toEqual(both);
  const active = await call('holder', 'createwalletdescriptor', 'bech32', { hdkey: root.publicExtendedKey });
  expect(active.descs).toHaveLength(2);
  // What only holds a key comes before what addresses come from.
  expect(await call('holder', 'derivehdkey', 'm/87h/0h/1')).toEqual(derived);
  const other = (await call('holder', 'addhdkey')).xpub;
  expect(await call('holder', 'derivehdkey', 'm/0h', { hdkey: other })).toMatchObject({
    xpub: expect.any(String),
  });
  await refusals(
    ['derivehdkey', ['m/0h'], -5, "Unable to determine which HD key to use. Please specify with 'hdkey'"],
    ['derivehdkey', ['m/0h', { hdkey: 'x' }], -5, 'Unable to parse HD key. Please provide a valid xpub'],
    [
      ...(['derivehdkey', ['m/0h', { hdkey: keyOf(8).publicExtendedKey }], -5] as const),
      'HD key is not used by an active or unused(KEY) descriptor',
    ],
    [
      ...(['derivehdkey', [`m${'/0h'.repeat(256)}`, { hdkey: other }], -8] as const),
      'Unable to derive HD key at the requested path',
    ],
    ['addhdkey', [root.privateExtendedKey], -4, 'HD key already exists'],
    ['addhdkey', ['x'], -5, 'Could not parse HD key'],
    [
      ...(['addhdkey', [root.publicExtendedKey], -5] as const),
      'Extended public key (xpub) provided, but extended private key (xprv) is required',
    ],
  );
  await call(null, 'createwallet', 'keyless', true);
  expect((await errorOf('keyless', 'derivehdkey', 'm/0h'))?.message).toBe(
    'derivehdkey is not available for watch-only wallets',
  );
  expect((await errorOf('keyless', 'addhdkey'))?.message).toBe(
    'addhdkey is not available for wallets without private keys',
  );
});
