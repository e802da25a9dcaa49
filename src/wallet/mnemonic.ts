/** BIP39: the words that a wallet's keys are made from, in every language the standard lists. */
import { HDKey } from '@scure/bip32';
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist as english } from '@scure/bip39/wordlists/english.js';
import { toHex } from '../core/encoding/bytes.ts';
import { hash160 } from '../core/encoding/hashes.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Random } from '../seams.ts';
import { parseKeyPath } from './descriptors/key-path.ts';
import type { OutputType } from './descriptors/kinds.ts';

interface WordList {
  readonly wordlist: string[];
}

/** 2,048 words each. All but the English ones are loaded only when they may be meant: they are larger than the wallet. */
export const WORD_LISTS: Readonly<Record<string, () => Promise<WordList>>> = Object.freeze({
  english: async () => ({ wordlist: english }),
  chinese_simplified: () => import('@scure/bip39/wordlists/simplified-chinese.js'),
  chinese_traditional: () => import('@scure/bip39/wordlists/traditional-chinese.js'),
  czech: () => import('@scure/bip39/wordlists/czech.js'),
  french: () => import('@scure/bip39/wordlists/french.js'),
  italian: () => import('@scure/bip39/wordlists/italian.js'),
  japanese: () => import('@scure/bip39/wordlists/japanese.js'),
  korean: () => import('@scure/bip39/wordlists/korean.js'),
  portuguese: () => import('@scure/bip39/wordlists/portuguese.js'),
  spanish: () => import('@scure/bip39/wordlists/spanish.js'),
});

/** Bits of entropy in 12 words. */
export const ENTROPY_BYTES = 16;

/** 12 English words. */
export function drawMnemonic(random: Random): string {
  return entropyToMnemonic(random.bytes(ENTROPY_BYTES), english);
}

/** Are these the words of one language, with the right checksum? */
export async function isMnemonic(words: string): Promise<boolean> {
  for (const load of Object.values(WORD_LISTS))
    if (validateMnemonic(words, (await load()).wordlist)) return true;
  return false;
}

/** The master key; the passphrase is part of the secret. The words must be a mnemonic. */
export function masterKey(words: string, passphrase: string, parameters: NetworkParameters): HDKey {
  return HDKey.fromMasterSeed(mnemonicToSeedSync(words, passphrase), versionsOf(parameters));
}

/** What extended keys begin with. */
export const versionsOf = ({ bip32Public, bip32Private }: NetworkParameters) => ({
  public: bip32Public,
  private: bip32Private,
});

interface AccountDescriptor {
  /** Below the master key, as Bitcoin Core writes it. With private keys; the public form is what a wallet keeps. */
  readonly text: string;
  /** The same below the account's key: what wallets kept before, and what is quicker to sign with. */
  readonly account: string;
  readonly type: OutputType;
  readonly internal: boolean;
}

/** Purpose of BIP43, and what it says the account's scripts are. */
const PURPOSES: Readonly<Record<OutputType, readonly [purpose: number, script: (key: string) => string]>> = {
  legacy: [44, (key) => `pkh(${key})`],
  'p2sh-segwit': [49, (key) => `sh(wpkh(${key}))`],
  bech32: [84, (key) => `wpkh(${key})`],
  bech32m: [86, (key) => `tr(${key})`],
};

const pathOf = (type: OutputType, { coinType }: NetworkParameters): string =>
  `${PURPOSES[type][0]}h/${coinType}h/0h`;

/** Account 0 of an extended key, for addresses of a type to hand out or for change. */
export const accountBelow = (
  key: string,
  type: OutputType,
  internal: boolean,
  parameters: NetworkParameters,
): string => PURPOSES[type][1](`${key}/${pathOf(type, parameters)}/${internal ? 1 : 0}/*`);

/** Account 0 of every purpose, for addresses to hand out and for change. */
export function accountDescriptors(
  words: string,
  passphrase: string,
  parameters: NetworkParameters,
): AccountDescriptor[] {
  const master = masterKey(words, passphrase, parameters);
  const fingerprint = toHex(hash160(master.publicKey!).subarray(0, 4));
  return (Object.keys(PURPOSES) as OutputType[]).flatMap((type) => {
    const path = pathOf(type, parameters);
    const account = parseKeyPath(path).reduce((node, step) => node.deriveChild(step), master);
    const key = `[${fingerprint}/${path}]${account.privateExtendedKey}`;
    return [false, true].map((internal) => ({
      text: accountBelow(master.privateExtendedKey, type, internal, parameters),
      account: PURPOSES[type][1](`${key}/${internal ? 1 : 0}/*`),
      type,
      internal,
    }));
  });
}
