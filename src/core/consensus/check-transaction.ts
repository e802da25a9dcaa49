/** What can be said of a transaction without knowing anything else (Core's CheckTransaction). */
import { Invalid } from '../encoding/errors.ts';
import { MAX_MONEY } from '../transaction/amount.ts';
import { OutPointMap } from '../transaction/outpoint-map.ts';
import { isNullOutPoint, type Transaction, WITNESS_SCALE_FACTOR } from '../transaction/transaction.ts';
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
  const seen = new OutPointMap<true>();
  for (const input of tx.inputs) {
    if (seen.has(input.prevout)) throw new Invalid('consensus', 'bad-txns-inputs-duplicate');
    seen.set(input.prevout, true);
  }

  if (tx.isCoinbase) {
    const { length } = tx.inputs[0]!.scriptSig;
    if (length < 2 || length > 100) throw new Invalid('consensus', 'bad-cb-length');
  } else if (tx.inputs.some((input) => isNullOutPoint(input.prevout)))
    throw new Invalid('consensus', 'bad-txns-prevout-null');
}
