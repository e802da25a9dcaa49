/** How far a wallet looks ahead, and that it derives each key once. */
import { afterEach, expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { bindTweakKey, referenceTweakKey, type TweakKey } from '../../src/core/script/signing.ts';
import { loadSignatureEngine } from '../../src/platform/node/signatures/load-engine.ts';
import { INDEXES_IN_RECORD } from '../../src/wallet/derived.ts';
import type { Wallet } from '../../src/wallet/wallet.ts';
import { openTestWallets } from '../support/wallets.ts';

afterEach(() => bindTweakKey(referenceTweakKey));

let derivations = 0;
function countDerivations(tweak: TweakKey): void {
  derivations = 0;
  bindTweakKey((publicKey, by) => {
    derivations++;
    return tweak(publicKey, by);
  });
}

/** Eight descriptors, and the output keys of the two that are taproot's. */
const KEYS_FOR_INDEX = 10;

const placeOf = ({ keys }: Wallet, address: string) => keys.place(decodeAddress(address, REGTEST));
const textAt = ({ keys }: Wallet, address: string): string | undefined => {
  const { own, index } = placeOf({ keys } as Wallet, address)!;
  return own.public.at(index)?.format() ?? undefined;
};

test('a new wallet looks a thousand addresses ahead, as Core does', async () => {
  const { engine } = await loadSignatureEngine();
  countDerivations(engine.tweakKey);
  const { manager } = await openTestWallets({ keypool: undefined as never });
  const { keys } = await manager.create('alice');
  expect(keys.descriptors.map(({ rangeEnd }) => rangeEnd)).toEqual(Array(8).fill(1000));
  expect(derivations).toBe(1000 * KEYS_FOR_INDEX);
});

test('what was derived is kept: loading and listing derive nothing', async () => {
  countDerivations((await loadSignatureEngine()).engine.tweakKey);
  const keypool = INDEXES_IN_RECORD + 3;
  const { manager, reopen } = await openTestWallets({ keypool });
  const alice = await manager.create('alice');
  const addresses = Array.from({ length: INDEXES_IN_RECORD }, () => alice.newAddress());
  addresses.push(alice.newAddress('bech32m'), alice.newAddress('legacy'), alice.newAddress('p2sh-segwit'));
  const texts = addresses.map((address) => textAt(alice, address));
  await alice.keys.topUpAll();
  await alice.settled();
  expect(derivations).toBe(keypool * KEYS_FOR_INDEX + addresses.length + 1);
  derivations = 0;
  const again = await (await reopen()).load('alice');
  expect(addresses.map((address) => textAt(again, address))).toEqual(texts);
  for (const { id, record } of alice.keys.descriptors) expect(again.keys.get(id)?.record).toEqual(record);
  expect(derivations).toBe(0);
  // The last record was not full: what comes now is kept with it.
  const next = again.newAddress();
  await again.keys.topUpAll();
  await again.settled();
  derivations = 0;
  expect(placeOf(await (await reopen()).load('alice'), next)?.index).toBe(INDEXES_IN_RECORD);
  expect(derivations).toBe(0);
});

test('a wallet of before looks as far when it is loaded, and keeps what it found', async () => {
  countDerivations((await loadSignatureEngine()).engine.tweakKey);
  const { manager, storage } = await openTestWallets({ keypool: 5 });
  const alice = await manager.create('alice');
  await alice.settled();
  derivations = 0;
  for (const expected of [25 * KEYS_FOR_INDEX, 0]) {
    const { manager: later } = await openTestWallets({ keypool: 30 }, storage);
    const again = await later.load('alice');
    await again.settled();
    expect(again.keys.descriptors.every(({ rangeEnd }) => rangeEnd === 30)).toBe(true);
    expect(derivations).toBe(expected);
    derivations = 0;
  }
});
