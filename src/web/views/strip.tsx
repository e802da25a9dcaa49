/** The last blocks, forks drawn as forks, each with the nodes whose tip it is; and what comes next. */
import { useEffect, useRef } from 'preact/hooks';
import { type Block, type Placed, placeBranches } from '../branches.ts';
import { blocks, current, nodes } from '../world.ts';

const COLUMNS = 16;
/** Transactions at which a block is drawn full. */
const FULL = 50;
/** Nodes that a block names. */
const TIPS = 4;

export function Strip() {
  const frame = useRef<HTMLDivElement>(null);
  const tips = nodes.value
    .flatMap(({ tip }) => tip.value ?? [])
    .sort((a, b) => b.height - a.height)
    .map(({ hash }) => hash);
  const placed = placeBranches(blocks.value, [...new Set(tips)], COLUMNS);
  const last = Math.max(0, ...placed.map(({ column }) => column));
  useEffect(() => {
    frame.current?.scrollTo({ left: frame.current.scrollWidth });
  }, [tips[0]]);
  return (
    <section class="strip" ref={frame} aria-label="The last blocks">
      {placed.map((each) => (
        <Box key={each.block.hash} of={each} to="block" />
      ))}
      <Next column={last + 1} />
    </section>
  );
}

/** @param to the view that it leads to */
export function Box({
  of: { block, column, lane, from },
  to,
  isChosen = false,
}: {
  of: Placed;
  to: 'block' | 'replay';
  isChosen?: boolean;
}) {
  const here = nodes.value.filter(({ tip }) => tip.value?.hash === block.hash).map(({ name }) => name);
  const isFork = from !== undefined && from !== lane;
  const classes = [
    'block',
    lane > 0 && 'branch',
    isFork && 'fork',
    (column === 0 || from === undefined) && 'first',
  ];
  return (
    <a
      class={[...classes, isChosen && 'chosen'].filter(Boolean).join(' ')}
      aria-current={isChosen ? 'true' : undefined}
      href={`#/${to}/${block.hash}`}
      title={block.hash}
      style={{ gridColumn: column + 1, gridRow: lane + 1, '--full': `${fullness(block)}%` }}
    >
      <b>{block.height}</b>
      <span class="soft">{block.count} tx</span>
      <span class="mono">…{block.hash.slice(-8)}</span>
      <span class="tips">
        {here.slice(0, TIPS).map((name) => (
          <i key={name}>{name}</i>
        ))}
        {here.length > TIPS && <i>and {here.length - TIPS} more</i>}
      </span>
    </a>
  );
}

const fullness = ({ count }: Block): number => Math.min(100, (count / FULL) * 100);

function Next({ column }: { column: number }) {
  const waiting = current.value?.poolSize.value;
  return (
    <a
      class="block next"
      href="#/mempool"
      style={{
        gridColumn: column + 1,
        gridRow: 1,
        '--full': `${Math.min(100, ((waiting ?? 0) / FULL) * 100)}%`,
      }}
    >
      <b>next</b>
      <span class="soft">{waiting ?? '…'} tx wait</span>
    </a>
  );
}
