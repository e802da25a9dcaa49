/** The chain again, block by block: how each was judged, which coins it took and made, and the branches beside it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Block, blockOf, placeBranches } from '../branches.ts';
import { Card, Hash, Pending, Steps, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';
import { Judged } from './checks.tsx';
import { Box } from './strip.tsx';

type Client = NonNullable<typeof current.value>['client'];

/** Blocks on each side of the one that is looked at. */
const AROUND = 5;
/** Of branches: how many are looked for, and how far one is followed. */
const BRANCHES = 4;
const FOLLOWED = 60;
/** Milliseconds from one block to the next. */
const PACE = 1_200;

/** @param block its hash; empty for the tip */
export function ReplayView({ block }: { block: string }) {
  const { client, name, tip } = current.value!;
  const [at, setAt] = useState<string | number | undefined>(block || tip.value?.height);
  const [isPlaying, setPlaying] = useState(false);
  useEffect(() => {
    if (block !== '') setAt(block);
  }, [block]);
  // It begins at the tip, once there is one, and stays there.
  const begin = at ?? tip.value?.height;
  useEffect(() => setAt((now) => now ?? begin), [begin]);
  const { value, error } = useAnswer(
    async () => (begin === undefined ? undefined : surroundings(client, begin)),
    [name, begin === undefined],
    [begin, tip.value?.hash],
  );
  const last = Math.max(tip.value?.height ?? 0, value?.height ?? 0);
  const height = typeof at === 'number' ? at : (value?.height ?? 0);
  useEffect(() => {
    if (!isPlaying) return;
    if (height >= last) setPlaying(false);
    const timer = setTimeout(() => setAt(height + 1), PACE);
    return () => clearTimeout(timer);
  }, [isPlaying, height]);
  const strip = useRef<HTMLElement>(null);
  useEffect(() => {
    const chosen = strip.current?.querySelector<HTMLElement>('.chosen');
    if (chosen) strip.current!.scrollLeft = chosen.offsetLeft - strip.current!.clientWidth / 2;
  }, [value]);
  return (
    <>
      <Card title={`The chain of ${name}, again`} wide>
        {(typeof at === 'number' || value !== undefined) && (
          <Steps label="Block" at={height} last={last} onAt={setAt}>
            <button type="button" disabled={height >= last} onClick={() => setPlaying(!isPlaying)}>
              {isPlaying ? 'Pause' : 'Play'}
            </button>
          </Steps>
        )}
        {(value === undefined || error !== undefined) && <Pending error={error} />}
        {value !== undefined && (
          <>
            <section class="strip" ref={strip} aria-label="Blocks around it">
              {placeBranches(value.blocks, value.tips, value.columns).map((each) => (
                <Box key={each.block.hash} of={each} to="replay" isChosen={each.block.hash === value.hash} />
              ))}
            </section>
            <p>
              Block {value.height} <Hash of={value.hash} kind="block" />
              {value.isStale && <span class="error"> is on a branch that was left, or never won.</span>}
            </p>
          </>
        )}
      </Card>
      {value !== undefined && <Judged hash={value.hash} />}
    </>
  );
}

interface Surroundings {
  readonly hash: string;
  readonly height: number;
  readonly isStale: boolean;
  readonly blocks: ReadonlyMap<string, Block>;
  /** Of the branches that are shown, the active one first. */
  readonly tips: readonly string[];
  readonly columns: number;
}

/** @param at a height of the active chain, or the hash of any block */
async function surroundings(client: Client, at: string | number): Promise<Surroundings> {
  const hash = typeof at === 'number' ? await client.getblockhash(at) : at;
  const [{ height, confirmations }, tip] = await Promise.all([
    client.getblockheader(hash),
    client.getblockcount(),
  ]);
  const low = Math.max(0, Math.min(height, tip) - AROUND);
  const high = Math.min(tip, height + AROUND);
  const heights = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const active = await client.batch((each) => heights.map((one) => each.getblockhash(one)));
  const blocks = new Map(
    (await client.batch((each) => active.map((one) => each.getblockheader(one)))).map((header) => [
      header.hash,
      blockOf(header),
    ]),
  );
  const forks = (await client.getchaintips()).filter(
    ({ status, height: end, branchlen }) =>
      status !== 'active' && status !== 'headers-only' && end > low && end - branchlen < high,
  );
  const ends = await Promise.all(forks.slice(0, BRANCHES).map((fork) => follow(client, fork, high, blocks)));
  const tips = [active.at(-1)!, ...ends];
  return { hash, height, isStale: confirmations < 0, blocks, tips, columns: heights.length };
}

/** Back from the end of a branch to where it left the active one. @returns the last of it that is shown */
async function follow(
  client: Client,
  { hash: end, branchlen }: { readonly hash: string; readonly branchlen: number },
  high: number,
  blocks: Map<string, Block>,
): Promise<string> {
  let [hash, last] = [end, end];
  for (let left = Math.min(branchlen, FOLLOWED); left > 0; left--) {
    const block = blockOf(await client.getblockheader(hash));
    if (block.height > high) last = block.previous!;
    else blocks.set(hash, block);
    hash = block.previous!;
  }
  return last;
}
