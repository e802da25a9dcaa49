/** What is declared of transactions and scripts; `formats/` writes them. */
import * as t from '../schema.ts';

export const scriptPubKey = {
  asm: t.string('Opcodes and pushes in words'),
  desc: t.string('A descriptor of it'),
  hex: t.hex(),
  address: t.optional(t.string('Where it has one')),
  type: t.string('Its template: pubkeyhash, witness_v1_taproot, …'),
};

/** Fields of a decoded transaction. */
export const decodedTransaction = {
  txid: t.hex(),
  hash: t.hex('With the witnesses: the wtxid'),
  version: t.integer(),
  size: t.integer('Bytes'),
  vsize: t.integer('A quarter of the weight, rounded up'),
  weight: t.integer(),
  locktime: t.time('A height, or from 500,000,000 on seconds since 1970'),
  vin: t.array(
    t.object({
      coinbase: t.optional(t.hex('Script of a coinbase, which has none of txid, vout and scriptSig')),
      txid: t.optional(t.hex()),
      vout: t.optional(t.integer()),
      scriptSig: t.optional(t.object({ asm: t.string(), hex: t.hex() })),
      txinwitness: t.optional(t.array(t.hex())),
      prevout: t.optional(
        t.object(
          {
            generated: t.boolean(),
            height: t.integer(),
            value: t.amount(),
            scriptPubKey: t.object(scriptPubKey),
          },
          'What it spends, if asked for and known',
        ),
      ),
      sequence: t.integer(),
    }),
  ),
  vout: t.array(
    t.object({
      value: t.amount(),
      n: t.integer('Its index'),
      scriptPubKey: t.object(scriptPubKey),
      ischange: t.optional(t.boolean('true for change of the wallet, where a wallet is asked')),
    }),
  ),
  fee: t.optional(t.amount('Where what is spent is known')),
  hex: t.optional(t.hex()),
};
