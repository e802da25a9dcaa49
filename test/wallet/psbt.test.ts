import { describe, expect, test, vi } from 'vitest';
import { EMPTY, toHex } from '../../src/core/encoding/bytes.ts';
import { sha256 } from '../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { publicKeyOf } from '../../src/core/script/signing.ts';
import { BYTES_PER_SIGOP } from '../../src/core/script/standard.ts';
import { encodeWif } from '../../src/core/script/wif.ts';
import { NO_WITNESS, Transaction, type TxOut } from '../../src/core/transaction/transaction.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { analyze } from '../../src/wallet/psbt/analyze.ts';
import { Psbt, type PsbtVersion } from '../../src/wallet/psbt/psbt.ts';
import { INPUT } from '../../src/wallet/psbt/psbt-fields.ts';
import { encodeOutput } from '../../src/wallet/psbt/psbt-values.ts';
import {
  combine,
  extract,
  finalize,
  isSignedAndVerified,
  join,
  sighashContext,
  signInput,
} from '../../src/wallet/psbt/roles.ts';
import { fillWith } from '../../src/wallet/psbt-signing.ts';
import { SigningProvider } from '../../src/wallet/signing/provider.ts';

const SECRETS = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const WIFS = SECRETS.map((secret) => encodeWif(secret, true, REGTEST));
const KEYS = SECRETS.map((secret) => toHex(publicKeyOf(secret)));

/** A PSBT that spends one output of the descriptor. */
function spending(
  text: string,
  version: PsbtVersion = 2,
  more: { sequence?: number; lockTime?: number } = {},
) {
  const { descriptors, secrets } = parseDescriptor(text, REGTEST);
  const { scripts, provider } = descriptors[0]!.expand(0, secrets.lookup, true)!;
  const output: TxOut = { value: 100_000n, scriptPubKey: scripts[0]! };
  const previous = Transaction.from({
    version: 2,
    inputs: [
      {
        prevout: { txid: new Uint8Array(32).fill(9), vout: 0 },
        scriptSig: new Uint8Array(0),
        sequence: 0,
        witness: NO_WITNESS,
      },
    ],
    outputs: [output],
    lockTime: 0,
  });
  const transaction = {
    version: 2,
    inputs: [
      {
        prevout: { txid: previous.txidBytes, vout: 0 },
        scriptSig: new Uint8Array(0),
        sequence: more.sequence ?? 0xfffffffd,
        witness: NO_WITNESS,
      },
    ],
    outputs: [{ value: 90_000n, scriptPubKey: scripts[0]! }],
    lockTime: more.lockTime ?? 0,
  };
  const psbt = Psbt.fromTransaction(transaction, version);
  psbt.inputs[0]!.set(INPUT.NON_WITNESS_UTXO, previous.bytes);
  if (scripts[0]!.length !== 25) psbt.inputs[0]!.set(INPUT.WITNESS_UTXO, encodeOutput(output));
  return { psbt, provider };
}

function sign(psbt: Psbt, provider: SigningProvider): boolean {
  return signInput(psbt, 0, provider, sighashContext(psbt), { finalize: false }).result === 'ok';
}

const [a, b, c] = WIFS as [string, string, string];
const [A, B, C] = KEYS as [string, string, string];

describe('one signer', () => {
  test.each([
    ['pkh', `pkh(${a})`],
    ['pk', `pk(${a})`],
    ['wpkh', `wpkh(${a})`],
    ['sh(wpkh)', `sh(wpkh(${a}))`],
    ['tr', `tr(${a})`],
    ['tr, by a leaf', `tr(${B},{pk(${a}),pk(${C})})`],
    ['tr, by a leaf of several', `tr(${B},multi_a(2,${a},${C},${c}))`],
    ['rawtr', `rawtr(${a})`],
    ['multi', `sh(multi(2,${a},${B},${c}))`],
    ['wsh(multi)', `wsh(sortedmulti(1,${a},${B}))`],
    ['miniscript', `wsh(and_v(v:pk(${a}),or_d(pk(${b}),older(10))))`],
  ])('spends %s, in both versions', (_name, text) => {
    for (const version of [0, 2] as const) {
      const { psbt, provider } = spending(text, version);
      expect(analyze(psbt, BYTES_PER_SIGOP).next).not.toBe('extractor');
      expect(sign(psbt, provider)).toBe(true);
      const again = Psbt.decodeBase64(psbt.encodeBase64());
      expect(again.encodeBase64()).toBe(psbt.encodeBase64());
      expect(finalize(again)).toBe(true);
      expect(isSignedAndVerified(again, 0, sighashContext(again)!)).toBe(true);
      expect(analyze(again, BYTES_PER_SIGOP).next).toBe('extractor');
      if (text.startsWith('sh(multi'))
        expect(analyze(again, 4_000).virtualSize).toBeGreaterThanOrEqual(1_000);
      expect(extract(again).outputs).toEqual(psbt.unsignedTransaction()!.outputs);
    }
  });

  // Core has no outputs at hand to verify a final input of taproot when it estimates.
  test.each([`wpkh(${a})`, `tr(${a})`])('has no size yet if it is signed by taproot: %s', (text) => {
    const { psbt, provider } = spending(text);
    expect(sign(psbt, provider)).toBe(true);
    psbt.inputs[0]!.delete(INPUT.NON_WITNESS_UTXO);
    expect(psbt.inputs[0]!.has(INPUT.WITNESS_UTXO)).toBe(true);
    const { next, virtualSize } = analyze(psbt, BYTES_PER_SIGOP);
    expect([next, virtualSize === undefined]).toEqual(['finalizer', text.startsWith('tr')]);
  });

  test('waits for the time that a script asks for', () => {
    const text = `wsh(and_v(v:pk(${a}),older(10)))`;
    const early = spending(text, 2, { sequence: 9 });
    expect(sign(early.psbt, early.provider)).toBe(false);
    const late = spending(text, 2, { sequence: 10 });
    expect(sign(late.psbt, late.provider)).toBe(true);
    const after = spending(`wsh(and_v(v:pk(${a}),after(500)))`, 2, { lockTime: 499 });
    expect(sign(after.psbt, after.provider)).toBe(false);
  });

  test('gives a preimage that the PSBT carries', () => {
    const preimage = new Uint8Array(32).fill(5);
    const { psbt, provider } = spending(`wsh(and_v(v:pk(${a}),sha256(${toHex(sha256(preimage))})))`);
    expect(sign(psbt.clone(), provider)).toBe(false);
    psbt.inputs[0]!.set(INPUT.SHA256, preimage, sha256(preimage));
    expect(sign(psbt, provider)).toBe(true);
    expect(finalize(psbt)).toBe(true);
  });
});

describe('several signers', () => {
  test.each([
    `sh(multi(2,${A},${B},${C}))`,
    `wsh(multi(2,${A},${B},${C}))`,
    `tr(${A.replace('02', '03')},multi_a(2,${A},${B},${C}))`,
  ])('sign %s apart, combine, finalize', (text) => {
    const { psbt, provider } = spending(text);
    const signed = SECRETS.slice(1).map((secret) => {
      const own = new SigningProvider();
      own.merge(provider);
      own.addKey(publicKeyOf(secret), null, secret);
      const copy = psbt.clone();
      expect(sign(copy, own)).toBe(false);
      return copy;
    });
    expect(finalize(signed[0]!.clone())).toBe(false);
    const combined = combine(signed)!;
    expect(finalize(combined)).toBe(true);
    expect(
      extract(combined).inputs[0]!.witness.length + extract(combined).inputs[0]!.scriptSig.length,
    ).toBeGreaterThan(0);
  });

  test('of different transactions do not combine', () => {
    const one = spending(`wpkh(${a})`).psbt;
    const other = spending(`wpkh(${b})`).psbt;
    expect(combine([one, other])).toBeNull();
    expect(combine([one, spending(`wpkh(${a})`, 0).psbt])).toBeNull();
  });
});

describe('a PSBT', () => {
  test('asks for the highest lock time of its inputs, or for none that fits', () => {
    const { psbt } = spending(`wpkh(${a})`);
    expect(psbt.lockTime).toBe(0);
    psbt.inputs[0]!.set(INPUT.HEIGHT_LOCK, Uint8Array.of(100, 0, 0, 0));
    expect(psbt.lockTime).toBe(100);
    psbt.inputs.push(psbt.inputs[0]!.clone());
    psbt.inputs[1]!.delete(INPUT.HEIGHT_LOCK);
    psbt.inputs[1]!.set(INPUT.TIME_LOCK, Uint8Array.of(0, 0, 0, 0x60));
    expect(psbt.lockTime).toBeNull();
    expect(psbt.uniqueId).toBeNull();
  });

  test('is refused where it lies about what it spends, cut short, or of no known version', () => {
    const bytes = spending(`wpkh(${a})`).psbt.encode();
    expect(() => Psbt.decode(bytes.subarray(0, -1))).toThrow(
      'Separator is missing at the end of an output map',
    );
    expect(() => Psbt.decode(Uint8Array.of(...bytes, 0))).toThrow('extra data after PSBT');
    expect(() => Psbt.decode(bytes.subarray(1))).toThrow('Invalid PSBT magic bytes');
    const wrong = spending(`wpkh(${a})`).psbt;
    wrong.inputs[0]!.set(INPUT.PREVIOUS_TXID, new Uint8Array(32));
    expect(() => Psbt.decode(wrong.encode())).toThrow('Non-witness UTXO does not match outpoint hash');
    expect(() => Psbt.decodeBase64('!')).toThrow('invalid base64');
  });

  test('of a witness output is not signed for an output that needs none', () => {
    const { psbt, provider } = spending(`pkh(${a})`);
    const output = encodeOutput(psbt.utxo(0)!);
    psbt.inputs[0]!.delete(INPUT.NON_WITNESS_UTXO);
    psbt.inputs[0]!.set(INPUT.WITNESS_UTXO, output);
    expect(sign(psbt, provider)).toBe(false);
    expect(psbt.inputs[0]!.has(INPUT.PARTIAL_SIG)).toBe(false);
  });

  test('of many inputs is gone through once for each role, not once for each input', () => {
    const psbt = Psbt.fromTransaction({ ...spending(`pkh(${a})`).psbt.unsignedTransaction()! });
    while (psbt.inputs.length < 400) psbt.inputs.push(psbt.inputs[0]!.clone());
    for (const [i, input] of psbt.inputs.entries())
      input.set(INPUT.OUTPUT_INDEX, Uint8Array.of(i & 255, i >> 8, 0, 0));
    const old = Psbt.fromTransaction(psbt.unsignedTransaction()!, 0);
    const looked = vi.spyOn(Psbt.prototype, 'outpoint');
    const locked = vi.spyOn(Psbt.prototype, 'lockTime', 'get');
    try {
      for (const run of [
        () => finalize(psbt),
        () => analyze(psbt, BYTES_PER_SIGOP),
        () => fillWith(psbt, new SigningProvider(), { sign: false, finalize: false, derivations: true }),
        () => combine([psbt, psbt]),
        () => join([old, spending(`pkh(${b})`, 0).psbt], new SeededRandom(1)),
      ]) {
        looked.mockClear();
        locked.mockClear();
        run();
        expect(looked.mock.calls.length).toBeLessThan(4 * psbt.inputs.length);
        expect(locked.mock.calls.length).toBeLessThan(4);
      }
    } finally {
      vi.restoreAllMocks();
    }
  });

  test('is refused where it has more fields than could be of use', () => {
    const { psbt } = spending(`pkh(${a})`);
    const filled = (fields: number): Uint8Array => {
      const full = psbt.clone();
      for (let i = 0; i < fields; i++)
        full.inputs[0]!.set(0xf0, EMPTY, Uint8Array.of(i & 255, (i >> 8) & 255, i >> 16));
      return full.encode();
    };
    // Version 2 has five fields of the transaction, four of an input with what it spends, two of an output; and three ends.
    const own = 5 + 4 + 2 + 3;
    expect(Psbt.decode(filled(100_000 - own)).inputs[0]!.list(0xf0)).toHaveLength(100_000 - own);
    expect(() => Psbt.decode(filled(100_001 - own))).toThrow('more than 100000 fields');
  });
});
