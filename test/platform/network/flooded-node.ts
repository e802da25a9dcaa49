/**
 * A node in a process of its own, so that its memory can be measured: its chain ends in a block of nearly 4 MB.
 * Prints `PORT FAT_BLOCK_HASH` when it listens, and ends when its input does.
 */
import { script } from '../../../src/core/script/script.ts';
import { bindFastHashes } from '../../../src/platform/node/hashes.ts';
import { ChainBuilder, output, outputOf, transaction } from '../../support/chain-builder.ts';
import { P2WSH_TRUE } from '../../support/pool.ts';
import { startSocketNode } from './hostile-node.ts';

await bindFastHashes();
const builder = new ChainBuilder().mine(600, { coinbase: { scriptPubKey: P2WSH_TRUE } });
// A witness version without rules: anything may be its witness.
builder.mine(1, { coinbase: { scriptPubKey: script(0x51) } }).mine(100);
const { outpoint, coin } = outputOf(builder.blocks[600]!.transactions[0]!);
const anyWitness = output(coin.output.value, script(0x52, new Uint8Array(32).fill(1)));
const first = transaction([{ prevout: outpoint }], [anyWitness]);
const fat = transaction(
  [{ prevout: { txid: first.txidBytes, vout: 0 }, witness: [new Uint8Array(3_900_000)] }],
  [output(coin.output.value)],
);
builder.accept(builder.block({ transactions: [first, fat] }));
const filter = new Uint8Array(20_000).fill(1);
const node = await startSocketNode(
  builder.blocks,
  {},
  { filters: { filter: async () => filter.slice(), filterHeader: async () => filter.slice(0, 32) } },
);
console.log(`${node.port} ${node.chain.tip.hash}`);
process.stdin.resume().on('end', () => process.exit());
