/** Ways to spoil bytes, transactions and blocks, as arbitraries that fast-check draws, replays and shrinks. */
import fc from 'fast-check';
import { Block } from '../../src/core/block/block.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { merkleRoot } from '../../src/core/block/merkle.ts';
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import { Transaction, type TxIn, type TxOut } from '../../src/core/transaction/transaction.ts';

/** One change of bytes: where (a fraction of the length), and what. */
const byteChange = fc.tuple(
  fc.constantFrom('flip', 'set', 'insert', 'remove', 'repeat', 'cut'),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.nat(255),
  fc.integer({ min: 1, max: 40 }),
);

function changeBytes(
  bytes: Uint8Array,
  [kind, fraction, value, length]: readonly [string, number, number, number],
): Uint8Array {
  const at = Math.floor(fraction * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case 'flip':
      return concatBytes(before, Uint8Array.of((after[0] ?? 0) ^ (1 << (value & 7))), after.subarray(1));
    case 'set':
      return concatBytes(before, Uint8Array.of(value), after.subarray(1));
    case 'insert':
      return concatBytes(before, new Uint8Array(length).fill(value), after);
    case 'remove':
      return concatBytes(before, after.subarray(length));
    case 'repeat':
      return concatBytes(before, after.subarray(0, length), after);
    default:
      return before;
  }
}

/** One of these byte strings, with a few changes. */
export function mutatedBytes(originals: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(byteChange, { minLength: 1, maxLength: 4 }))
    .map(([bytes, changes]) => changes.reduce(changeBytes, bytes));
}

const uint32 = fc.oneof(fc.constantFrom(0, 1, 2, 499_999_999, 500_000_000, 0x7fffffff, 0xffffffff), fc.nat());
const value = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 2_100_000_000_000_000n, 2_100_000_000_000_001n, (1n << 63n) - 1n),
  fc.bigInt({ min: 0n, max: 5_000_000_000n }),
);
const scriptBytes = fc.uint8Array({ maxLength: 80 });

type Fields = Pick<Transaction, 'version' | 'inputs' | 'outputs' | 'lockTime'>;
type Change = (fields: Fields) => Fields;

const replaced = <T>(list: readonly T[], at: number, change: (item: T) => T): T[] =>
  list.map((item, i) => (i === at % list.length ? change(item) : item));

/** One change of a field that leaves a transaction well formed. */
const transactionChange: fc.Arbitrary<Change> = fc
  .record({
    kind: fc.nat(11),
    at: fc.nat(1000),
    number: uint32,
    value,
    script: scriptBytes,
    change: byteChange,
  })
  .map(({ kind, at, number, value: amount, script, change }) => (fields) => {
    const input = (edit: (input: TxIn) => TxIn): Fields => ({
      ...fields,
      // A received input computes its witness: spreading alone would lose it.
      inputs: replaced(fields.inputs, at, (old) => edit({ ...old, witness: old.witness })),
    });
    const output = (edit: (output: TxOut) => TxOut): Fields => ({
      ...fields,
      outputs: replaced(fields.outputs, at, edit),
    });
    switch (kind) {
      case 0:
        return { ...fields, version: number };
      case 1:
        return { ...fields, lockTime: number };
      case 2:
        return input((old) => ({ ...old, sequence: number }));
      case 3:
        return input((old) => ({ ...old, prevout: { ...old.prevout, vout: number } }));
      case 4:
        return input((old) => ({ ...old, scriptSig: script }));
      case 5:
        return input((old) => ({ ...old, scriptSig: changeBytes(old.scriptSig, change) }));
      case 6:
        return input((old) => ({
          ...old,
          witness: replaced(old.witness, at, (item) => changeBytes(item, change)),
        }));
      case 7:
        return input((old) => ({ ...old, witness: [...old.witness, script] }));
      case 8:
        return output((old) => ({ ...old, value: amount }));
      case 9:
        return output((old) => ({ ...old, scriptPubKey: script }));
      case 10:
        return { ...fields, outputs: [...fields.outputs, ...fields.outputs.slice(0, 1)] };
      default:
        return { ...fields, inputs: [...fields.inputs].reverse() };
    }
  });

const transactionChanges = fc.array(transactionChange, { minLength: 1, maxLength: 3 });

const applied = (tx: Transaction, changes: readonly Change[]): Transaction =>
  Transaction.from(changes.reduce<Fields>((fields, change) => change(fields), tx));

/** One of the items, its transaction with a few fields changed. */
export function mutatedSpend<T extends { readonly tx: Transaction }>(
  originals: readonly T[],
): fc.Arbitrary<T> {
  return fc
    .tuple(fc.constantFrom(...originals), transactionChanges)
    .map(([spend, changes]) => ({ ...spend, tx: applied(spend.tx, changes) }));
}

const headerChange = fc.record(
  { version: fc.integer(), time: uint32, bits: uint32, nonce: uint32 },
  { requiredKeys: [] },
);

/** A block with a transaction changed, moved or repeated; its header may be made to fit. */
export function mutatedBlock(original: Block): fc.Arbitrary<Block> {
  return fc
    .record({
      kind: fc.nat(4),
      at: fc.nat(1000),
      changes: transactionChanges,
      header: fc.option(headerChange, { nil: {} }),
      fits: fc.boolean(),
    })
    .map(({ kind, at, changes, header, fits }) => {
      const old = original.transactions;
      const index = at % old.length;
      const some = old[index]!;
      const transactions = [
        replaced(old, index, (tx) => applied(tx, changes)),
        old.filter((_, i) => i !== index),
        [...old, some],
        [...old].reverse(),
        old,
      ][kind]!;
      const root = merkleRoot(transactions.map((tx) => tx.txidBytes)).root;
      const fields = { ...original.header, ...header, ...(fits ? { merkleRoot: root } : {}) };
      return Block.from(BlockHeader.from(fields), transactions);
    });
}
