/** Whole nodes: one mines and reorganises, the other follows it, mines too, and is killed again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { inSync, TestNode } from '../functional/support/node-process.ts';
import { seededNumbers } from '../support/fork-story.ts';

const KILLS = 40;
const NOWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const ELSEWHERE = 'bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry';

interface CoinFacts {
  readonly hash_serialized_3: string;
  readonly txouts: number;
  readonly total_amount: unknown;
}

const nodes: TestNode[] = [];
afterAll(() => Promise.all(nodes.map((node) => node.remove())));

it(`follows a chain through ${KILLS} kills and has its coins in the end`, async () => {
  const below = seededNumbers(8);
  const steady = await TestNode.create();
  const mortal = await TestNode.create();
  nodes.push(steady, mortal);
  await steady.start();
  await steady.rpc.generatetoaddress(120, NOWHERE);

  const options = [`-connect=127.0.0.1:${steady.peerPort}`, '-dbcache=4', '-checklevel=4'];
  let dying = true;
  let branches = 0;
  const mining = (async () => {
    while (dying) {
      if (below(4) === 0) {
        const height = await steady.rpc.getblockcount();
        await steady.rpc.invalidateblock(await steady.rpc.getblockhash(height - below(3)));
        // Not the blocks that were just declared invalid.
        const unlike = (++branches).toString(16).padStart(8, '0');
        await steady.rpc.generatetodescriptor(4, `raw(04${unlike})`);
      }
      await steady.rpc.generatetoaddress(1 + below(3), NOWHERE);
      await delay(50);
    }
  })();
  for (let kill = 0; kill < KILLS; kill++) {
    // Some die while they start, some as they mine, some in the middle of following.
    if (below(3) === 0) {
      mortal.launch(...options);
      await delay(200 + below(600));
    } else {
      await mortal.start(...options);
      if (below(2) === 0) mortal.rpc.generatetoaddress(5, ELSEWHERE).catch(() => {});
      await delay(below(400));
    }
    expect(await mortal.stop('SIGKILL'), mortal.output).toBe('SIGKILL');
  }
  dying = false;
  await mining;

  await mortal.start(...options);
  await steady.rpc.generatetoaddress(10, NOWHERE);
  await inSync(steady, mortal);
  const coinsOf = async (node: TestNode): Promise<unknown> => {
    const { hash_serialized_3, txouts, total_amount } = (await node.rpc.gettxoutsetinfo()) as CoinFacts;
    return { hash_serialized_3, txouts, total_amount: String(total_amount) };
  };
  expect(await coinsOf(mortal)).toEqual(await coinsOf(steady));
  expect(await mortal.rpc.verifychain(4, 0)).toBe(true);
}, 600_000);
