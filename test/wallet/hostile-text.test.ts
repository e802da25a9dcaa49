import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeMiniscript } from '../../src/wallet/descriptors/decode-miniscript.ts';
import { DescriptorError } from '../../src/wallet/descriptors/descriptor-error.ts';
import { parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { Psbt } from '../../src/wallet/psbt/psbt.ts';
import { PsbtError } from '../../src/wallet/psbt/psbt-map.ts';
import { finalize } from '../../src/wallet/psbt/roles.ts';

const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
/** BIP370's example of an updated version 2 PSBT, with one input. */
const EXAMPLES = [
  'cHNidP8BAgQCAAAAAQMEAAAAAAEEAQEBBQEBAfsEAgAAAAABDiCqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqgEPBAAAAAABEAT9////AAEDCIDw+gIAAAAAAQQWABR1HnboGZGW1FSUHEXRs6Mj8UM71gA=',
  'cHNidP8BAJoCAAAAAljoeiG1ba8MI76OcHBFbDNvfLqlyHV5JPVFiHuyq911AAAAAAD/////g40EJ9DsZQpoqka7CwmK6kQiwHGyyng1Kgd5WdB86h0BAAAAAP////8CcKrwCAAAAAAWABTYXCtx0AYLCcmIauuBXlCZHdoSTQDh9QUAAAAAFgAUAK6pouXw+HaliN9VRuh0LR2HAI8AAAAAAAAAAAA=',
].map((text) => Uint8Array.from(Buffer.from(text, 'base64')));

function refuses(text: string): void {
  try {
    parseDescriptor(text, MAIN);
  } catch (error) {
    expect(error).toBeInstanceOf(DescriptorError);
  }
}

const word = fc.constantFrom(
  ...[
    'wsh',
    'sh',
    'tr',
    'pk',
    'pkh',
    'multi',
    'thresh',
    'and_v',
    'andor',
    'or_i',
    'older',
    'v',
    'asj',
    'musig',
  ],
  ...['(', ')', '{', '}', ',', ':', '/', '*', "'", 'h', '<0;1>', '[', ']', '#', '0', '1', '2', KEY, 'xpub'],
);

test('no text makes the descriptor reader stumble', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => refuses(words.join(''))),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.string({ maxLength: 60 }), refuses));
});

test('nor does text that nests without end', () => {
  for (const deep of ['sh(', 'wsh(', 'tr({', 'wsh(and_v(', 'wsh(n:', 'wsh(thresh(1,', `tr(${KEY},{`]) {
    refuses(deep.repeat(20_000));
    refuses(deep.repeat(20_000) + ')'.repeat(40_000));
  }
  refuses(`wsh(${'n'.repeat(200_000)}:pk(${KEY}))`);
  refuses(`wsh(${'n'.repeat(5_000)}:pk(${KEY}))`);
  refuses(`wsh(${'or_i(0,'.repeat(5_000)}pk(${KEY})${')'.repeat(5_001)}`);
});

test('no script makes the miniscript decoder stumble', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom('p2wsh' as const, 'tapscript' as const),
      (script, context) => {
        decodeMiniscript(script, context, () => undefined);
      },
    ),
    { numRuns: 2000 },
  );
  for (const opcode of [0x63, 0x68, 0x69, 0x92, 0xac, 0x93, 0x9a])
    expect(decodeMiniscript(new Uint8Array(10_000).fill(opcode), 'tapscript', () => undefined)).toBeNull();
});

test('bytes that are almost a PSBT are refused, or are one that stays what it is', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...EXAMPLES),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      fc.nat(),
      (example, changes, cut) => {
        const bytes = cut % 4 === 0 ? example.slice(0, cut % example.length) : example.slice();
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        let psbt: Psbt;
        try {
          psbt = Psbt.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(PsbtError);
          return;
        }
        expect(Psbt.decode(psbt.encode()).encode()).toEqual(psbt.encode());
        finalize(psbt);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a regtest key is no key of the main network', () => {
  const wif = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW';
  expect(() => parseDescriptor(`pkh(${wif})`, MAIN)).toThrow(`key '${wif}' is not valid`);
  expect(parseDescriptor(`pkh(${wif})`, REGTEST).secrets.size).toBe(1);
});
