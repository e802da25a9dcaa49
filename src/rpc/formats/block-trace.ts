/** How a block is judged, as `traceblock` tells it. */
import type { BlockTrace, Check, Compared, TransactionTrace } from '../../core/consensus/trace-block.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { isUnspendable } from '../../core/script/script.ts';
import * as t from '../schema.ts';
import { btc } from '../values.ts';
import { flagNames } from './script-trace.ts';

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

const valueJson = (value: Compared) => (typeof value === 'bigint' ? btc(value) : value);

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
    ...(coins.length > 0 && { fee: btc(fee.reduce((a, b) => a + b)) }),
    spends: coins.map(({ output, height, coinbase }, i) => {
      const { txid, vout } = tx.inputs[i]!.prevout;
      return { txid: toDisplayHex(txid), vout, value: btc(output.value), height, coinbase };
    }),
    creates: tx.outputs.flatMap(({ value, scriptPubKey }, vout) =>
      isUnspendable(scriptPubKey) ? [] : [{ txid: tx.txid, vout, value: btc(value) }],
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
