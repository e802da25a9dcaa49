/** BIP39: the words that a wallet's keys are made from, in every language the standard lists. */
import { HDKey } from '@scure/bip32';
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist as czech } from '@scure/bip39/wordlists/czech.js';
import { wordlist as english } from '@scure/bip39/wordlists/english.js';
import { wordlist as french } from '@scure/bip39/wordlists/french.js';
import { wordlist as italian } from '@scure/bip39/wordlists/italian.js';
import { wordlist as japanese } from '@scure/bip39/wordlists/japanese.js';
import { wordlist as korean } from '@scure/bip39/wordlists/korean.js';
import { wordlist as portuguese } from '@scure/bip39/wordlists/portuguese.js';
import { wordlist as chineseSimplified } from '@scure/bip39/wordlists/simplified-chinese.js';
import { wordlist as spanish } from '@scure/bip39/wordlists/spanish.js';
import { wordlist as chineseTraditional } from '@scure/bip39/wordlists/traditional-chinese.js';
import { toHex } from '../core/encoding/bytes.ts';
import { hash160 } from '../core/encoding/hashes.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Random } from '../seams.ts';
import type { OutputType } from './descriptors/descriptor.ts';
import { parseKeyPath } from './descriptors/key-path.ts';

/** 2,048 words each. */
export const WORD_LISTS: Readonly<Record<string, string[]>> = Object.freeze({
  english,
  chinese_simplified: chineseSimplified,
  chinese_traditional: chineseTraditional,
  czech,
  french,
  italian,
  japanese,
  korean,
  portuguese,
  spanish,
});

/** Bits of entropy in 12 words. */
export const ENTROPY_BYTES = 16;

/** 12 English words. */
export function drawMnemonic(random: Random): string {
  return entropyToMnemonic(random.bytes(ENTROPY_BYTES), english);
}

/** Are these the words of one language, with the right checksum? */
export function isMnemonic(words: string): boolean {
  return Object.values(WORD_LISTS).some((list) => validateMnemonic(words, list));
}

/** The master key; the passphrase is part of the secret. The words must be a mnemonic. */
export function masterKey(words: string, passphrase: string, parameters: NetworkParameters): HDKey {
  const versions = { public: parameters.bip32Public, private: parameters.bip32Private };
  return HDKey.fromMasterSeed(mnemonicToSeedSync(words, passphrase), versions);
}

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
