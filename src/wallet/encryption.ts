/**
 * Encrypting and unlocking a wallet, as far as it concerns more than the vault: what the store must forget, and
 * scripts that had to wait for keys.
 */
import type { Wallet } from './wallet.ts';
import { storeReason, WalletError } from './wallet-error.ts';

/** Encrypts keys and mnemonic, and removes what is left of the plain ones; then it is locked. */
export async function encryptWallet(wallet: Wallet, passphrase: string): Promise<void> {
  const { vault, keys } = wallet;
  vault.encrypt(await vault.draw(passphrase), () => {
    for (const own of keys.descriptors) keys.save(own);
    wallet.saveInfo({ hasTraces: true });
  });
  await wallet.settled();
  await removeTraces(wallet);
}

/** Should a crash prevent this, it is done at the next start. @throws WalletError */
export async function removeTraces(wallet: Wallet): Promise<void> {
  await wallet.store.compact().catch((error) => {
    throw new WalletError(
      `The wallet is encrypted, but what is left of its plain keys cannot be removed: ${storeReason(error)}`,
      'encryption',
    );
  });
  wallet.saveInfo({ hasTraces: false });
  await wallet.settled();
}

/** @param seconds until it locks itself again @throws WalletError -14 */
export async function unlockWallet(wallet: Wallet, passphrase: string, seconds: number): Promise<void> {
  await wallet.vault.unlock(passphrase, seconds);
  if (await wallet.keys.topUpAll()) wallet.history.reindex();
}
