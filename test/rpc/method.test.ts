/** A method is said once: what does not fit its parameters or its result does not compile. */
import { expect, expectTypeOf, test } from 'vitest';
import { method } from '../../src/rpc/method.ts';
import {
  amount,
  array,
  boolean,
  cases,
  hash,
  integer,
  object,
  optional,
  options,
  standard,
  string,
} from '../../src/rpc/schema.ts';
import { btc } from '../../src/rpc/values.ts';

const result = object({
  count: integer(),
  fee: optional(amount()),
  list: array(object({ name: string(), inner: optional(boolean()) })),
});
const good = { count: 1, list: [{ name: 'a' }] };
const definition = { help: 'For tests.', parameters: {}, result };

test('an answer has the fields of the result, all of them and no others', () => {
  method({ ...definition, handler: () => good });
  method({ ...definition, handler: async () => ({ ...good, fee: btc(1n) }) });
  method({ ...definition, handler: () => ({ ...good, fee: undefined }) });
  // @ts-expect-error a field is missing
  method({ ...definition, handler: () => ({ list: [] }) });
  // @ts-expect-error a field of a wrong type
  method({ ...definition, handler: () => ({ ...good, count: 'one' }) });
  // @ts-expect-error satoshis are not bitcoin
  method({ ...definition, handler: () => ({ ...good, fee: 1n }) });
  // @ts-expect-error a field that is not declared
  method({ ...definition, handler: () => ({ ...good, more: 1 }) });
  // @ts-expect-error the same, deeper
  method({ ...definition, handler: () => ({ ...good, list: [{ name: 'a', more: 1 }] }) });
  // @ts-expect-error the same, later
  method({ ...definition, handler: async () => ({ ...good, more: 1 }) });
  method({ help: 'For tests.', handler: () => {} });
  method({ help: 'For tests.', handler: async () => {} });
  // @ts-expect-error an answer where none is declared
  method({ help: 'For tests.', handler: () => 1 });
  // @ts-expect-error no answer where one is declared
  method({ ...definition, handler: () => {} });
});

test('a handler receives its parameters by name, converted', () => {
  method({
    help: 'For tests.',
    parameters: {
      'txid|id': hash(),
      depth: standard(integer(), 6),
      options: options({ fee: optional(amount()), fast: standard(boolean(), false) }),
    },
    result: cases('depth', { 6: string(), 7: integer() }),
    handler(held) {
      expectTypeOf(held).toEqualTypeOf<{
        readonly txid: Uint8Array;
        readonly depth: number;
        readonly options: { readonly fee: bigint | undefined; readonly fast: boolean };
      }>();
      // @ts-expect-error an alias is no name
      expect(held.id).toBeUndefined();
      return 'text';
    },
  });
  // @ts-expect-error neither case
  method({ ...definition, result: cases('', { a: string(), b: integer() }), handler: () => true });
});
