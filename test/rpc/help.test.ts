import { describe, expect, test } from 'vitest';
import { helpText, usage } from '../../src/rpc/help.ts';
import { defineMethod, type Method } from '../../src/rpc/method.ts';
import { METHODS } from '../../src/rpc/methods.ts';
import { param } from '../../src/rpc/parameter.ts';
import { result } from '../../src/rpc/result.ts';

const example = defineMethod({
  name: 'example',
  category: 'hidden',
  description: '\nDoes nothing.\n\nAt length.\n',
  parameters: [
    param.hex('txid', 'The id'),
    param.array('inputs', 'What is spent', [
      param.object('', '', [param.hex('txid', 'An id'), param.integer('vout', 'An index\nof an output')], {
        optional: true,
      }),
    ]),
    param.boolean('fast|quick', 'Hurry', { default: false }),
    param.options('options', '', [param.amount('fee_rate', 'A rate', { hint: 'estimated' })], {
      optional: true,
    }),
    param.integer('secret', 'Not shown', { optional: true, hidden: true }),
  ],
  results: [
    result.object(
      '',
      '',
      [
        result.hex('id', 'What came of it', { optional: true }),
        result.array('list', '', [result.number('', 'one')]),
        result.keyed('map', '', [result.boolean('key', 'so or not')]),
      ],
      { condition: 'if fast' },
    ),
    result.none('', ''),
  ],
  examples: ['"abcd" \'[{"txid":"ab","vout":0}]\' true'],
  handler: () => null,
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
4. options                 (json object, optional) Options object that can be used to pass named arguments, listed below.

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

Result:
null    (json null)

Examples:
> penny rpc example "abcd" '[{"txid":"ab","vout":0}]' true
> curl --user myusername --data-binary '{"jsonrpc": "2.0", "id": "curltest", "method": "example", "params": ["abcd", [{"txid":"ab","vout":0}], true]}' -H 'content-type: application/json' http://127.0.0.1:8332/
`);
});

describe.each([...METHODS.values()].map((method): [string, Method] => [method.name, method]))(
  '%s',
  (name, method) => {
    test('has a help text without gaps', () => {
      expect(usage(method).startsWith(name)).toBe(true);
      expect(helpText(method)).not.toMatch(/undefined|\[object|null,/);
      expect(method.description.trim()).not.toBe('');
      expect(method.results.length).toBeGreaterThan(0);
    });

    test('names each parameter once', () => {
      const names = method.parameters.flatMap((parameter) => parameter.names.split('|'));
      expect(new Set(names).size).toBe(names.length);
    });
  },
);
