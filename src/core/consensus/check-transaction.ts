/** What can be said of a transaction without knowing anything else (Core's CheckTransaction). */
import { compareBytes } from '../encoding/bytes.ts';
import { Invalid } from '../encoding/errors.ts';
import { MAX_MONEY } from '../transaction/amount.ts';
import {
  isNullOutPoint,
  type OutPoint,
  type Transaction,
  WITNESS_SCALE_FACTOR,
} from '../transaction/transaction.ts';
import { MAX_BLOCK_WEIGHT } from './limits.ts';

/** @throws Invalid of kind `consensus` */
export function checkTransaction(tx: Transaction): void {
  if (tx.inputs.length === 0) throw new Invalid('consensus', 'bad-txns-vin-empty');
  if (tx.outputs.length === 0) throw new Invalid('consensus', 'bad-txns-vout-empty');
  if (tx.strippedSize * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT)
    throw new Invalid('consensus', 'bad-txns-oversize');

  // CVE-2010-5139: the sum is bounded too, or it could overflow 64 bits.
  let total = 0n;
  for (const output of tx.outputs) {
    if (output.value < 0n) throw new Invalid('consensus', 'bad-txns-vout-negative');
    if (output.value > MAX_MONEY) throw new Invalid('consensus', 'bad-txns-vout-toolarge');
    total += output.value;
    if (total > MAX_MONEY) throw new Invalid('consensus', 'bad-txns-txouttotal-toolarge');
  }

  // CVE-2018-17144: spending one coin twice in a transaction would create money.
  if (spendsTwice(tx)) throw new Invalid('consensus', 'bad-txns-inputs-duplicate');

  if (tx.isCoinbase) {
    const { length } = tx.inputs[0]!.scriptSig;
    if (length < 2 || length > 100) throw new Invalid('consensus', 'bad-cb-length');
  } else if (tx.inputs.some((input) => isNullOutPoint(input.prevout)))
    throw new Invalid('consensus', 'bad-txns-prevout-null');
}

/** Inputs up to which comparing each with each takes less than anything that takes memory. */
const FEW_INPUTS = 8;

/** By sorting: outpoints that need not exist can be made so that they all fall into one slot of a map. */
function spendsTwice({ inputs }: Transaction): boolean {
  if (inputs.length <= FEW_INPUTS) {
    for (let i = 1; i < inputs.length; i++)
      for (let j = 0; j < i; j++)
        if (compareOutPoints(inputs[i]!.prevout, inputs[j]!.prevout) === 0) return true;
    return false;
  }
  const prevouts = inputs.map((input) => input.prevout).sort(compareOutPoints);
  return prevouts.some((prevout, i) => i > 0 && compareOutPoints(prevouts[i - 1]!, prevout) === 0);
}

function compareOutPoints(a: OutPoint, b: OutPoint): number {
  return compareBytes(a.txid, b.txid) || a.vout - b.vout;
}
