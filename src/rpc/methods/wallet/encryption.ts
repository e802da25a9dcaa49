/** The passphrase of a wallet: setting it, changing it, unlocking and locking. */
import { encryptWallet, unlockWallet } from '../../../wallet/encryption.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { WalletError } from '../../../wallet/wallet-error.ts';
import { group, RpcCode, RpcError, refuse, walletMethod } from '../../kit.ts';
import { long, string } from '../../schema.ts';

/** @throws RpcError -15 */
function requireEncrypted(wallet: Wallet, method: string): void {
  if (!wallet.vault.encrypted)
    throw new RpcError(
      RpcCode.WALLET_WRONG_ENC_STATE,
      `Error: running with an unencrypted wallet, but ${method} was called.`,
    );
}

/** @throws RpcError -4 */
function requireNoScan(wallet: Wallet, doing: string): void {
  if (wallet.follower.scanning !== null)
    throw refuse.wallet(
      `Error: the wallet is currently being used to rescan the blockchain for related transactions. Please call \`abortrescan\` before ${doing}.`,
    );
}

/** @throws RpcError -8 */
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

export const walletEncryptionMethods = group('Wallet', {
  encryptwallet: walletMethod({
    help:
      'Encrypts the keys and the words of a wallet; from then on whatever needs a key asks for the passphrase.\n' +
      'They stay the same, unlike in Bitcoin Core. Copies from before are not encrypted: make a new backup.',
    parameters: { passphrase: string('Without it nothing in the wallet can be spent') },
    result: string('What to do next'),
    example: '"my pass phrase"',
    async handler({ passphrase }, wallet) {
      if (!wallet.hasPrivateKeys)
        throw new RpcError(
          RpcCode.WALLET_ENCRYPTION_FAILED,
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
        wallet.vault.changePassphrase(oldpassphrase, newpassphrase).then(() => wallet.settled()),
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
});
