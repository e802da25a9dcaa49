/** Secrets under a passphrase: what is on the disk and in memory, by whom it can be opened, and until when. */
import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/core/encoding/bytes.ts';
import { publicKeyOf } from '../../src/core/script/signing.ts';
import { MemoryWalletStorage } from '../../src/platform/memory/memory-wallet-storage.ts';
import { systemScrypt } from '../../src/platform/node/scrypt.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';
import { SecretKeys } from '../../src/wallet/descriptors/key-expression.ts';
import { parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { encryptWallet, unlockWallet } from '../../src/wallet/encryption.ts';
import { Journal } from '../../src/wallet/journal.ts';
import {
  DEFAULT_COST,
  drawMaster,
  portableScrypt,
  seal,
  unseal,
  unsealMaster,
} from '../../src/wallet/sealing.ts';
import { exportKey } from '../../src/wallet/solving.ts';
import type { WalletStore } from '../../src/wallet/storage.ts';
import { Vault } from '../../src/wallet/vault.ts';
import type { Wallet } from '../../src/wallet/wallet.ts';
import type { WalletError } from '../../src/wallet/wallet-error.ts';
import { openTestWallets, pay, seededRandom, type TestWallets } from '../support/wallets.ts';

const CHEAP = { log2N: 4, r: 1, p: 1 };
const random = seededRandom(7);
const SECRET = new Uint8Array(32).fill(9);

/** Lets so many batches through, as if the process had ended then; remembers what they held. */
class WatchedStorage extends MemoryWalletStorage {
  left = Number.POSITIVE_INFINITY;
  readonly written: Uint8Array[] = [];

  override async open(name: string, create: boolean): Promise<WalletStore> {
    const store = await super.open(name, create);
    return {
      ...store,
      batch: async (operations) => {
        if (this.left-- <= 0) throw new Error('killed');
        for (const operation of operations) if ('put' in operation) this.written.push(operation.value);
        await store.batch(operations);
      },
    };
  }
}

async function stored({ storage }: TestWallets, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const entry of (await storage.open(name, false)).iterate({})) parts.push(...entry);
  return Buffer.concat(parts);
}

/** All forms in which a wallet's secrets could be found, while they can be had. */
function secretsOf(wallet: Wallet): Buffer[] {
  const words = wallet.mnemonic()!;
  const byId = [...wallet.keys.descriptors].sort((a, b) => (a.id < b.id ? -1 : 1));
  const keys = byId.flatMap((own) => {
    const text = own.descriptor.format('private', wallet.vault.lookup)!;
    const extended = /[tx]prv\w+/.exec(text)![0];
    const secret = Buffer.from(base58.decode(extended).slice(46, 78));
    return [Buffer.from(extended), secret, Buffer.from(secret.toString('hex'))];
  });
  return [Buffer.from(words), Buffer.from(words.split(' ').slice(0, 3).join(' ')), ...keys];
}

const found = (bytes: Buffer, secrets: readonly Buffer[]): boolean[] =>
  secrets.map((secret) => bytes.includes(secret));

describe('sealing', () => {
  // RFC 7914, section 12.
  test.each([['here', portableScrypt] as const, ['natively', systemScrypt] as const])(
    'scrypt %s',
    async (_, scrypt) => {
      const key = await scrypt(utf8('pleaseletmein'), utf8('SodiumChloride'), { log2N: 14, r: 8, p: 1 });
      expect(toHex(key)).toBe('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2');
    },
  );

  test('a passphrase costs 128 MiB', () => expect(DEFAULT_COST).toEqual({ log2N: 17, r: 8, p: 1 }));

  test('opens with its key, for its owner, and unaltered only', () => {
    const key = random.bytes(32);
    const sealed = seal(key, utf8('secret'), 'secret:02ab', random);
    expect(unseal(key, sealed, 'secret:02ab')).toEqual(utf8('secret'));
    expect(unseal(random.bytes(32), sealed, 'secret:02ab')).toBeNull();
    expect(unseal(key, sealed, 'secret:02ac')).toBeNull();
    for (const at of sealed.keys()) {
      const altered = sealed.slice();
      altered[at]! ^= 1;
      expect(unseal(key, altered, 'secret:02ab')).toBeNull();
      expect(unseal(key, sealed.subarray(0, at), 'secret:02ab')).toBeNull();
    }
  });

  test('a master key opens with its passphrase and cost only, byte for byte', async () => {
    const { key, record } = await drawMaster('näive\0', { random, scryptCost: CHEAP });
    expect(await unsealMaster(record, 'näive\0')).toEqual(key);
    for (const wrong of ['näive', 'näive\0\0', 'naïve\0', 'na\u0308ive\0', ''])
      expect(await unsealMaster(record, wrong)).toBeNull();
    expect(await unsealMaster({ ...record, cost: { ...CHEAP, p: 2 } }, 'näive\0')).toBeNull();
  });
});

describe('an encrypted wallet', () => {
  const open = () => openTestWallets({ scryptCost: CHEAP });

  test('has no secret on the disk, keeps its keys, and needs the passphrase for them only', async () => {
    const wallets = await open();
    const wallet = await wallets.manager.create('alice', { loadOnStartup: true });
    await wallets.fund(wallet);
    const address = wallet.newAddress();
    const before = { secrets: secretsOf(wallet), words: wallet.mnemonic(), key: exportKey(wallet, address) };
    expect(found(await stored(wallets, 'alice'), before.secrets)).toContain(true);

    await encryptWallet(wallet, 'open sesame');
    expect(found(await stored(wallets, 'alice'), before.secrets)).not.toContain(true);
    for (const again of [wallet, (await wallets.reopen()).get('alice')!]) {
      expect([again.vault.encrypted, again.vault.locked, again.vault.unlockedUntil]).toEqual([true, true, 0]);
      expect(() => exportKey(again, address)).toThrow('walletpassphrase first');
      expect(() => again.mnemonic()).toThrow('walletpassphrase first');
      expect(again.newAddress()).toMatch(/^bcrt1q/);
      expect(again.changeAddress('bech32m')).toMatch(/^bcrt1p/);
      await expect(unlockWallet(again, 'open sesame ', 60)).rejects.toMatchObject({ kind: 'passphrase' });
      expect(again.vault.locked).toBe(true);
      await unlockWallet(again, 'open sesame', 60);
      expect([exportKey(again, address), again.mnemonic()]).toEqual([before.key, before.words]);
      expect(secretsOf(again)).toEqual(before.secrets);
    }
    const tx = await pay(wallet, wallet.newAddress(), 100_000_000n);
    expect(wallets.pool.mempool.get(tx.txid)).toBeDefined();
    expect(found(await stored(wallets, 'alice'), before.secrets)).not.toContain(true);
  });

  test('made with a passphrase, never writes a plain key', async () => {
    const storage = new WatchedStorage();
    const wallets = await openTestWallets({ scryptCost: CHEAP }, storage);
    const wallet = await wallets.manager.create('born', { passphrase: 'p' });
    expect(wallet.vault.locked).toBe(true);
    expect(wallet.newAddress()).toMatch(/^bcrt1q/);
    await unlockWallet(wallet, 'p', 60);
    expect(found(Buffer.concat(storage.written), secretsOf(wallet))).not.toContain(true);
  });

  test('locks itself when its time is over, which another call sets anew', async () => {
    const clock = new VirtualClock(1_600_000_000_000);
    const store = await new MemoryWalletStorage().open('', true);
    let isBusy = false;
    const vault = new Vault(new Journal(store, () => {}), { clock, random, scryptCost: CHEAP }, () => isBusy);
    const secrets = new SecretKeys();
    secrets.add(publicKeyOf(SECRET), SECRET.slice());
    vault.add(secrets);
    vault.encrypt(await vault.draw('p'), () => {});
    const unlock = async (passphrase: string, seconds: number): Promise<unknown> => {
      const done = vault.unlock(passphrase, seconds).catch((error: WalletError) => error.kind);
      await clock.advance(0);
      return done;
    };
    await unlock('p', 60);
    expect(vault.unlockedUntil).toBe(1_600_000_060);
    expect(vault.lookup(publicKeyOf(SECRET))).toEqual(SECRET);
    await clock.advance(59_000);
    expect(vault.locked).toBe(false);
    await unlock('p', 60);
    await clock.advance(59_000);
    expect(vault.locked).toBe(false);
    await clock.advance(1000);
    expect([vault.locked, vault.unlockedUntil]).toEqual([true, 0]);
    expect(vault.lookup(publicKeyOf(SECRET))).toBeUndefined();
    expect(vault.presence(publicKeyOf(SECRET))).toBeDefined();

    await unlock('p', 10 ** 12);
    expect(vault.unlockedUntil).toBe(clock.now() / 1000 + 100_000_000);
    expect(await unlock('q', 1)).toBe('passphrase');
    expect(vault.locked).toBe(false);
    await unlock('p', 1);
    isBusy = true;
    await clock.advance(10_000);
    expect(vault.locked).toBe(false);
    isBusy = false;
    await clock.advance(1000);
    expect(vault.locked).toBe(true);
  });

  test('takes another passphrase by writing one record', async () => {
    const wallets = await open();
    const wallet = await wallets.manager.create('alice', { passphrase: 'one', loadOnStartup: true });
    const before = await records(wallets);
    await expect(wallet.vault.changePassphrase('zero', 'two')).rejects.toMatchObject({ kind: 'passphrase' });
    expect(await records(wallets)).toEqual(before);
    await wallet.vault.changePassphrase('one', 'two');
    await wallet.settled();
    const after = await records(wallets);
    const changed = [...after.keys()].filter((key) => after.get(key) !== before.get(key));
    expect(changed.sort()).toEqual(['master', 'sums']);
    const again = (await wallets.reopen()).get('alice')!;
    await expect(unlockWallet(again, 'one', 1)).rejects.toMatchObject({ kind: 'passphrase' });
    await unlockWallet(again, 'two', 1);
    expect(again.mnemonic()?.split(' ')).toHaveLength(12);
  });

  async function records({ storage }: TestWallets): Promise<Map<string, string>> {
    const all = new Map<string, string>();
    for await (const [key, value] of (await storage.open('alice', false)).iterate({}))
      all.set(Buffer.from(key).toString(), toHex(value));
    return all;
  }

  test('goes on deriving below hardened steps while it is locked, but not at them', async () => {
    const wallets = await open();
    const wallet = await wallets.manager.create('core', { blank: true, loadOnStartup: true });
    const root =
      'tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK';
    for (const [text, type] of [
      [`wpkh(${root}/84h/1h/0h/0/*)`, 'bech32'],
      [`pkh(${root}/44h/1h/0h/0/*h)`, 'legacy'],
    ] as const) {
      const { descriptors, secrets } = parseDescriptor(text, wallet.parts.parameters);
      await wallet.importDescriptor(descriptors[0]!, secrets, {
        active: true,
        internal: false,
        createdAt: 0,
      });
      expect(wallet.newAddress(type)).toBeDefined();
    }
    await encryptWallet(wallet, 'p');
    const [again, plain] = [(await wallets.reopen()).get('core')!, await openTestWallets()];
    const twin = await plain.manager.create('twin', { blank: true });
    const { descriptors, secrets } = parseDescriptor(`wpkh(${root}/84h/1h/0h/0/*)`, twin.parts.parameters);
    await twin.importDescriptor(descriptors[0]!, secrets, { active: true, internal: false, createdAt: 0 });
    twin.newAddress();
    for (let i = 0; i < 30; i++) expect(again.newAddress()).toBe(twin.newAddress());
    expect(
      again.keys.descriptors.map(({ shown }) => shown.includes('[') && !shown.includes('prv')),
    ).toContain(true);
    for (let i = 0; i < 4; i++) again.newAddress('legacy');
    expect(() => again.newAddress('legacy')).toThrow('Keypool ran out, please call keypoolrefill first');
    await unlockWallet(again, 'p', 60);
    expect(exportKey(again, again.newAddress('legacy'))).toMatch(/^c/);
  });

  test('a crash at any write leaves it plain or encrypted, with all its keys', async () => {
    for (let writes = 0, isDone = false; !isDone; writes++) {
      const storage = new WatchedStorage();
      const wallets = await openTestWallets({ scryptCost: CHEAP }, storage);
      const wallet = await wallets.manager.create('alice', { loadOnStartup: true });
      const words = wallet.mnemonic();
      storage.left = writes;
      isDone = await encryptWallet(wallet, 'p').then(
        () => true,
        () => false,
      );
      storage.left = Number.POSITIVE_INFINITY;
      const again = (await wallets.reopen()).get('alice')!;
      expect(again.vault.encrypted).toBe(writes > 0);
      if (again.vault.encrypted) await unlockWallet(again, 'p', 60);
      expect(again.mnemonic()).toBe(words);
    }
  });

  test('a crash while a wallet is made leaves none of it, or all', async () => {
    const storage = new WatchedStorage();
    const wallets = await openTestWallets({ scryptCost: CHEAP }, storage);
    const remove = storage.remove.bind(storage);
    storage.remove = async () => {};
    storage.left = 0;
    await expect(wallets.manager.create('alice', { passphrase: 'p' })).rejects.toThrow('killed');
    expect(await storage.exists('alice')).toBe(true);
    storage.remove = remove;
    storage.left = 1;
    const wallet = await wallets.manager.create('alice', { passphrase: 'p' });
    expect([storage.left, wallet.vault.locked, wallet.keys.descriptors.length]).toEqual([0, true, 8]);
  });
});
