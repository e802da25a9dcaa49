/** How a block is judged, as `traceblock` tells it. */
import type { BlockTrace, Check, Compared, TransactionTrace } from '../core/consensus/trace-block.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { isUnspendable } from '../core/script/script.ts';
import { Amount } from '../core/transaction/amount.ts';
import { flagNames } from './script-trace.ts';

const valueJson = (value: Compared) => (typeof value === 'bigint' ? new Amount(value) : value);

const checkJson = ({ rule, left, relation, right, passed }: Check) => ({
  rule,
  left: { name: left[0], value: valueJson(left[1]) },
  relation,
  right: { name: right[0], value: valueJson(right[1]) },
  passed,
});

function transactionJson({ tx, checks: each, spent }: TransactionTrace) {
  const coins = tx.isCoinbase ? [] : (spent ?? []);
  const fee = [...coins.map(({ output }) => output.value), ...tx.outputs.map(({ value }) => -value)];
  return {
    txid: tx.txid,
    checks: each.map(checkJson),
    ...(coins.length > 0 && { fee: new Amount(fee.reduce((a, b) => a + b)) }),
    spends: coins.map(({ output, height, coinbase }, i) => {
      const { txid, vout } = tx.inputs[i]!.prevout;
      return { txid: toDisplayHex(txid), vout, value: new Amount(output.value), height, coinbase };
    }),
    creates: tx.outputs.flatMap(({ value, scriptPubKey }, vout) =>
      isUnspendable(scriptPubKey) ? [] : [{ txid: tx.txid, vout, value: new Amount(value) }],
    ),
  };
}

export function blockTraceJson(
  { checks: each, transactions, failure }: BlockTrace,
  { hash, height, flags, isKnown }: { hash: string; height: number; flags: number; isKnown: boolean },
) {
  return {
    ...{ hash, height, valid: failure === null },
    ...(failure !== null && { reason: failure.reason }),
    ...(failure?.detail && { detail: failure.detail }),
    flags: flagNames(flags),
    coinsknown: isKnown,
    checks: each.map(checkJson),
    transactions: transactions.map(transactionJson),
  };
}
