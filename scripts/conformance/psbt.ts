/** psbt/: what decodes and what does not, and the roles of BIP174. */
import { fromDisplayHex, toHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { publicKeyOf } from '../../src/core/script/signing.ts';
import { decodeWif } from '../../src/core/script/wif.ts';
import { NO_WITNESS } from '../../src/core/transaction/transaction.ts';
import { Psbt } from '../../src/wallet/psbt/psbt.ts';
import { combine, extract, finalize, sighashContext, signInput } from '../../src/wallet/psbt/roles.ts';
import { SigningProvider } from '../../src/wallet/signing/provider.ts';
import { type ConformanceModule, expectEqual, expectThrows, expectTrue, type Runner } from './suite.ts';

interface PsbtVectors {
  readonly valid: readonly string[];
  readonly invalid: readonly string[];
  readonly invalid_with_msg: readonly (readonly [string, string])[];
  readonly creator: readonly {
    readonly inputs: readonly { readonly txid: string; readonly vout: number; readonly sequence?: number }[];
    readonly outputs: readonly Readonly<Record<string, number>>[];
    readonly version?: 0 | 2;
    readonly result: string;
  }[];
  readonly signer: readonly {
    readonly privkeys: readonly string[];
    readonly psbt: string;
    readonly result: string;
  }[];
  readonly combiner: readonly { readonly combine: readonly string[]; readonly result: string }[];
  readonly finalizer: readonly { readonly finalize: string; readonly result: string }[];
  readonly extractor: readonly { readonly extract: string; readonly result: string }[];
}

function create({ inputs, outputs, version }: PsbtVectors['creator'][number]): string {
  const transaction = {
    version: 2,
    lockTime: 0,
    inputs: inputs.map(({ txid, vout, sequence }) => ({
      prevout: { txid: fromDisplayHex(txid), vout },
      scriptSig: new Uint8Array(0),
      sequence: sequence ?? 0xffffffff,
      witness: NO_WITNESS,
    })),
    outputs: outputs.flatMap((output) =>
      Object.entries(output).map(([address, bitcoin]) => ({
        value: BigInt(Math.round(bitcoin * 1e8)),
        scriptPubKey: decodeAddress(address, REGTEST),
      })),
    ),
  };
  return Psbt.fromTransaction(transaction, version ?? 2).encodeBase64();
}

function sign({ privkeys, psbt: text }: PsbtVectors['signer'][number]): string {
  const psbt = Psbt.decodeBase64(text);
  const provider = new SigningProvider();
  for (const wif of privkeys) {
    const { secret, compressed } = decodeWif(wif, REGTEST);
    provider.addKey(publicKeyOf(secret, compressed), null, secret);
  }
  const context = sighashContext(psbt);
  for (const index of psbt.inputs.keys()) signInput(psbt, index, provider, context, { finalize: false });
  return psbt.encodeBase64();
}

const run: Runner = (file, report) => {
  const vectors = report.groups<PsbtVectors>(file.json(), [
    'valid',
    'invalid',
    'invalid_with_msg',
    'creator',
    'signer',
    'combiner',
    'finalizer',
    'extractor',
  ]);
  report.each(vectors.valid, (text) =>
    report.row(`valid ${text}`, () => {
      const psbt = Psbt.decodeBase64(text);
      const again = psbt.encodeBase64();
      expectEqual(Psbt.decodeBase64(again).encodeBase64(), again);
    }),
  );
  report.each(vectors.invalid, (text) =>
    report.row(`invalid ${text}`, () => void expectThrows(() => Psbt.decodeBase64(text), 'decode')),
  );
  report.each(vectors.invalid_with_msg, ([text, message]) =>
    report.row(`invalid ${text}`, () => {
      const error = expectThrows(() => Psbt.decodeBase64(text), 'decode');
      expectTrue(error.message.startsWith(message), `expected "${message}", got "${error.message}"`);
    }),
  );
  report.each(vectors.creator, (row) => report.row('creator', () => expectEqual(create(row), row.result)));
  report.each(vectors.signer, (row) =>
    report.row(`signer ${row.psbt}`, () => expectEqual(sign(row), row.result)),
  );
  report.each(vectors.combiner, (row) =>
    report.row('combiner', () =>
      expectEqual(combine(row.combine.map((text) => Psbt.decodeBase64(text)))?.encodeBase64(), row.result),
    ),
  );
  report.each(vectors.finalizer, (row) =>
    report.row('finalizer', () => {
      const psbt = Psbt.decodeBase64(row.finalize);
      finalize(psbt);
      expectEqual(psbt.encodeBase64(), row.result);
    }),
  );
  report.each(vectors.extractor, (row) =>
    report.row('extractor', () =>
      expectEqual(toHex(extract(Psbt.decodeBase64(row.extract)).bytes), row.result),
    ),
  );
};

export const conformance: ConformanceModule = { runners: { 'psbt.json': run } };
