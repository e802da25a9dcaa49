/** Where transactions pay to scripts and spend from them, in the order in which they do. */
import type { Block } from '../core/block/block.ts';
import type { BlockUndo } from '../core/consensus/undo.ts';
import type { Transaction, TxOut } from '../core/transaction/transaction.ts';

export interface ScriptUse {
  readonly tx: Transaction;
  readonly type: 'spend' | 'receive';
  /** Of the input, or of the output. */
  readonly index: number;
  readonly output: TxOut;
}

/** @param spent outputs that its inputs spend, as far as they are known; none for a coinbase */
export function usesIn(tx: Transaction, spent: readonly (TxOut | null)[]): ScriptUse[] {
  const uses = (type: ScriptUse['type'], outputs: readonly (TxOut | null)[]) =>
    outputs.flatMap((output, index) => (output === null ? [] : [{ tx, type, index, output }]));
  return [...uses('spend', spent), ...uses('receive', tx.outputs)];
}

export const usesInBlock = ({ transactions }: Block, undo: BlockUndo): ScriptUse[] =>
  transactions.flatMap((tx, i) =>
    usesIn(
      tx,
      (i === 0 ? [] : undo[i - 1]!).map(({ output }) => output),
    ),
  );
