/** What keeps a wallet safe: its passphrase, and copies of it in one file. */
import { encryptWallet, unlockWallet } from '../../../wallet/encryption.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { WalletError } from '../../../wallet/wallet-error.ts';
import { group, method, refuse, t, walletMethod } from '../../kit.ts';
import { long, string } from '../../schema.ts';
import { load_on_startup, loaded } from './management.ts';

function requireEncrypted(wallet: Wallet, method: string): void {
  if (!wallet.vault.encrypted)
    throw refuse.wallet_wrong_enc_state(
      `Error: running with an unencrypted wallet, but ${method} was called.`,
    );
}

function requireNoScan(wallet: Wallet, doing: string): void {
  if (wallet.follower.scanning !== null)
    throw refuse.wallet(
      `Error: the wallet is currently being used to rescan the blockchain for related transactions. Please call \`abortrescan\` before ${doing}.`,
    );
}

function requireText(...passphrases: readonly string[]): void {
  if (passphrases.includes('')) throw refuse.parameter('passphrase cannot be empty');
}

const NULL_ADVICE =
  'It contains a null character (ie - a zero byte). If the passphrase was set with a version of this software ' +
  'prior to 25.0, please try again with only the characters up to — but not including — the first null character.';

/** Core's older versions took a passphrase only as far as its first zero byte: who sent one is told. */
async function explainingNulls(passphrase: string, text: string, task: Promise<void>): Promise<void> {
  try {
    await task;
  } catch (error) {
    const isWrong = error instanceof WalletError && error.kind === 'passphrase';
    throw isWrong && passphrase.includes('\0') ? new WalletError(text, 'passphrase') : error;
  }
}

export const walletSafetyMethods = group('Wallet', {
  encryptwallet: walletMethod({
    help:
      'Encrypts the keys and the words of a wallet; from then on whatever needs a key asks for the passphrase.\n' +
      'They stay the same, unlike in Bitcoin Core. Copies from before are not encrypted: make a new backup.',
    parameters: { passphrase: string('Without it nothing in the wallet can be spent') },
    result: string('What to do next'),
    example: '"my pass phrase"',
    async handler({ passphrase }, wallet) {
      if (!wallet.hasPrivateKeys)
        throw refuse.wallet_encryption_failed(
          'Error: wallet does not contain private keys, nothing to encrypt.',
        );
      wallet.vault.requirePlain();
      requireNoScan(wallet, 'encrypting the wallet');
      requireText(passphrase);
      await encryptWallet(wallet, passphrase);
      return 'wallet encrypted; its keys and words stay the same. Copies made before are not encrypted: make a new one by the backupwallet RPC.';
    },
  }),

  walletpassphrase: walletMethod({
    help: 'Unlocks an encrypted wallet for a while, so that its keys can be used. A new call sets the time anew.',
    parameters: {
      passphrase: string(),
      timeout: long('Seconds until it locks itself; at most 100000000, about three years'),
    },
    example: '"my pass phrase" 60',
    handler({ passphrase, timeout }, wallet) {
      requireEncrypted(wallet, 'walletpassphrase');
      if (timeout < 0) throw refuse.parameter('Timeout cannot be negative.');
      requireText(passphrase);
      return explainingNulls(
        passphrase,
        `Error: The wallet passphrase entered is incorrect. ${NULL_ADVICE} If this is successful, please set a new passphrase to avoid this issue in the future.`,
        unlockWallet(wallet, passphrase, timeout),
      );
    },
  }),

  walletpassphrasechange: walletMethod({
    help: 'Changes the passphrase of an encrypted wallet.',
    parameters: { oldpassphrase: string(), newpassphrase: string() },
    example: '"old one" "new one"',
    handler({ oldpassphrase, newpassphrase }, wallet) {
      requireEncrypted(wallet, 'walletpassphrasechange');
      requireNoScan(wallet, 'changing the passphrase');
      requireText(oldpassphrase, newpassphrase);
      return explainingNulls(
        oldpassphrase,
        `Error: The old wallet passphrase entered is incorrect. ${NULL_ADVICE}`,
        wallet.vault.changePassphrase(oldpassphrase, newpassphrase),
      );
    },
  }),

  walletlock: walletMethod({
    help: 'Locks an encrypted wallet: its keys leave memory, and walletpassphrase brings them back.',
    handler(_, wallet) {
      requireEncrypted(wallet, 'walletlock');
      requireNoScan(wallet, 'locking the wallet');
      wallet.vault.lock();
    },
  }),

  backupwallet: walletMethod({
    help:
      'Writes a copy of a wallet, as it is now, into one file. What is encrypted stays encrypted; of any other\n' +
      'wallet, who has the file has the money. An older backup of this name is replaced, no other file is.',
    parameters: { destination: t.string('Path of the file') },
    example: '"backup.penny"',
    handler: ({ destination }, wallet, { wallets }) => wallets.backup(wallet, destination),
  }),

  restorewallet: method({
    help: 'Makes a wallet from a backup, loads it, and reads from the chain what came after the backup.',
    parameters: {
      wallet_name: t.string('What the wallet is to be called'),
      backup_file: t.string('Path of the backup'),
      load_on_startup,
    },
    result: loaded,
    example: '"again" "backup.penny"',
    async handler({ wallet_name, backup_file, load_on_startup: startup }, { wallets }) {
      const { name, warnings } = await wallets.restore(wallet_name, backup_file, startup);
      return { name, warnings: warnings.length > 0 ? warnings : undefined };
    },
  }),
});
