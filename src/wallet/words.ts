/** BIP39 words as the source of a wallet's keys. */
import { parseDescriptor } from './descriptors/parse.ts';
import { OwnDescriptor } from './key-ring.ts';
import { accountDescriptors } from './mnemonic.ts';
import { NO_PRIVATE_KEYS, type Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/**
 * Takes BIP39 words as the source of all new addresses: BIP44, 49, 84 and 86, account 0. Its history from
 * the birthday on is looked for by `rescanFrom`.
 * @param createdAt seconds
 */
export async function useMnemonic(
  wallet: Wallet,
  words: string,
  passphrase: string,
  createdAt: number,
): Promise<void> {
  const use = await prepareMnemonic(wallet, words, passphrase, createdAt);
  use();
}

/** Does what takes long of it. @returns what does the rest, all that is written at once */
export async function prepareMnemonic(
  wallet: Wallet,
  words: string,
  passphrase: string,
  createdAt: number,
): Promise<() => void> {
  if (!wallet.hasPrivateKeys) throw new WalletError(NO_PRIVATE_KEYS);
  wallet.vault.requireUnlocked();
  const adoptions: (() => void)[] = [];
  const { parameters } = wallet.parts;
  for (const { text, account, type, internal } of accountDescriptors(words, passphrase, parameters)) {
    const [below, above] = [account, text].map((form) => parseDescriptor(form, parameters));
    const forms = [below!, above!].map(({ descriptors }) =>
      OwnDescriptor.fresh(descriptors[0]!, createdAt, internal),
    );
    forms[1]!.normalize(above!.secrets.lookup);
    // Wallets of before have them below their accounts.
    const own = await wallet.keys.prepare(forms.find(({ id }) => wallet.keys.get(id)) ?? forms[1]!);
    adoptions.push(() => {
      for (const { secrets } of [below!, above!]) wallet.vault.add(secrets);
      wallet.keys.adopt(own, type, internal);
    });
  }
  return () => {
    for (const adopt of adoptions) adopt();
    wallet.history.reindex();
    wallet.vault.setMnemonic({ words, passphrase });
    wallet.saveInfo({ birthday: Math.min(wallet.birthday, createdAt), blank: false });
  };
}
