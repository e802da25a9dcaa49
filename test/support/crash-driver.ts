/**
 * A process to be killed: feeds a chain in a data directory with the blocks of a file, flushing and
 * reorganising as it goes. Whatever an earlier life left, it goes on from there.
 *
 * Arguments: data directory, file of blocks (u32 length, block), seed.
 * Prints `open` when the chain stands, and `done TIP HASH` at the end.
 */
import { readFileSync } from 'node:fs';
import { Chain } from '../../src/chain/chain.ts';
import { Block } from '../../src/core/block/block.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { NodeStorage } from '../../src/platform/node/storage/node-storage.ts';
import { STORY_NETWORK, seededNumbers, utxoHash } from './fork-story.ts';
import { fixedRandom, silentLogger } from './memory-chain.ts';

const [directory, blocksFile, seed] = process.argv.slice(2);

const clock = new SystemClock();
const storage = await NodeStorage.open(directory!, STORY_NETWORK);
const chain = await Chain.open(
  // Nearly every block fills the cache, and a flush takes many writes; or the cache outlasts many blocks.
  { dbcache: Number(seed) % 2 === 0 ? 0 : 100, batchCoins: 4, checkBlocks: 20, checkLevel: 4 },
  {
    parameters: STORY_NETWORK,
    clock,
    random: fixedRandom,
    storage,
    scriptVerifier: new InlineScriptVerifier(nobleEngine, clock),
    logger: silentLogger,
  },
);
console.log('open');

// A kill may have come between invalidateblock and reconsiderblock.
for (const { entry, status } of chain.tips()) if (status === 'invalid') await chain.reconsider(entry.hash);

const below = seededNumbers(Number(seed) + 1);
for (const reader = new Reader(readFileSync(blocksFile!)); reader.remaining > 0; ) {
  const block = Block.decode(reader.view(reader.uint32()));
  if (chain.entry(block.hash)?.haveData === true) continue;
  const verdict = await chain.acceptBlock(block);
  if (!verdict.ok) throw verdict.invalid;
  if (below(15) === 0) await chain.flush();
  if (below(15) === 0 && chain.height > 5) {
    const { hash } = chain.entryAt(chain.height - below(5))!;
    await chain.invalidate(hash);
    if (below(2) === 0) await chain.flush();
    await chain.reconsider(hash);
  }
}
console.log(`done ${chain.tip.hash} ${await utxoHash(chain)}`);
await chain.close();
await storage.close();
