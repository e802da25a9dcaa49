/** Outputs that a transaction spends: what chain and mempool know, and what a caller tells of others (`prevtxs`). */
import { equalBytes, fromDisplayHex } from '../core/encoding/bytes.ts';
import { JsonObject, type JsonRead } from '../core/encoding/json.ts';
import { toAssembly } from '../core/script/assembly.ts';
import { MAX_MONEY } from '../core/transaction/amount.ts';
import { outPointText, prevoutsOf, type Transaction, type TxOut } from '../core/transaction/transaction.ts';
import type { SigningProvider } from '../wallet/signing/provider.ts';
import { takeScripts } from '../wallet/signing/told-scripts.ts';
import type { RpcContext } from './context.ts';
import { refuse } from './errors.ts';
import { LIMITS } from './limits.ts';
import * as t from './schema.ts';

const previousOutput = t.object(
  {
    txid: t.hashText(),
    vout: t.integer(),
    scriptPubKey: t.bytes(),
    redeemScript: t.optional(t.bytes('Required for P2SH')),
    witnessScript: t.optional(t.bytes('Required for P2WSH, also inside P2SH')),
    amount: t.optional(t.amount('Required for segwit')),
  },
  '',
  { more: true },
);

/** `prevtxs` */
export const previousOutputs = t.optional(
  t.items(previousOutput, 'Outputs that the node may not know', LIMITS.inputs),
);

/** Where scripts that a caller tells go, and whether they must be told. */
interface ScriptSink {
  readonly provider: SigningProvider;
  readonly required: boolean;
}

/** @param told `prevtxs` @throws RpcError */
export async function spentOutputs(
  tx: Transaction,
  context: RpcContext,
  told: readonly JsonRead[] = [],
  sink?: ScriptSink,
): Promise<(TxOut | null)[]> {
  const outpoints = prevoutsOf(tx);
  const coins = await context.mempool.coins(outpoints);
  const known = new Map(outpoints.map((outpoint, i) => [outPointText(outpoint), coins[i]?.output]));
  for (const item of told) {
    if (!(item instanceof JsonObject))
      throw refuse.text('expected object with {"txid\'","vout","scriptPubKey"}');
    const output = previousOutput.read(item, '', context);
    if (output.vout < 0) throw refuse.text('vout cannot be negative');
    const id = outPointText({ txid: fromDisplayHex(output.txid), vout: output.vout });
    const before = known.get(id)?.scriptPubKey;
    if (before !== undefined && !equalBytes(before, output.scriptPubKey))
      throw refuse.text(
        `Previous output scriptPubKey mismatch:\n${toAssembly(before)}\nvs:\n${toAssembly(output.scriptPubKey)}`,
      );
    known.set(id, { value: output.amount ?? MAX_MONEY, scriptPubKey: output.scriptPubKey });
    if (sink !== undefined) takeScripts(output, sink.provider, sink.required);
  }
  return outpoints.map((outpoint) => known.get(outPointText(outpoint)) ?? null);
}
