/** getdescriptoractivity: what happened to given descriptors in blocks and in the mempool. */
import { type ScriptUse, usesIn, usesInBlock } from '../../chain/script-uses.ts';
import type { BlockHash } from '../../core/block/header.ts';
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { scriptJson } from '../../formats/script.ts';
import { scanObjects, watchedScripts } from '../descriptor-scripts.ts';
import { scriptPubKey } from '../formats/transaction.ts';
import { btc, group, method, refuse, t } from '../kit.ts';
import { findBlock, readStoredBlock, readStoredUndo } from '../lookup.ts';
import { spentOutputs } from '../previous-outputs.ts';

const place = {
  blockhash: t.optional(t.hex('Absent while unconfirmed')),
  height: t.optional(t.integer('Absent while unconfirmed')),
};

export const descriptorActivityMethods = group('Blockchain', {
  getdescriptoractivity: method({
    help: 'What blocks, as scanblocks names them, and the mempool pay to descriptors and spend from them.',
    parameters: {
      blockhashes: t.array(t.hashText<BlockHash>('', 'blockhash'), 'Of the active chain, in any order'),
      scanobjects: scanObjects,
      include_mempool: t.flag('Also what is unconfirmed', true),
    },
    result: t.object({
      activity: t.array(
        t.cases('', {
          'a coin is spent': t.object({
            type: t.string('spend'),
            amount: t.amount(),
            ...place,
            spend_txid: t.hex(),
            spend_vin: t.integer('Which input spends it'),
            prevout_txid: t.hex(),
            prevout_vout: t.integer(),
            prevout_spk: t.written(t.object(scriptPubKey)),
          }),
          'a coin is received': t.object({
            type: t.string('receive'),
            amount: t.amount(),
            ...place,
            txid: t.hex(),
            vout: t.integer(),
            output_spk: t.written(t.object(scriptPubKey)),
          }),
        }),
        'By height, then as they stand in the block; the mempool last',
      ),
    }),
    example: `'["BLOCKHASH"]' '["addr(ADDRESS)"]'`,
    async handler({ blockhashes, scanobjects, include_mempool }, context) {
      const { chain, mempool, parameters, clock } = context;
      const blocks = new Set(blockhashes.map((hash) => findBlock(chain, hash, 'blockhash')));
      for (const block of blocks)
        if (!chain.isActive(block)) throw refuse.parameter('Block is not in main chain');
      const scripts = watchedScripts(scanobjects(), parameters);
      const show = (uses: readonly ScriptUse[], at?: { blockhash: string; height: number }) =>
        uses
          .filter(({ output }) => scripts.has(toHex(output.scriptPubKey)))
          .map(({ tx, type, index, output }) => {
            const common = { type, amount: btc(output.value), ...at };
            const script = scriptJson(output.scriptPubKey, parameters);
            if (type === 'receive') return { ...common, txid: tx.txid, vout: index, output_spk: script };
            const { txid, vout } = tx.inputs[index]!.prevout;
            return {
              ...common,
              spend_txid: tx.txid,
              spend_vin: index,
              prevout_txid: toDisplayHex(txid),
              prevout_vout: vout,
              prevout_spk: script,
            };
          });
      const activity: ReturnType<typeof show> = [];
      for (const entry of [...blocks].sort((a, b) => a.height - b.height)) {
        const block = await readStoredBlock(chain, entry);
        const undo = await readStoredUndo(chain, entry);
        activity.push(...show(usesInBlock(block, undo), { blockhash: entry.hash, height: entry.height }));
        await clock.yield();
      }
      for (const { tx } of include_mempool ? mempool.sorted() : []) {
        activity.push(...show(usesIn(tx, await spentOutputs(tx, context))));
        await clock.yield();
      }
      return { activity };
    },
  }),
});
