/** Transactions of the mempool that hang together, as they would be mined: chunk by chunk. */
import { useState } from 'preact/hooks';
import { Card, Hash, Pending, Some, useAnswer, useCalm } from '../parts.tsx';
import { current } from '../world.ts';
import { groupsOf } from './shape.ts';

const CALM = 2_000;

export function Clusters() {
  const [isWanted, setWanted] = useState(false);
  return (
    <Card title="Clusters">
      <details onToggle={({ currentTarget }) => setWanted(currentTarget.open)}>
        <summary>Transactions that spend from each other</summary>
        {isWanted && <All />}
      </details>
    </Card>
  );
}

function All() {
  const { client, name, poolAge } = current.value!;
  const { value, error } = useAnswer(() => client.getrawmempool(true), [name], [useCalm(poolAge, CALM)]);
  if (value === undefined) return <Pending error={error} />;
  const all = Object.entries(value as unknown as Record<string, { readonly depends: readonly string[] }>);
  const groups = groupsOf(new Map(all.map(([txid, { depends }]) => [txid, depends])));
  if (groups.length === 0) return <p class="soft">None: each stands alone.</p>;
  return (
    <Some
      of={groups}
      page={5}
      moves
      row={(group) => (
        <li key={group[0]}>
          {group.length} transactions <Chunks of={group[0]!} />
        </li>
      )}
    />
  );
}

function Chunks({ of }: { of: string }) {
  const { client, name } = current.value!;
  const { value, error } = useAnswer(() => client.getmempoolcluster(of), [name, of]);
  if (value === undefined) return <Pending error={error} />;
  return (
    <Some
      of={value.chunks}
      page={10}
      row={({ chunkfee, chunkweight, txs }, i) => (
        <li key={i}>
          {((chunkfee * 4e8) / chunkweight).toFixed(2)} sat/vB:{' '}
          {txs.map((txid) => (
            <span key={txid}>
              <Hash of={txid} kind="tx" />{' '}
            </span>
          ))}
        </li>
      )}
    />
  );
}
