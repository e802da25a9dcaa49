/** What one can do to a devnet by hand: part it, mine on both sides, heal it, pay, stop and start nodes. */
import { useState } from 'preact/hooks';
import type { LiveNode } from '../live-node.ts';
import { Card } from '../parts.tsx';
import { attempt, control, facts, links, nodes, tell } from '../world.ts';

/** Hashes for a block: what a devnet's difficulty asks is little. */
const TRIES = 1_000_000_000;
/** Nodes that are shown until more are asked for. */
const ROWS = 12;

export const walletOf = (node: LiveNode) => {
  const [name] = node.wallets.value;
  if (name === undefined) throw new Error(`${node.name} has no wallet`);
  return node.client.wallet(name);
};

export const mine = (node: LiveNode): Promise<void> =>
  attempt(async () => {
    const address = await walletOf(node).getnewaddress('page');
    const hashes = await node.client.generatetoaddress(1, address, TRIES);
    if (hashes.length === 0) throw new Error(`${node.name} found no block`);
  });

export function Controls() {
  const [apart, setApart] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState(ROWS);
  const isCut = links.value.some(({ cut }) => cut);
  const names = nodes.value.map(({ name }) => name);
  const side = names.filter((name) => apart.has(name));
  const toggle = (name: string): void => {
    const next = new Set(apart);
    if (!next.delete(name)) next.add(name);
    setApart(next);
  };
  return (
    <div class="column">
      <Card title="Reorganise by hand">
        <p>
          1. Choose who is parted from the others, and cut. 2. Mine on both sides. 3. Heal: the longer branch
          wins.
        </p>
        <div class="choices">
          {names.map((name) => (
            <label key={name}>
              <input type="checkbox" checked={apart.has(name)} onChange={() => toggle(name)} /> {name}
            </label>
          ))}
        </div>
        <p class="actions">
          <button
            type="button"
            disabled={side.length === 0 || side.length === names.length}
            onClick={() => void control('partition', [side])}
          >
            Cut
          </button>
          <button type="button" disabled={!isCut} onClick={() => void control('heal')}>
            Heal all
          </button>
        </p>
        <table>
          <tbody>
            {nodes.value.slice(0, shown).map((node) => (
              <Row key={node.name} node={node} />
            ))}
          </tbody>
        </table>
        {names.length > shown && (
          <p>
            <button type="button" onClick={() => setShown(names.length)}>
              More: {names.length - shown}
            </button>
          </p>
        )}
      </Card>
      <Pay />
    </div>
  );
}

function Row({ node }: { node: LiveNode }) {
  const [isMining, setMining] = useState(false);
  const isDown = facts.value.get(node.name)?.state === 'down';
  return (
    <tr>
      <td>{node.name}</td>
      <td class="soft">{isDown ? 'down' : `height ${node.tip.value?.height ?? '…'}`}</td>
      <td class="actions">
        <button
          type="button"
          disabled={isDown || isMining}
          onClick={() => {
            setMining(true);
            void mine(node).finally(() => setMining(false));
          }}
        >
          {isMining ? 'Mining…' : 'Mine a block'}
        </button>
        {/* The node in this tab is stopped where it is started. */}
        {facts.value.has(node.name) && (
          <button type="button" onClick={() => void control(isDown ? 'start' : 'stop', node.name)}>
            {isDown ? 'Start' : 'Stop'}
          </button>
        )}
      </td>
    </tr>
  );
}

function Pay() {
  const names = nodes.value.map(({ name }) => name);
  const find = (name: unknown): LiveNode => nodes.value.find((node) => node.name === name)!;
  return (
    <Card title="Pay">
      <form
        class="actions"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const [from, to] = [find(given.get('from')), find(given.get('to'))];
          void attempt(async () => {
            const address = await walletOf(to).getnewaddress('page');
            const txid = await walletOf(from).sendtoaddress(address, String(given.get('coins')));
            tell(`${from.name} pays ${given.get('coins')} to ${to.name}`, `#/tx/${txid}`);
          });
        }}
      >
        {(['from', 'to'] as const).map((which, i) => (
          <label key={which}>
            {which}{' '}
            <select name={which}>
              {names.map((name, j) => (
                <option key={name} value={name} selected={j === Math.min(i, names.length - 1)}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        ))}
        <label>
          coins <input name="coins" inputMode="decimal" defaultValue="0.1" size={8} required />
        </label>
        <button type="submit">Pay</button>
      </form>
    </Card>
  );
}
