/** Nodes on a circle, the links between them, and messages as dots. Of a single node: itself and its peers. */
import { useEffect, useRef } from 'preact/hooks';
import { Pending } from '../parts.tsx';
import { isDevnet } from '../session.ts';
import { choose, control, current, type Flight, facts, flights, landed, links, nodes } from '../world.ts';

const WIDTH = 480;
const HEIGHT = 320;
/** Nodes up to which each has a box of its own words; more are drawn smaller, on two rings. */
export const FEW = 12;
/** Links up to which each can be reached by the keyboard; of more the choices beside the graph are quicker. */
const REACHED = 60;
/** Milliseconds that a dot is on its way. */
const FLIGHT = 600;

type Point = readonly [x: number, y: number];

/** As of a button. */
const onKeys = (act: () => void) => (event: KeyboardEvent) => {
  if (event.key !== 'Enter' && event.key !== ' ') return;
  event.preventDefault();
  act();
};

/** @param scale of the picture */
const around = (i: number, count: number, scale: number): Point => {
  const angle = (2 * Math.PI * i) / count - Math.PI / 2;
  const ring = i % 2 === 0 ? 0.44 : 0.3;
  const reach = count <= FEW ? 0.36 : ring;
  return [WIDTH * scale * (0.5 + Math.cos(angle) * reach), HEIGHT * scale * (0.5 + Math.sin(angle) * reach)];
};

export function Graph() {
  if (nodes.value.length === 1 && !isDevnet) return <Peers />;
  const all = nodes.value;
  const isFew = all.length <= FEW;
  const scale = isFew ? 1 : 2.4;
  const places = new Map(
    all.map(({ name }, i) => [
      name,
      all.length === 1 ? ([WIDTH / 2, HEIGHT / 2] as Point) : around(i, all.length, scale),
    ]),
  );
  return (
    <svg viewBox={`0 0 ${WIDTH * scale} ${HEIGHT * scale}`}>
      <title>Nodes and links</title>
      {links.value.map(({ between: [a, b], cut = false }) => {
        const [from, to] = [places.get(a), places.get(b)];
        if (from === undefined || to === undefined) return null;
        const act = (): void => void control(cut ? 'heal' : 'cut', a, b);
        // Outside of a devnet nobody can be asked for it.
        const button = {
          role: 'button' as const,
          tabindex: links.value.length <= REACHED ? 0 : -1,
          'aria-label': `${cut ? 'Mend' : 'Cut'} the link of ${a} and ${b}`,
          onClick: act,
          onKeyDown: onKeys(act),
        };
        return (
          <g key={`${a} ${b}`} class={cut ? 'link cut' : 'link'} {...(isDevnet && button)}>
            <line class="touch" x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} />
            <line x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} />
          </g>
        );
      })}
      {flights.value.map((flight) => (
        <Dot key={flight.id} of={flight} places={places} />
      ))}
      {all.map((node) => {
        const [x, y] = places.get(node.name)!;
        // Until it is connected, what the devnet says of it counts.
        const { state = '', height } = facts.value.get(node.name) ?? {};
        const isUp = node.isLive.value || state === 'running';
        return (
          // biome-ignore lint/a11y/useSemanticElements: there are no buttons in SVG
          <g
            key={node.name}
            class={`node${isUp ? '' : ' down'}${current.value === node ? ' chosen' : ''}`}
            transform={`translate(${x} ${y})`}
            role="button"
            tabindex={0}
            aria-pressed={current.value === node}
            onClick={() => choose(node.name)}
            onKeyDown={onKeys(() => choose(node.name))}
          >
            <rect
              x={isFew ? -62 : -40}
              y={isFew ? -30 : -22}
              width={isFew ? 124 : 80}
              height={isFew ? 60 : 44}
              rx={8}
            />
            <text y={isFew ? -11 : -3}>{node.name}</text>
            <text y={isFew ? 7 : 14} class="small">
              {isUp ? `height ${node.tip.value?.height ?? height ?? '…'}` : state || 'down'}
            </text>
            {isFew && (
              <text y={22} class="small">
                {isUp ? `${node.peers.value?.length ?? '…'} peers · ${node.poolSize.value ?? '…'} tx` : ''}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function Dot({ of: { id, from, to, kind }, places }: { of: Flight; places: ReadonlyMap<string, Point> }) {
  const dot = useRef<SVGCircleElement>(null);
  const [start, end] = [places.get(from), places.get(to)];
  useEffect(() => {
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const way = [start ?? [0, 0], end ?? [0, 0]].map(([x, y]) => ({
      transform: `translate(${x}px, ${y}px)`,
    }));
    const animation = dot.current?.animate(way, { duration: isCalm ? 1 : FLIGHT, fill: 'forwards' });
    animation?.finished.then(
      () => landed(id),
      () => {},
    );
    return () => animation?.cancel();
  }, []);
  return <circle ref={dot} class={kind} r={kind === 'block' ? 6 : 4} />;
}

function Peers() {
  const { value: peers } = current.value!.peers;
  if (peers === undefined) return <Pending />;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th>peer</th>
            <th>direction</th>
            <th>user agent</th>
          </tr>
        </thead>
        <tbody>
          {peers.map(({ id, addr, inbound, subver }) => (
            <tr key={id}>
              <td class="mono">{addr}</td>
              <td>{inbound ? 'in' : 'out'}</td>
              <td>{subver}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {peers.length === 0 && <p class="soft">No peers.</p>}
    </>
  );
}
