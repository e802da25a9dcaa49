/** All wallets of one node: making, loading and unloading them. */

import type { NetworkParameters } from '../core/parameters/network.ts';
import { satPerKvB } from '../core/transaction/fee-rate.ts';
import type { Seams, Timer } from '../seams.ts';
import { decodeBackup, encodeBackup } from './backup.ts';
import type { ChainSource } from './chain-source.ts';
import { openWallet } from './loading.ts';
import { drawMnemonic, isMnemonic } from './mnemonic.ts';
import { DEFAULT_KEYPOOL, DEFAULT_POLICY, type WalletPolicy } from './policy.ts';
import { newInfo } from './records.ts';
import { encodeWallets, rewindWallets } from './remembered.ts';
import { drawMaster, type Scrypt, type ScryptCost } from './sealing.ts';
import type { WalletStorage } from './storage.ts';
import type { VaultParts } from './vault.ts';
import { Wallet } from './wallet.ts';
import { storeReason, WalletError } from './wallet-error.ts';
import type { WalletParts } from './wallet-parts.ts';
import { prepareMnemonic } from './words.ts';

/** What is left out is as in Core; the fallback fee as the network file says. */
export interface WalletManagerOptions extends Partial<WalletPolicy> {
  /** Scripts watched beyond the next unused one of each ranged descriptor: the gap limit. */
  readonly keypool?: number;
  /** None is loaded, and none can be: nobody can ask for one. */
  readonly disabled?: boolean;
  /** Of passphrases that are set from now on. */
  readonly scryptCost?: ScryptCost;
  /** No key is ever plain on the disk: where others may read what is kept there, as in a browser's profile. */
  readonly encryptedOnly?: boolean;
}

interface WalletDependencies extends Seams {
  readonly parameters: NetworkParameters;
  readonly chain: ChainSource;
  readonly storage: WalletStorage;
  readonly scrypt?: Scrypt | undefined;
  /** Told of a wallet whose transactions changed, when that is on the disk, and of one that was loaded. */
  readonly changed?: (name: string) => void;
  readonly noted?: WalletParts['noted'] | undefined;
}

interface CreateWalletOptions {
  /** BIP39 words to make the keys from; without them they are drawn. */
  readonly mnemonic?: string;
  /** BIP39: a part of the words. */
  readonly mnemonicPassphrase?: string;
  /** What the keys are encrypted with; they are never plain on the disk then. */
  readonly passphrase?: string;
  /** Watch-only: no keys are made or accepted. */
  readonly disablePrivateKeys?: boolean;
  /** Without any keys or descriptors. */
  readonly blank?: boolean;
  /** Keep apart what addresses receive that were spent from before. */
  readonly avoidsReuse?: boolean;
  /** Loaded when the node starts again; undefined leaves it as it is. */
  readonly loadOnStartup?: boolean | undefined;
}

/** Milliseconds between two looks at whether something is to be offered to the mempool again. */
const RESEND_CHECK = 60_000;
/** Letters that a file system or a URL may take amiss are not allowed in names. */
const NAME = /^[^\\/:*?"<>|\p{Cc}]{0,100}$/u;

const ALWAYS_ENCRYPTED = 'Wallets of this node are always encrypted';

export class WalletManager {
  readonly #options: WalletManagerOptions;
  readonly #dependencies: WalletDependencies;
  readonly #wallets = new Map<string, Wallet>();
  /** Names that are being made, loaded or unloaded. */
  readonly #busy = new Set<string>();
  /** The names to load at start have one writer. */
  #startup: Promise<unknown> = Promise.resolve();
  #timer: Timer | null = null;
  /** Why wallets that were to be there are not. */
  readonly #refused = new Map<string, WalletError>();

  private constructor(options: WalletManagerOptions, dependencies: WalletDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Loads the wallets that were told to be there at start. */
  static async open(options: WalletManagerOptions, dependencies: WalletDependencies): Promise<WalletManager> {
    const manager = new WalletManager(options, dependencies);
    if (options.disabled) return manager;
    for (const name of await dependencies.storage.readStartup()) await manager.loadAtStart(name);
    return manager;
  }

  /** One that cannot be loaded is named, and whoever asks for it is told why. */
  async loadAtStart(name: string, loadOnStartup?: boolean): Promise<void> {
    try {
      await this.load(name, loadOnStartup);
    } catch (error) {
      if (!(error instanceof WalletError)) throw error;
      this.#refused.set(name, error);
      this.#dependencies.logger.log('error', 'wallet', `Wallet ${name} is not loaded: ${error.message}`);
    }
  }

  /** Offers what waits to the mempool, which is there now, and goes on doing so from time to time. */
  async start(): Promise<void> {
    this.#scheduleOffers();
    // A store that fails meanwhile closes its wallet, and has been told of.
    for (const wallet of this.#open())
      await wallet.outbox.offerAll().catch((error) => {
        if (!(error instanceof WalletError)) throw error;
      });
  }

  #scheduleOffers(): void {
    this.#timer = this.#dependencies.clock.schedule(
      RESEND_CHECK,
      () => {
        for (const wallet of this.#open())
          wallet.outbox.offerIfDue().catch((error) => {
            if (!(error instanceof WalletError))
              this.#dependencies.logger.log('error', 'wallet', `${wallet.name} cannot send again`, { error });
          });
        this.#scheduleOffers();
      },
      'scheduler',
    );
  }

  #open(): Wallet[] {
    return [...this.#wallets.values()].filter(({ isOpen }) => isOpen);
  }

  get #vaultParts(): VaultParts {
    const { clock, random, scrypt } = this.#dependencies;
    const { scryptCost } = this.#options;
    return { clock, random, ...(scrypt && { scrypt }), ...(scryptCost && { scryptCost }) };
  }

  async #parts(name: string, create: boolean): Promise<WalletParts> {
    const { parameters, chain, logger, storage, changed, noted } = this.#dependencies;
    const { keypool: gap = DEFAULT_KEYPOOL, scryptCost: _, ...policy } = this.#options;
    return {
      ...this.#vaultParts,
      parameters,
      chain,
      logger,
      ...(changed && { changed }),
      ...(noted && { noted }),
      store: await storage.open(name, create),
      gap: Math.max(1, gap),
      policy: { ...DEFAULT_POLICY, fallbackFee: satPerKvB(parameters.fallbackFee), ...policy },
    };
  }

  /** One change at a time to a name. */
  async #exclusively<T>(name: string, task: () => Promise<T>): Promise<T> {
    if (!NAME.test(name) || name === '.' || name === '..')
      throw new WalletError(`Wallet file verification failed. Invalid wallet name '${name}'.`);
    if (this.#busy.has(name)) throw new WalletError('Wallet already loading.', 'already-loaded');
    this.#busy.add(name);
    try {
      return await task();
    } finally {
      this.#busy.delete(name);
    }
  }

  /** One whose making was cut short by a crash has nothing in it yet: it is as if it had never been. */
  async exists(name: string): Promise<boolean> {
    const { storage } = this.#dependencies;
    if (this.#wallets.has(name)) return true;
    if (!(await storage.exists(name))) return false;
    try {
      const store = await storage.open(name, false);
      const first = await store
        .iterate({})
        [Symbol.asyncIterator]()
        .next()
        .finally(() => store.close());
      if (first.done !== true) return true;
    } catch {
      return true;
    }
    await storage.remove(name);
    return false;
  }

  create(name: string, options: CreateWalletOptions = {}): Promise<Wallet> {
    const { storage, clock, random } = this.#dependencies;
    const { disablePrivateKeys = false, blank = false, passphrase = '', mnemonicPassphrase = '' } = options;
    const { avoidsReuse = false } = options;
    return this.#exclusively(name, async () => {
      if (options.mnemonic !== undefined && !(await isMnemonic(options.mnemonic)))
        throw new WalletError('Invalid mnemonic', 'address');
      if (await this.exists(name))
        throw new WalletError(
          `Wallet file verification failed. Failed to create database path '${name}'. Database already exists.`,
        );
      if (this.#options.encryptedOnly && !disablePrivateKeys && passphrase === '')
        throw new WalletError(`${ALWAYS_ENCRYPTED}: a passphrase is needed`);
      const now = clock.seconds();
      const info = newInfo({ birthday: now, privateKeys: !disablePrivateKeys, blank, avoidsReuse });
      const master = passphrase === '' ? null : await drawMaster(passphrase, this.#vaultParts);
      let wallet: Wallet | undefined;
      try {
        wallet = Wallet.create(name, await this.#parts(name, true), info);
        const words = disablePrivateKeys || blank ? null : (options.mnemonic ?? drawMnemonic(random));
        const use = words === null ? () => {} : await prepareMnemonic(wallet, words, mnemonicPassphrase, now);
        if (master === null) use();
        else wallet.vault.encrypt(master, use);
        wallet.begin();
        await wallet.settled();
      } catch (error) {
        await wallet?.close().catch(() => undefined);
        await storage.remove(name);
        const failure = wallet?.failure ?? error;
        if (failure instanceof WalletError) throw failure;
        const reason = storeReason(failure);
        throw new WalletError(`Wallet ${name} cannot be created: its store failed (${reason})`);
      }
      this.#wallets.set(name, wallet);
      await this.#keepStartup(name, options.loadOnStartup);
      return wallet;
    });
  }

  load(name: string, loadOnStartup?: boolean): Promise<Wallet> {
    return this.#exclusively(name, () => this.#load(name, loadOnStartup));
  }

  async #load(name: string, loadOnStartup?: boolean): Promise<Wallet> {
    const failed = this.#wallets.get(name);
    if (failed?.isOpen) throw new WalletError(`Wallet "${name}" is already loaded.`, 'already-loaded');
    if (!(await this.#dependencies.storage.exists(name)))
      throw new WalletError(
        `Wallet file verification failed. Failed to load database path '${name}'. Path does not exist.`,
        'not-found',
      );
    await failed?.close().catch(() => undefined);
    const open = async (): Promise<Wallet> =>
      openWallet(name, await this.#parts(name, false), failed?.outbox.disowned);
    const wallet = await open().catch((error) => {
      // Of the chain: it stops the node.
      if (error instanceof WalletError || (error as Error).name === 'CorruptionError') throw error;
      const reason = storeReason(error);
      throw new WalletError(`Wallet ${name} cannot be loaded: its store failed (${reason})`);
    });
    this.#wallets.set(name, wallet);
    this.#refused.delete(name);
    this.#dependencies.changed?.(name);
    if (this.#timer !== null) await wallet.outbox.offerAll();
    await this.#keepStartup(name, loadOnStartup);
    return wallet;
  }

  /** @throws WalletError -4 */
  async backup(wallet: Wallet, path: string): Promise<void> {
    await wallet.settled();
    await this.#dependencies.storage.writeBackup(path, await encodeBackup(wallet.store.iterate({})));
  }

  /** Makes a wallet from a backup and loads it. @throws WalletError with Core's words */
  async restore(name: string, path: string, loadOnStartup?: boolean): Promise<Wallet> {
    const { storage } = this.#dependencies;
    if (name === '') throw new WalletError('Wallet name cannot be empty', 'parameter');
    const bytes = await storage.readBackup(path);
    if (bytes === undefined) throw new WalletError('Backup file does not exist', 'parameter');
    return this.#exclusively(name, async () => {
      if (await this.exists(name))
        throw new WalletError(
          `Failed to restore wallet. Database file exists in '${name}'.`,
          'already-exists',
        );
      const operations = decodeBackup(bytes, name).map(([put, value]) => ({ put, value }));
      try {
        const store = await storage.open(name, true);
        await store.batch(operations, { sync: true }).finally(() => store.close());
        const restored = await this.#load(name, loadOnStartup);
        if (this.#options.encryptedOnly && restored.hasPrivateKeys && !restored.vault.encrypted)
          throw new WalletError(`${ALWAYS_ENCRYPTED}, and this backup is not`);
        return restored;
      } catch (error) {
        const made = this.#wallets.get(name);
        this.#wallets.delete(name);
        await made?.close().catch(() => undefined);
        await storage.remove(name);
        throw error;
      }
    });
  }

  unload(name: string, loadOnStartup?: boolean): Promise<void> {
    return this.#exclusively(name, async () => {
      const wallet = this.#wallets.get(name);
      if (this.#refused.delete(name)) return this.#keepStartup(name, loadOnStartup);
      if (wallet === undefined)
        throw new WalletError('Requested wallet does not exist or is not loaded', 'not-found');
      this.#wallets.delete(name);
      if (wallet.isOpen) await wallet.close();
      else await wallet.close().catch(() => undefined);
      await this.#keepStartup(name, loadOnStartup);
    });
  }

  async #keepStartup(name: string, load: boolean | undefined): Promise<void> {
    if (load === undefined) return;
    const { storage } = this.#dependencies;
    const kept = this.#startup.then(async () => {
      const others = (await storage.readStartup()).filter((other) => other !== name);
      await storage.writeStartup(load ? [...others, name] : others);
    });
    this.#startup = kept.catch(() => undefined);
    await kept;
  }

  /** All wallets as they are, for `rewind`. */
  remember(): Promise<Uint8Array> {
    return encodeWallets(this);
  }

  /** Brings back all wallets as they were, on the chain as it was. */
  rewind(remembered: Uint8Array): Promise<void> {
    return rewindWallets(this, remembered);
  }

  get storage(): WalletStorage {
    return this.#dependencies.storage;
  }

  /** Names of the loaded wallets. */
  list(): string[] {
    return this.#open().map(({ name }) => name);
  }

  /** Names of those too that were closed, or could not be loaded: a call without a name may have meant them. */
  get names(): readonly string[] {
    return [...this.#wallets.keys(), ...this.#refused.keys()];
  }

  /** Names of all wallets on disk. */
  directory(): Promise<string[]> {
    return this.#dependencies.storage.list();
  }

  /** @throws WalletError if the wallet was closed because its store failed, or could not be loaded at start */
  get(name: string): Wallet | undefined {
    const refusal = this.#refused.get(name);
    if (refusal !== undefined) throw refusal;
    const wallet = this.#wallets.get(name);
    wallet?.requireOpen();
    return wallet;
  }

  /** Resolves when what the wallets have seen so far is on their disks, as far as these can be written. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#open().map((wallet) => wallet.settled()));
  }

  /** Closes all of them. @throws what went wrong first */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const ends = await Promise.allSettled([...this.#wallets.values()].map((wallet) => wallet.close()));
    this.#wallets.clear();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}
