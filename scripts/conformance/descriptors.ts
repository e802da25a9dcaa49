/** descriptors/: Core's descriptor tests and the vectors of BIP380 to 387 and 389. */
import { toHex } from '../../src/core/encoding/bytes.ts';
import { MAIN } from '../../src/core/parameters/presets.ts';
import type { KeyForm } from '../../src/wallet/descriptors/key-expression.ts';
import { type ParsedDescriptor, parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { type ConformanceModule, expectEqual, expectThrows, type Runner } from './suite.ts';

interface CoreVectors {
  readonly valid: readonly {
    readonly private: string;
    readonly public: string;
    readonly normalized_public: string;
    readonly flags: readonly string[];
    readonly scripts: readonly (readonly string[])[];
    readonly output_type: string;
  }[];
  readonly unparsable: readonly {
    readonly private: string;
    readonly public: string;
    readonly error: string;
  }[];
  readonly multipath: readonly {
    readonly private: string;
    readonly public: string;
    readonly expanded_private: readonly string[];
    readonly expanded_public: readonly string[];
    readonly expanded_normalized: readonly string[];
  }[];
}

interface BipVectors {
  readonly checksum: readonly { readonly descriptor: string; readonly valid: boolean }[];
  readonly key_expression_valid: readonly { readonly descriptor: string }[];
  readonly key_expression_invalid: readonly { readonly descriptor: string }[];
  readonly valid: readonly {
    readonly descriptor: string;
    readonly expands_to: readonly (string | readonly string[])[];
  }[];
  readonly invalid: readonly { readonly descriptor: string }[];
}

/** Both markers mean the same. */
const plain = (text: string): string => text.replace(/#.*/, '').replaceAll("'", 'h');

const texts = ({ descriptors, secrets }: ParsedDescriptor, form: KeyForm): string[] =>
  descriptors.map((descriptor) => plain(descriptor.format(form, secrets.lookup) ?? '(needs secrets)'));

const scriptsAt = ({ descriptors, secrets }: ParsedDescriptor, index: number): string[] =>
  (descriptors[0]!.scriptsAt(index, secrets.lookup) ?? []).map(toHex);

const parse = (text: string): ParsedDescriptor => parseDescriptor(text, MAIN);

const runCore: Runner = (file, report) => {
  const { valid, unparsable, multipath } = report.groups<CoreVectors>(file.json(), [
    'valid',
    'unparsable',
    'multipath',
  ]);
  report.each(valid, (row) => {
    report.row(row.private, () => {
      const parsed = parse(row.private);
      expectEqual(texts(parsed, 'public'), [plain(row.public)], 'public');
      expectEqual(texts(parse(row.public), 'public'), [plain(row.public)], 'public from public');
      expectEqual(texts(parsed, 'private'), [plain(row.private)], 'private');
      expectEqual(texts(parsed, 'normalized'), [plain(row.normalized_public)], 'normalized');
      expectEqual(parsed.descriptors[0]!.isRange, row.flags.includes('RANGE'), 'range');
      expectEqual(
        row.scripts.map((_, index) => scriptsAt(parsed, index)),
        row.scripts,
        'scripts',
      );
      const type = parsed.descriptors[0]!.outputType?.toUpperCase().replace('-', '_') ?? 'none';
      expectEqual(type, row.output_type, 'output type');
      if (row.flags.includes('HARDENED'))
        expectEqual(parse(row.public).descriptors[0]!.scriptsAt(0), null, 'from public');
      else expectEqual(scriptsAt(parse(row.public), 0), row.scripts[0], 'scripts from public');
    });
  });
  report.each(unparsable, (row) => {
    report.row(row.public, () => {
      if (row.private !== '') expectThrows(() => parse(row.private), 'private form');
      expectEqual(expectThrows(() => parse(row.public), 'public form').message, row.error);
    });
  });
  report.each(multipath, (row) => {
    report.row(row.private, () => {
      const parsed = parse(row.private);
      expectEqual(texts(parsed, 'private'), row.expanded_private.map(plain), 'private');
      expectEqual(texts(parsed, 'public'), row.expanded_public.map(plain), 'public');
      expectEqual(texts(parsed, 'normalized'), row.expanded_normalized.map(plain), 'normalized');
    });
  });
};

const runBips: Runner = (file, report) => {
  report.each(Object.entries(file.json<Record<string, Partial<BipVectors>>>()), ([bip, given]) => {
    const vectors = report.groups<BipVectors>(given, [
      'checksum',
      'key_expression_valid',
      'key_expression_invalid',
      'valid',
      'invalid',
    ]);
    report.each(vectors.checksum, ({ descriptor, valid }) =>
      report.row(`${bip} ${descriptor}`, () => {
        if (valid) parse(descriptor);
        else expectThrows(() => parse(descriptor), 'parse');
      }),
    );
    report.each(vectors.key_expression_valid, ({ descriptor }) =>
      report.row(`${bip} ${descriptor}`, () => void parse(`pk(${descriptor})`)),
    );
    report.each(vectors.key_expression_invalid, ({ descriptor }) =>
      report.row(`${bip} ${descriptor}`, () => void expectThrows(() => parse(`pk(${descriptor})`), 'parse')),
    );
    report.each(vectors.valid, ({ descriptor, expands_to }) =>
      report.row(`${bip} ${descriptor}`, () => {
        const parsed = parse(descriptor);
        const expected = expands_to as readonly string[];
        // Without scripts the row only says that it can be read.
        if (expands_to.length === 0) return;
        if (bip === 'bip389') {
          expectEqual(texts(parsed, 'private'), expected.map(plain));
          return;
        }
        // Several scripts of one index (combo) stand one after the other where there is no range.
        const indexes = parsed.descriptors[0]!.isRange ? expected.map((_, index) => index) : [0];
        const scripts = indexes.flatMap((index) => scriptsAt(parsed, index));
        expectEqual(scripts, expands_to.flat());
      }),
    );
    report.each(vectors.invalid, ({ descriptor }) =>
      report.row(`${bip} ${descriptor}`, () => void expectThrows(() => parse(descriptor), 'parse')),
    );
  });
};

export const conformance: ConformanceModule = {
  runners: { 'core_descriptors.json': runCore, 'bip380_389.json': runBips },
};
