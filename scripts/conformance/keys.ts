/** keys/: addresses, WIF, Base58, Bech32 and its error locator, BIP32, BIP39, BIP49/84/86, signed messages. */
import { base58, bech32, bech32m } from '@scure/base';
import { HDKey } from '@scure/bip32';
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { decodeBase58 } from '../../src/core/encoding/base58.ts';
import { fromHex, toHex, utf8 } from '../../src/core/encoding/bytes.ts';
import { hash256 } from '../../src/core/encoding/hashes.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress, encodeAddress } from '../../src/core/script/address.ts';
import { locateBech32Errors } from '../../src/core/script/bech32-errors.ts';
import { publicKeyOf, signEcdsa, signRecoverable } from '../../src/core/script/signing.ts';
import { decodeWif, encodeWif } from '../../src/core/script/wif.ts';
import { HARDENED, parseKeyPath } from '../../src/wallet/descriptors/key-path.ts';
import { parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { signMessage, verifyMessage } from '../../src/wallet/message.ts';
import { masterKey, WORD_LISTS } from '../../src/wallet/mnemonic.ts';
import { type ChainParams, parametersFrom } from './networks.ts';
import {
  type ConformanceModule,
  expectEqual,
  expectThrows,
  expectTrue,
  type Runner,
  type VectorFile,
} from './suite.ts';

/** The prefixes that tell networks apart; testnet4 has those of testnet3. */
function networks(file: VectorFile): ReadonlyMap<string, NetworkParameters> {
  const known = new Map<string, NetworkParameters>([
    ['main', MAIN],
    ['regtest', REGTEST],
  ]);
  const facts = file.other('chain_params.json')?.json<ChainParams>().networks ?? {};
  for (const [name, network] of Object.entries(facts))
    if (!known.has(name) && 'genesis_hex' in network) known.set(name, parametersFrom(name, network));
  const test: NetworkParameters = { ...REGTEST, bech32Prefix: 'tb' };
  for (const name of ['test', 'testnet4', 'signet']) {
    const close = [...known].find(
      ([key]) => key === name || `${name}net3` === key || (name === 'test' && key === 'test3'),
    );
    known.set(name, close?.[1] ?? test);
  }
  return known;
}

const flipCase = (text: string): string =>
  [...text].map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');

const runKeyIoValid: Runner = (file, report) => {
  interface Options {
    readonly chain: string;
    readonly isPrivkey: boolean;
    readonly isCompressed?: boolean;
    readonly tryCaseFlip?: boolean;
  }
  const chains = networks(file);
  report.each(file.json<[string, string, Options][]>(), ([text, hex, options]) =>
    report.row(text, () => {
      const parameters = chains.get(options.chain)!;
      if (options.isPrivkey) {
        const { secret, compressed } = decodeWif(text, parameters);
        expectEqual([toHex(secret), compressed], [hex, options.isCompressed]);
        expectEqual(encodeWif(secret, compressed, parameters), text, 'encoded');
        expectThrows(() => decodeAddress(text, parameters), 'as an address');
        return;
      }
      expectEqual(toHex(decodeAddress(text, parameters)), hex);
      expectEqual(encodeAddress(fromHex(hex), parameters), text, 'encoded');
      if (options.tryCaseFlip)
        expectEqual(toHex(decodeAddress(flipCase(text), parameters)), hex, 'other case');
      expectThrows(() => decodeWif(text, parameters), 'as a private key');
    }),
  );
};

const runKeyIoInvalid: Runner = (file, report) => {
  const chains = networks(file);
  report.each(file.json<[string][]>(), ([text]) =>
    report.row(text, () => {
      for (const [name, parameters] of chains) {
        expectThrows(() => decodeAddress(text, parameters), `address of ${name}`);
        expectThrows(() => decodeWif(text, parameters), `private key of ${name}`);
      }
    }),
  );
};

const runBase58: Runner = (file, report) => {
  report.each(file.json<[string, string][]>(), ([hex, text]) =>
    report.row(text, () => {
      expectEqual(base58.encode(fromHex(hex)), text);
      const decoded = decodeBase58(text, hex.length);
      expectEqual(decoded === null ? null : toHex(decoded), hex.toLowerCase());
    }),
  );
};

interface Bech32Vectors {
  readonly bech32_valid: readonly string[];
  readonly bech32m_valid: readonly string[];
  readonly bech32_invalid: readonly Bech32Invalid[];
  readonly bech32m_invalid: readonly Bech32Invalid[];
  readonly segwit_address_valid: readonly { readonly address: string; readonly script_pubkey: string }[];
  readonly segwit_address_invalid: readonly { readonly address: string; readonly reason: string }[];
}

interface Bech32Invalid {
  readonly string_latin1_hex: string;
  readonly error: string;
  readonly error_positions: readonly number[];
}

const runBech32: Runner = (file, report) => {
  const vectors = report.groups<Bech32Vectors>(file.json(), [
    'bech32_valid',
    'bech32m_valid',
    'bech32_invalid',
    'bech32m_invalid',
    'segwit_address_valid',
    'segwit_address_invalid',
  ]);
  for (const [coder, valid, invalid] of [
    [bech32, vectors.bech32_valid, vectors.bech32_invalid],
    [bech32m, vectors.bech32m_valid, vectors.bech32m_invalid],
  ] as const) {
    report.each(valid, (text) =>
      report.row(text, () => {
        const { prefix, words } = coder.decode(text as `${string}1${string}`, 90);
        expectEqual(coder.encode(prefix, words, 90), text.toLowerCase());
      }),
    );
    report.each(invalid, (row) =>
      report.row(row.string_latin1_hex, () => {
        const text = String.fromCharCode(...fromHex(row.string_latin1_hex));
        expectTrue(coder.decodeUnsafe(text, 90) === undefined, 'expected a refusal');
        const { message, locations } = locateBech32Errors(text);
        expectEqual([message, locations], [row.error, row.error_positions]);
      }),
    );
  }
  const networksOfAddresses = [MAIN, { ...REGTEST, bech32Prefix: 'tb' }];
  report.each(vectors.segwit_address_valid, ({ address, script_pubkey }) =>
    report.row(address, () => {
      const parameters = networksOfAddresses.find(({ bech32Prefix }) =>
        address.toLowerCase().startsWith(`${bech32Prefix}1`),
      )!;
      expectEqual(toHex(decodeAddress(address, parameters)), script_pubkey);
      expectEqual(encodeAddress(fromHex(script_pubkey), parameters), address.toLowerCase(), 'encoded');
    }),
  );
  report.each(vectors.segwit_address_invalid, ({ address }) =>
    report.row(address, () => {
      for (const parameters of networksOfAddresses)
        expectThrows(() => decodeAddress(address, parameters), 'decode');
    }),
  );
};

interface Bip32Vectors {
  readonly valid: readonly {
    readonly seed: string;
    readonly chain: readonly { readonly path: string; readonly xpub: string; readonly xprv: string }[];
  }[];
  readonly invalid: readonly { readonly key: string }[];
}

/** Derives as descriptors do: step by step along a path that the wallet's parser read. */
const deriveAlong = (root: HDKey, path: string): HDKey =>
  parseKeyPath(path).reduce((node, step) => node.deriveChild(step), root);

const runBip32: Runner = (file, report) => {
  const { valid, invalid } = report.groups<Bip32Vectors>(file.json(), ['valid', 'invalid']);
  report.each(valid, ({ seed, chain }) =>
    report.each(chain, ({ path, xpub, xprv }) =>
      report.row(`${seed} ${path}`, () => {
        const node = deriveAlong(HDKey.fromMasterSeed(fromHex(seed)), path);
        expectEqual([node.publicExtendedKey, node.privateExtendedKey], [xpub, xprv]);
        const last = parseKeyPath(path).at(-1);
        if (last !== undefined && last < HARDENED) {
          const parent = deriveAlong(
            HDKey.fromMasterSeed(fromHex(seed)),
            path.slice(0, path.lastIndexOf('/')),
          );
          const publicParent = HDKey.fromExtendedKey(parent.publicExtendedKey);
          expectEqual(publicParent.deriveChild(last).publicExtendedKey, xpub, 'from the public parent');
        }
      }),
    ),
  );
  report.each(invalid, ({ key }) =>
    report.row(key, () => void expectThrows(() => parseDescriptor(`pkh(${key})`, MAIN), 'parse')),
  );
};

const runHdKeyPath: Runner = (file, report) => {
  report.each(file.json<{ path: string; valid: boolean }[]>(), ({ path, valid }) =>
    report.row(`"${path}"`, () => {
      if (valid) parseKeyPath(path);
      else expectThrows(() => parseKeyPath(path), 'parse');
    }),
  );
};

const runBip39: Runner = async (file, report) => {
  interface Row {
    readonly entropy: string;
    readonly mnemonic: string;
    readonly passphrase: string;
    readonly seed: string;
    readonly xprv: string;
  }
  for (const [language, rows] of Object.entries(file.json<Record<string, Row[]>>())) {
    // For russian and turkish there is no list of words; their seeds do not need one.
    const words = (await WORD_LISTS[language.replace('_bcoin', '')]?.())?.wordlist;
    report.each(rows, (row) =>
      report.row(`${language} ${row.mnemonic}`, () => {
        if (words !== undefined) {
          expectEqual(
            entropyToMnemonic(fromHex(row.entropy), words).normalize('NFKD'),
            row.mnemonic.normalize('NFKD'),
          );
          expectEqual(toHex(mnemonicToEntropy(row.mnemonic, words)), row.entropy, 'entropy');
        }
        expectEqual(masterKey(row.mnemonic, row.passphrase, MAIN).privateExtendedKey, row.xprv, 'master key');
      }),
    );
  }
};

/** BIP84 and BIP86 as descriptors; BIP49's table is of the testnet. */
const runPurposes: Runner = (file, report) => {
  type Purpose = Readonly<Record<string, string>>[];
  const vectors = report.groups<Record<'bip49' | 'bip84' | 'bip86', Purpose>>(file.json(), [
    'bip49',
    'bip84',
    'bip86',
  ]);
  const words = `${'abandon '.repeat(11)}about`;
  const [testKey] = vectors.bip49.filter((row) => row.account0recvPrivateKey !== undefined);
  const [testAddress] = vectors.bip49.filter((row) => row.address !== undefined);
  report.row('bip49', () => {
    const node = masterKey(words, '', REGTEST).derive("m/49'/1'/0'/0/0");
    expectEqual(encodeWif(node.privateKey!, true, REGTEST), testKey!.account0recvPrivateKey);
    expectEqual(`0x${toHex(node.publicKey!)}`, testKey!.account0recvPublicKeyHex);
    const { descriptors } = parseDescriptor(`sh(wpkh(${toHex(node.publicKey!)}))`, REGTEST);
    const address = encodeAddress(descriptors[0]!.scriptsAt(0)![0]!, REGTEST);
    expectTrue(testAddress!.address!.includes(address!), `expected ${testAddress!.address}, got ${address}`);
  });
  for (const [bip, form] of [
    ['bip84', 'wpkh'],
    ['bip86', 'tr'],
  ] as const)
    report.each(vectors[bip], (row) => {
      const path = /m\/[0-9'/]+/.exec(row.about ?? '')?.[0];
      if (path === undefined || row.address === undefined) return;
      report.row(`${bip} ${row.about}`, () => {
        const { privateExtendedKey } = masterKey(words, '', MAIN);
        const { descriptors, secrets } = parseDescriptor(
          `${form}(${privateExtendedKey}${path.slice(1)})`,
          MAIN,
        );
        const script = descriptors[0]!.scriptsAt(0, secrets.lookup)![0]!;
        expectEqual(encodeAddress(script, MAIN), row.address);
        if (row.scriptPubKey !== undefined) expectEqual(toHex(script), row.scriptPubKey);
        const derived = descriptors[0]!.keys[0]!.derive(0, secrets.lookup)!.publicKey;
        if (row.pubkey !== undefined) expectEqual(toHex(derived), row.pubkey);
        if (row.internal_key !== undefined) expectEqual(toHex(derived.subarray(1)), row.internal_key);
      });
    });
};

interface MessageVectors {
  readonly sign: readonly {
    readonly private_key_hex: string;
    readonly compressed: boolean;
    readonly address: string;
    readonly message: string;
    readonly signature_base64: string;
  }[];
  readonly verify: readonly {
    readonly address: string;
    readonly signature_base64: string;
    readonly message: string;
    readonly result: string;
  }[];
  readonly deterministic:
    | readonly []
    | {
        readonly message: string;
        readonly keys: readonly {
          readonly wif: string;
          readonly wif_compressed: string;
          readonly der_low_r: string;
          readonly compact: string;
          readonly compact_compressed_key: string;
        }[];
      };
}

const runMessages: Runner = (file, report) => {
  const { sign, verify, deterministic } = report.groups<MessageVectors>(file.json(), [
    'sign',
    'verify',
    'deterministic',
  ]);
  report.each(sign, (row) =>
    report.row(row.message, () => {
      expectEqual(
        signMessage(row.message, fromHex(row.private_key_hex), row.compressed),
        row.signature_base64,
      );
      expectEqual(verifyMessage(row.address, row.signature_base64, row.message, MAIN), 'OK');
    }),
  );
  report.each(verify, (row) =>
    report.row(`${row.address} ${row.signature_base64}`, () =>
      expectEqual(verifyMessage(row.address, row.signature_base64, row.message, MAIN), row.result),
    ),
  );
  if (!('message' in deterministic)) return;
  const hash = hash256(utf8(deterministic.message));
  report.each(deterministic.keys, (row) =>
    report.row(row.wif, () => {
      const { secret } = decodeWif(row.wif, MAIN);
      expectEqual(toHex(decodeWif(row.wif_compressed, MAIN).secret), toHex(secret));
      expectEqual(toHex(signEcdsa(hash, secret, { grindLowR: true })), row.der_low_r);
      expectEqual(toHex(signRecoverable(hash, secret, false)), row.compact);
      expectEqual(toHex(signRecoverable(hash, secret, true)), row.compact_compressed_key);
      expectEqual(publicKeyOf(secret).length, 33);
    }),
  );
};

export const conformance: ConformanceModule = {
  runners: {
    'key_io_valid.json': runKeyIoValid,
    'key_io_invalid.json': runKeyIoInvalid,
    'base58_encode_decode.json': runBase58,
    'bech32.json': runBech32,
    'bip32.json': runBip32,
    'hd_keypath.json': runHdKeyPath,
    'bip39.json': runBip39,
    'bip49_84_86.json': runPurposes,
    'message_signing.json': runMessages,
  },
  companions: [
    'chinese_simplified.txt',
    'chinese_traditional.txt',
    'czech.txt',
    'english.txt',
    'french.txt',
    'italian.txt',
    'japanese.txt',
    'korean.txt',
    'portuguese.txt',
    'spanish.txt',
  ],
};
