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
