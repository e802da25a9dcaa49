import { describe, expect, test } from 'vitest';
import { METHODS } from '../../src/methods.ts';
import { helpText, usage } from '../../src/rpc/help.ts';
import { group, method } from '../../src/rpc/method.ts';
import type { Method } from '../../src/rpc/registry.ts';
import {
  amount,
  array,
  boolean,
  cases,
  hex,
  hidden,
  integer,
  nothing,
  object,
  optional,
  options,
  record,
  standard,
} from '../../src/rpc/schema.ts';

const { example } = group('hidden', {
  example: method({
    help: '\nDoes nothing.\n\nAt length.\n',
    parameters: {
      txid: hex('The id'),
      inputs: array(object({ txid: hex('An id'), vout: integer('An index\nof an output') }), 'What is spent'),
      'fast|quick': standard(boolean('Hurry'), false),
      options: options({ fee_rate: optional(amount('A rate'), 'estimated') }),
      secret: hidden(optional(integer('Not shown'))),
    },
    result: cases('', {
      'if fast': object({
        id: optional(hex('What came of it')),
        list: array(integer('one')),
        map: record(boolean('so or not'), 'key'),
      }),
      otherwise: nothing(),
    }),
    example: '"abcd" \'[{"txid":"ab","vout":0}]\' true',
    handler: () => null,
  }),
});

test('help has the layout of Bitcoin Core', () => {
  expect(
    helpText(example),
  ).toBe(`example "txid" [{"txid":"hex","vout":n},...] ( fast {"fee_rate":amount,...} )

Does nothing.

At length.

Arguments:
1. txid                    (string, required) The id
2. inputs                  (json array, required) What is spent
     [
       {                   (json object)
         "txid": "hex",    (string, required) An id
         "vout": n,        (numeric, required) An index
                           of an output
       },
       ...
     ]
3. fast                    (boolean, optional, default=false) Hurry
4. options                 (json object, optional) Each may also be given by name, as a parameter of the method:

Named Arguments:
fee_rate    (numeric or string, optional, default=estimated) A rate

Result (if fast):
{                          (json object)
  "id" : "hex",            (string, optional) What came of it
  "list" : [               (json array)
    n,                     (numeric) one
    ...
  ],
  "map" : {                (json object)
    "key" : true|false,    (boolean) so or not
    ...
  }
}

Result (otherwise):
null    (json null)

Examples:
> penny rpc example "abcd" '[{"txid":"ab","vout":0}]' true
> curl -u "$(cat ~/.penny/penny/.cookie)" -d '{"method":"example","params":["abcd",[{"txid":"ab","vout":0}],true]}' http://127.0.0.1:7332/
`);
});

describe.each(Object.entries<Method>(METHODS))('%s', (name, one) => {
  test('has a help text without gaps', () => {
    expect(usage(one).startsWith(name)).toBe(true);
    expect(helpText(one)).not.toMatch(/undefined|\[object|null,/);
    expect(one.help.trim()).not.toBe('');
  });

  test('names each parameter once', () => {
    const names = Object.keys(one.parameters).flatMap((each) => each.split('|'));
    expect(new Set(names).size).toBe(names.length);
  });
});
