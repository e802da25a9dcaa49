/** Blocks judged several at a time, in any order of arrival, end where one at a time would. */
import { describe, expect, it } from 'vitest';
import { Chain } from '../../src/chain/chain.ts';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import type { Block } from '../../src/core/block/block.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { script } from '../../src/core/script/script.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { ChainBuilder, output, outputOf, transaction } from '../support/chain-builder.ts';
import { STORY_NETWORK, seededNumbers, utxoHash } from '../support/fork-story.ts';
import { fixedRandom, StillClock, silentLogger } from '../support/memory-chain.ts';

/** Takes its time, each time another one. */
function slowVerifier(below: (n: number) => number): ScriptVerifier {
  const inner = new InlineScriptVerifier(nobleEngine, new StillClock(0));
  return {
    async verify(checks) {
      for (let left = below(40); left > 0; left--) await Promise.resolve();
      return inner.verify(checks);
    },
    close: () => inner.close(),
  };
}

function openChain(
  below: (n: number) => number,
  scriptVerifier: ScriptVerifier = slowVerifier(below),
): Promise<Chain> {
  return Chain.open(
    {},
    {
      parameters: STORY_NETWORK,
      clock: new StillClock(1_893_456_000),
      random: fixedRandom,
      storage: new MemoryStorage(),
      scriptVerifier,
      logger: silentLogger,
    },
  );
}

function builderOn(blocks: readonly Block[]): ChainBuilder {
  const builder = new ChainBuilder(STORY_NETWORK);
  for (const block of blocks) builder.accept(block);
  return builder;
}

/** A payment to a script that can never be satisfied, and the spending of it: only the script is wrong. */
function unsatisfied(builder: ChainBuilder) {
  const { outpoint, coin } = builder.takeMature();
  const trap = transaction([{ prevout: outpoint }], [output(coin.output.value, script(0x00))]);
  return [trap, builder.spend([outputOf(trap)], 0n)];
}

/** So many blocks on a block that the builder itself would refuse. */
function children(builder: ChainBuilder, parent: Block, count: number): Block[] {
  const lookAlike = builderOn([...builder.blocks, builder.block()]);
  const made: Block[] = [];
  for (let prev = parent; made.length < count; prev = made.at(-1)!) {
    made.push(lookAlike.block({ header: { prevHash: prev.header.hashBytes } }));
    lookAlike.mine(1);
  }
  return made;
}

const trunk = new ChainBuilder(STORY_NETWORK).mine(6).blocks;

/** A branch of eight valid blocks with payments. */
function goodBranch(): Block[] {
  const builder = builderOn(trunk);
  for (let i = 0; i < 8; i++) {
    const coin = builder.takeMature();
    builder.accept(
      builder.block({ transactions: [builder.spend([coin])], coinbase: { scriptPubKey: script(0x52) } }),
    );
  }
  return builder.blocks.slice(trunk.length);
}

/** A longer branch in which one block has an invalid script, or asks for too much. */
function badBranch(at: number, kind: 'script' | 'amount'): { blocks: Block[]; bad: Block } {
  const builder = builderOn(trunk);
  builder.mine(at, { coinbase: { scriptPubKey: script(0x53) } });
  const bad =
    kind === 'script'
      ? builder.block({ transactions: unsatisfied(builder) })
      : builder.block({ coinbase: { value: 10_000_000_000n } });
  const valid = builder.blocks.slice(trunk.length);
  return { blocks: [...valid, bad, ...children(builder, bad, 10 - at)], bad };
}

function shuffle<T>(items: readonly T[], below: (n: number) => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(below(left.length), 1)[0]!);
}

describe('the pipeline', () => {
  const good = goodBranch();
  const cases = [0, 1, 3].flatMap((at) => (['script', 'amount'] as const).map((kind) => ({ at, kind })));

  it.each(cases)(
    'drops what was built on a block invalid by its $kind, $at blocks up',
    async ({ at, kind }) => {
      const { blocks, bad } = badBranch(at, kind);
      const expected = await openChain(() => 0);
      for (const block of [...trunk, ...good]) await expected.acceptBlock(block);
      const coins = await utxoHash(expected);
      for (let seed = 1; seed <= 8; seed++) {
        const below = seededNumbers(seed * 7919);
        const chain = await openChain(below);
        for (const branch of [trunk, good, blocks]) chain.acceptHeaders(branch.map((block) => block.header));
        const active: string[] = [];
        chain.connected.subscribe(({ entry }) => active.push(entry.hash));
        chain.disconnected.subscribe(({ entry }) => expect(active.pop()).toBe(entry.hash));
        await Promise.all(
          shuffle([...trunk, ...good, ...blocks], below).map((block) => chain.acceptBlock(block)),
        );
        expect([chain.tip.hash, await utxoHash(chain)]).toEqual([good.at(-1)!.hash, coins]);
        expect(active).toEqual([...trunk, ...good].map((block) => block.hash));
        expect(chain.entry(bad.hash)!.failed).toBe('self');
        expect(chain.entry(blocks.at(-1)!.hash)!.failed).toBe('ancestor');
        expect(await chain.verify(4, 0)).toBe(true);
      }
    },
  );

  it('begins a block that comes while the one before is verified', async () => {
    const builder = builderOn(trunk);
    const spending = (): Block => {
      const { outpoint, coin } = builder.takeMature();
      const payment = transaction([{ prevout: outpoint }], [output(coin.output.value)]);
      const block = builder.block({ transactions: [payment] });
      builder.accept(block);
      return block;
    };
    const [first, second] = [spending(), spending()];
    const held: (() => void)[] = [];
    const inner = slowVerifier(() => 0);
    const chain = await openChain(() => 0, {
      verify: async (checks) => {
        await new Promise<void>((resolve) => void held.push(resolve));
        return inner.verify(checks);
      },
      close: () => inner.close(),
    });
    for (const block of trunk) {
      const verdict = chain.acceptBlock(block);
      await until(() => chain.tip.hash === block.hash || held.length > 0);
      held.pop()?.();
      await verdict;
    }
    const verdicts = [chain.acceptBlock(first)];
    await until(() => held.length === 1);
    expect(chain.isConnecting).toBe(true);
    verdicts.push(chain.acceptBlock(second));
    await until(() => held.length === 2);
    for (const release of held) release();
    for (const verdict of verdicts) expect(await verdict).toMatchObject({ connected: true });
    expect(chain.tip.hash).toBe(second.hash);
    expect(chain.isConnecting).toBe(false);
  });
});

/** Lets pending work go on until it holds; fails if there is none left that could make it so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns === 10_000) throw new Error('nothing happens');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
