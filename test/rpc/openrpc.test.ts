import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { METHODS } from '../../src/methods.ts';
import { openRpcDocument } from '../../src/rpc/openrpc.ts';
import type { Method } from '../../src/rpc/registry.ts';

interface Document {
  readonly openrpc: string;
  readonly methods: readonly {
    readonly name: string;
    readonly params: readonly {
      readonly name: string;
      readonly required: boolean;
      readonly schema: object;
    }[];
    readonly result: { readonly schema: object };
  }[];
}

// Its types describe documents, not the schema that it is.
const { openrpcDocument } = createRequire(import.meta.url)('@open-rpc/meta-schema') as {
  openrpcDocument: object;
};

const DRAFT_7 = 'http://json-schema.org/draft-07/schema';

const document = openRpcDocument(METHODS, '1.0') as unknown as Document;
const method = (name: string) => document.methods.find((candidate) => candidate.name === name)!;

test('every method that help lists is described, in the order of names', () => {
  const listed = Object.values<Method>(METHODS)
    .filter(({ category }) => category !== 'hidden')
    .map(({ name }) => name);
  expect(document.methods.map(({ name }) => name)).toEqual(listed.sort());
});

test('the document is valid OpenRPC, and every schema in it valid JSON Schema', () => {
  // The meta-schema's own name for JSON Schema of draft 7.
  const metaSchema = JSON.stringify(openrpcDocument)
    .replaceAll('https://meta.json-schema.tools/#/definitions/JSONSchemaObject', `${DRAFT_7}#`)
    .replaceAll(/https:\/\/meta\.json-schema\.tools\/?/g, DRAFT_7);
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(JSON.parse(metaSchema));
  validate(JSON.parse(JSON.stringify(document)));
  expect(validate.errors).toBeNull();
  expect(validate({ ...document, methods: [{ name: 1 }] })).toBe(false);
});

test('required parameters come before optional ones only where they do in the call', () => {
  expect(method('gettxout').params.map(({ name, required }) => [name, required])).toEqual([
    ['txid', true],
    ['n', true],
    ['include_mempool', false],
  ]);
});

test('types, bounds and defaults are JSON schemas', () => {
  expect(method('gettxout').params.map(({ schema }) => schema)).toEqual([
    { type: 'string', pattern: '^([0-9a-fA-F]{2})*$' },
    { type: 'integer', minimum: 0, maximum: 4_294_967_295 },
    { type: 'boolean', default: true },
  ]);
  expect(method('getblockcount').result.schema).toEqual({ type: 'integer' });
  expect(method('getblockheader').result.schema).toMatchObject({
    oneOf: [
      { type: 'object', required: expect.arrayContaining(['hash', 'confirmations']) },
      { type: 'string', description: 'verbose = false' },
    ],
  });
});
