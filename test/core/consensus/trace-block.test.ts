import { describe, expect, it } from 'vitest';
import type { Block } from '../../../src/core/block/block.ts';
import { traceBlock } from '../../../src/core/consensus/trace-block.ts';
import type { BlockUndo } from '../../../src/core/consensus/undo.ts';
import { isUnspendable } from '../../../src/core/script/script.ts';
import type { Coin } from '../../../src/core/transaction/coin.ts';
import { OutPointMap } from '../../../src/core/transaction/outpoint-map.ts';
import type { ChainBuilder } from '../../support/chain-builder.ts';
import { buildCase, RULE_CASES } from '../../support/rule-cases.ts';

/** What a node would have kept of the coins, or null where there are none such. */
function undoOf({ transactions }: Block, chain: ChainBuilder): BlockUndo | null {
  const own = new OutPointMap<Coin>();
  const undo = transactions.slice(1).map((tx, i) => {
    transactions[i]!.outputs.forEach((output, vout) => {
      if (isUnspendable(output.scriptPubKey)) return;
      const coin = { output, height: chain.height + 1, coinbase: i === 0 };
      own.set({ txid: transactions[i]!.txidBytes, vout }, coin);
    });
    return tx.inputs.map(({ prevout }) => own.get(prevout) ?? chain.coins.get(prevout));
  });
  return undo.every((coins) => coins.every((coin) => coin !== undefined)) ? (undo as Coin[][]) : null;
}

function trace(block: Block, chain: ChainBuilder) {
  const { parameters, tip } = chain;
  const place = { height: chain.height + 1, hash: block.hash, parent: tip };
  const now = tip.header.time + parameters.targetSpacing + chain.clockAhead;
  const undo = undoOf(block, chain);
  const { checks, transactions, failure } = traceBlock({ block, place, undo, now }, parameters);
  const all = [...checks, ...transactions.flatMap((each) => each.checks)];
  return { undo, rules: all, failed: all.filter(({ passed }) => !passed).map(({ rule }) => rule), failure };
}

/** Of coins or scripts that are not there to be looked at, and those of a transaction by itself. */
const UNSEEN =
  /missingorspent|BIP30|script-verify|bad-cb-length|bad-txns-(vin|vout|prevout|txouttotal|inputs-dup|acc)/;

describe('a traced block shows the rule that it breaks, and breaks no other', () => {
  it.each(RULE_CASES.map((ruleCase) => [ruleCase.reason, ruleCase.title, ruleCase] as const))(
    '%s: %s',
    (reason, _title, ruleCase) => {
      const { chain, valid, broken } = buildCase(ruleCase);
      const good = trace(valid, chain);
      expect([good.failed, good.failure]).toEqual([[], null]);
      const bad = trace(broken, chain);
      if (bad.undo !== null && !/BIP30|script-verify/.test(reason)) expect(bad.failure?.reason).toBe(reason);
      if (!UNSEEN.test(reason)) expect(bad.failed).toContain(reason);
    },
  );
});
