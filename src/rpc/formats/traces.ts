/** What tracescript and traceblock answer; `formats/` writes it. */
import * as t from '../schema.ts';

const signatures = t.array(
  t.object({
    kind: t.string('ecdsa or schnorr'),
    signature: t.hex('With its hash type'),
    key: t.hex(),
    hashtype: t.string(),
    valid: t.boolean(),
    message: t.optional(
      t.object({
        fields: t.array(t.object({ name: t.string(), hex: t.hex() }), 'What is hashed, in this order'),
        hash: t.hex('What is signed, as it is hashed'),
      }),
      'none where nothing could be signed',
    ),
  }),
);

export const scriptTrace = t.object({
  valid: t.boolean('Whether the input may spend the output'),
  error: t.optional(t.string('Its name')),
  reason: t.optional(t.string('The same in words')),
  flags: t.array(t.string('Rules that hold')),
  scripts: t.array(
    t.object({
      role: t.string('scriptSig, scriptPubKey, redeemScript, witnessScript or tapscript'),
      hex: t.hex(),
      stack: t.array(t.hex(), 'Before it runs, the top last'),
      steps: t.array(
        t.object({
          at: t.integer('Byte of the script'),
          opcode: t.string(),
          data: t.optional(t.hex('What is pushed')),
          executed: t.boolean('False in a branch that is not taken'),
          stack: t.array(t.hex(), 'Behind it; of one that fails, as it was left'),
          altstack: t.optional(t.array(t.hex())),
          signatures: t.optional(signatures),
        }),
      ),
    }),
    'In the order in which they ran',
  ),
  signatures: t.optional(signatures),
  truncated: t.optional(t.boolean('It was too long to be told to its end; the verdict is that of the whole')),
});

const side = t.object({ name: t.string(), value: t.anything('A number, bitcoin, or hex') });
const checks = t.array(
  t.object({
    rule: t.string('With which a block that breaks it is refused'),
    left: side,
    relation: t.string('<, <=, =, >= or >'),
    right: side,
    passed: t.boolean(),
  }),
);
const place = { txid: t.hex(), vout: t.integer() };

export const blockTrace = t.object({
  hash: t.hex(),
  height: t.integer(),
  valid: t.boolean('Whether all rules hold that can be looked at, scripts aside'),
  reason: t.optional(t.string('Why not')),
  detail: t.optional(t.string()),
  flags: t.array(t.string('Rules that its scripts obey: see tracescript')),
  coinsknown: t.boolean('False: rules about coins are left out'),
  checks,
  transactions: t.array(
    t.object({
      txid: t.hex(),
      checks,
      fee: t.optional(t.amount()),
      spends: t.array(
        t.object({ ...place, value: t.amount(), height: t.integer(), coinbase: t.boolean() }),
        'Coins that go',
      ),
      creates: t.array(t.object({ ...place, value: t.amount() }), 'Coins that come'),
    }),
  ),
});
