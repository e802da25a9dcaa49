/** Whole nodes that sync a chain of many coins with a cache of few, and are killed again and again meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { writeChain } from '../../scripts/bench/chain/file.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { inSync, penny, TestNode } from '../functional/support/node-process.ts';
import { seededNumbers } from '../support/fork-story.ts';

const KILLS = 60;
const HEIGHT = 220;
const CHAIN = {
  blocks: HEIGHT,
  txsPerBlock: 150,
  mix: { p2wpkh: 60, p2tr: 20, p2pkh: 10, multisig: 10 },
  seed: 'crash',
  coins: 200_000,
  threads: 2,
};

const directory = mkdtempSync(join(tmpdir(), 'penny-crash-'));
const nodes: TestNode[] = [];
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.remove()));
  rmSync(directory, { recursive: true, force: true });
});

const coinsOf = async (node: TestNode): Promise<unknown> => {
  const facts = (await node.rpc.gettxoutsetinfo()) as { hash_serialized_3: string; txouts: number };
  return { hash: facts.hash_serialized_3, txouts: facts.txouts };
};

it(`has the coins of its chain after ${KILLS} kills in the middle of syncs whose flushes interleave`, async () => {
  bindFastHashes();
  const file = join(directory, 'chain.dat');
  await writeChain(file, CHAIN);
  const source = await TestNode.create();
  nodes.push(source);
  expect(await penny('import', ...source.words, file)).toMatchObject({ code: 0 });
  await source.start();
  const expected = await coinsOf(source);

  const below = seededNumbers(11);
  const options = [`-connect=127.0.0.1:${source.peerPort}`, '-dbcache=4', '-checklevel=4'];
  let kills = 0;
  let flushesMended = 0;
  while (kills < KILLS) {
    const node = await TestNode.create();
    nodes.push(node);
    for (;;) {
      // Some die while they start.
      if (below(4) === 0) {
        node.launch(...options);
        await delay(100 + below(400));
      } else {
        await node.start(...options);
        await delay(below(500));
        if ((await node.rpc.getblockcount()) === HEIGHT) break;
      }
      expect(await node.stop('SIGKILL'), node.output).toBe('SIGKILL');
      kills++;
      if (node.output.includes('ending an interrupted flush')) flushesMended++;
    }
    await inSync(source, node);
    expect(await coinsOf(node)).toEqual(expected);
    expect(await node.rpc.verifychain(4, 0)).toBe(true);
    await node.remove();
  }
  console.log(`${kills} kills, ${flushesMended} of them in the middle of a flush`);
  expect(flushesMended).toBeGreaterThan(0);
}, 600_000);
