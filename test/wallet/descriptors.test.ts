import { HDKey } from '@scure/bip32';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { MAIN } from '../../src/core/parameters/presets.ts';
import { encodeAddress } from '../../src/core/script/address.ts';
import { decodeMiniscript } from '../../src/wallet/descriptors/decode-miniscript.ts';
import { DescriptorError } from '../../src/wallet/descriptors/descriptor-error.ts';
import { formatMiniscript, miniscriptToScript } from '../../src/wallet/descriptors/miniscript.ts';
import { complaint } from '../../src/wallet/descriptors/miniscript-sanity.ts';
import { parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { parseMiniscript } from '../../src/wallet/descriptors/parse-miniscript.ts';
import { PublicParent, secretBelow } from '../../src/wallet/descriptors/public-children.ts';
import { accountDescriptors } from '../../src/wallet/mnemonic.ts';

const WORDS = `${'abandon '.repeat(11)}about`;
const KEYS = [
  '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5',
  '02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9',
];
const [A, B, C] = KEYS as [string, string, string];

const refusal = (text: string): string => {
  try {
    parseDescriptor(text, MAIN);
    return '';
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    return error.message;
  }
};

test('the accounts of BIP44, 49, 84 and 86 have the addresses that those texts give', () => {
  const first = accountDescriptors(WORDS, '', MAIN)
    .filter(({ internal }) => !internal)
    .map((one) => {
      const [below, above] = [one.account, one.text].map((text) => {
        const { descriptors, secrets } = parseDescriptor(text, MAIN);
        return encodeAddress(descriptors[0]!.scriptsAt(0, secrets.lookup)![0]!, MAIN);
      });
      expect(above).toBe(below);
      return above;
    });
  expect(first).toEqual([
    '1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA',
    '37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf',
    'bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu',
    'bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr',
  ]);
});

test('children of a public key are those of BIP32', () => {
  const parent = HDKey.fromMasterSeed(new Uint8Array(32).fill(3)).derive("m/84'/0'/0'/0");
  const children = new PublicParent(parent.publicKey!, parent.chainCode!);
  for (const index of [0, 1, 255, 256, 65_536, 2 ** 31 - 1])
    expect(toHex(children.child(index))).toBe(toHex(parent.deriveChild(index).publicKey!));
});

test('secrets below any steps are those of BIP32', () => {
  const root = HDKey.fromMasterSeed(new Uint8Array(32).fill(4));
  for (const path of ["m/1'/2'/3'", "m/1'/2/3'", 'm/7/8', "m/2147483647'"]) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => Number.parseInt(step, 10) + (step.endsWith("'") ? 2 ** 31 : 0));
    const secret = secretBelow(root.privateKey!, root.chainCode!, steps);
    expect(toHex(secret)).toBe(toHex(root.derive(path).privateKey!));
  }
});

describe('a descriptor', () => {
  test('keeps secrets out of its public text and gives them back in its private one', () => {
    const wif = 'L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1';
    const { descriptors, secrets } = parseDescriptor(`wpkh(${wif})`, MAIN);
    expect(descriptors[0]!.format()).toBe(
      'wpkh(03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)#ah7klf29',
    );
    expect(descriptors[0]!.formatBody('private', secrets.lookup)).toBe(`wpkh(${wif})`);
    expect(descriptors[0]!.formatBody('private')).toBe(descriptors[0]!.formatBody());
  });

  test('cannot go through hardened steps without secrets', () => {
    const master = HDKey.fromMasterSeed(new Uint8Array(32).fill(1));
    const { descriptors, secrets } = parseDescriptor(`pkh(${master.privateExtendedKey}/1h/*)`, MAIN);
    const [own] = descriptors;
    expect(own!.scriptsAt(5, secrets.lookup)).toHaveLength(1);
    const { descriptors: bare } = parseDescriptor(own!.format()!, MAIN, true);
    expect(bare[0]!.scriptsAt(5)).toBeNull();
    // Normalized, the hardened steps are part of the origin, and the public key is enough.
    const normal = parseDescriptor(own!.format('normalized', secrets.lookup)!, MAIN).descriptors[0]!;
    expect(normal.scriptsAt(5)).toEqual(own!.scriptsAt(5, secrets.lookup));
  });

  test('multipath stands for several', () => {
    const key = HDKey.fromMasterSeed(new Uint8Array(32).fill(2)).publicExtendedKey;
    const { descriptors } = parseDescriptor(`wpkh(${key}/<0;1>/*)`, MAIN);
    expect(descriptors.map((one) => one.formatBody())).toEqual([`wpkh(${key}/0/*)`, `wpkh(${key}/1/*)`]);
    expect(refusal(`wsh(multi(2,${key}/<0;1>/*,${key}/<0;1;2>/*))`)).toContain('mismatched lengths');
  });

  test.each([
    ['wpkh(04a34b99)', "wpkh(): Pubkey '04a34b99' is invalid"],
    [`sh(sh(pk(${A})))`, 'Can only have sh() at top level'],
    [`wsh(wpkh(${A}))`, 'Can only have wpkh() at top level or inside sh()'],
    [`multi(0,${A})`, 'Multisig threshold cannot be 0, must be at least 1'],
    [`multi(1,${A},${A},${A},${A})`, 'Cannot have 4 pubkeys in bare multisig; only at most 3 pubkeys'],
    [`tr(${A},{pk(${B}),pk(${C}))`, "tr(): expected '}' after script expression"],
    [`pkh(${A})#00000000`, "Provided checksum '00000000' does not match computed checksum"],
    ['wsh(older(1))', 'older(1) is not sane: witnesses without signature exist'],
    [`wsh(and_v(v:pk(${A}),pk(${A})))`, 'contains duplicate public keys'],
    ['foo', "'foo' is not a valid descriptor function"],
    [`${'wsh('.repeat(5000)}`, 'is not a valid descriptor function'],
  ])('refuses %s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });
});

describe('miniscript', () => {
  const POLICIES = [
    `and_v(v:pk(${A}),after(100))`,
    `or_d(pk(${A}),and_v(v:pkh(${B}),older(144)))`,
    `andor(pk(${A}),older(1008),pk(${B}))`,
    `thresh(2,pk(${A}),s:pk(${B}),sln:after(1231488000))`,
    `and_v(v:multi(2,${A},${B}),hash160(${'11'.repeat(20)}))`,
    `or_i(and_v(v:pk(${A}),sha256(${'22'.repeat(32)})),and_v(v:pk(${B}),older(10)))`,
    `t:or_c(pk(${A}),v:pk(${B}))`,
    `and_b(pk(${A}),a:pk(${B}))`,
    `j:and_v(vdv:after(1567547623),pk(${A}))`,
  ];
  const text = (key: string): string => key;

  test.each(POLICIES)('%s is written, made a script and found again in it', (policy) => {
    const node = parseMiniscript(policy, 'p2wsh', text)!;
    expect(formatMiniscript(node, text)).toBe(policy);
    const script = miniscriptToScript(node, (key) => Uint8Array.from(Buffer.from(key, 'hex')));
    const byHash = new Map(KEYS.map((key) => [hashOf(key), Uint8Array.from(Buffer.from(key, 'hex'))]));
    const found = decodeMiniscript(script, 'p2wsh', (hash) => byHash.get(toHex(hash)));
    expect(found && formatMiniscript(found, toHex)).toBe(policy);
  });

  test('types tell what must not be', () => {
    const problem = (policy: string): string | null =>
      complaint(parseMiniscript(policy, 'p2wsh', text)!, text, text);
    expect(problem(`and_v(v:pk(${A}),older(1))`)).toBeNull();
    expect(problem(`or_b(pk(${A}),pk(${B}))`)).toContain('is invalid');
    expect(problem(`or_i(pk(${A}),older(1))`)).toContain('witnesses without signature exist');
    expect(problem(`and_v(and_v(v:pk(${A}),v:after(1)),after(1600000000))`)).toContain('mixes of timelocks');
    expect(problem(`and_v(v:pk(${A}),0)`)).toContain('is not satisfiable');
  });
});

function hashOf(key: string): string {
  const { descriptors } = parseDescriptor(`pkh(${key})`, MAIN);
  return toHex(descriptors[0]!.scriptsAt(0)![0]!.subarray(3, 23));
}

test.each(['/0/*', '/1/2147483647/3/*', '/*', '/7', ''])(
  'secrets of keys below %j are those of BIP32',
  (steps) => {
    const root = HDKey.fromMasterSeed(new Uint8Array(32).fill(5), {
      public: MAIN.bip32Public,
      private: MAIN.bip32Private,
    });
    const { descriptors, secrets } = parseDescriptor(`wpkh(${root.privateExtendedKey}${steps})`, MAIN);
    const [key] = descriptors[0]!.keys;
    for (const index of [0, 1, 1000, 2 ** 31 - 1]) {
      const node = steps
        .split('/')
        .slice(1)
        .reduce((parent, step) => parent.deriveChild(step === '*' ? index : Number(step)), root);
      expect(key!.deriveSecret(index, secrets.lookup)).toEqual(node.privateKey);
      expect(key!.derive(index, secrets.lookup)?.publicKey).toEqual(node.publicKey);
    }
    expect(key!.deriveSecret(0, () => undefined)).toBeNull();
  },
);
