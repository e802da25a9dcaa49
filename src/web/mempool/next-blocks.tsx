/** The blocks that the mempool would fill, best fee rates first, and the template of the next one. */
import { useState } from 'preact/hooks';
import { Amount, Card, Hash, Pending, Some, useAnswer, useCalm } from '../parts.tsx';
import { current, mayChange } from '../world.ts';
import { FULL, fillBlocks } from './shape.ts';

const BLOCKS = 6;
const CALM = 1_000;

export function NextBlocks() {
  const { client, name, poolAge } = current.value!;
  const age = useCalm(poolAge, CALM);
  const { value, error } = useAnswer(() => client.getmempoolfeeratediagram(), [name], [age]);
  const [isWanted, setWanted] = useState(false);
  if (value === undefined) return <Pending error={error} />;
  const blocks = fillBlocks(value);
  return (
    <Card title={`Next blocks: ${blocks.length}`}>
      <ol class="coming">
        {blocks.slice(0, BLOCKS).map(({ weight, fee, least }, i) => (
          <li key={i} class="block next" style={{ '--full': `${(weight / FULL) * 100}%` }}>
            <b>{i === 0 ? 'next' : `in ${i + 1}`}</b>
            <span class="number">{(weight / 4000).toFixed(1)} kvB</span>
            <span class="soft">from {least.toFixed(2)} sat/vB</span>
            <span class="soft">
              fees <Amount of={fee} />
            </span>
          </li>
        ))}
      </ol>
      {blocks.length === 0 && <p class="soft">It would be empty.</p>}
      {mayChange.value && (
        <details onToggle={({ currentTarget }) => setWanted(currentTarget.open)}>
          <summary>The template that miners get</summary>
          {isWanted && <Template age={age} />}
        </details>
      )}
    </Card>
  );
}

function Template({ age }: { age: number }) {
  const { client, name, tip } = current.value!;
  const { value, error } = useAnswer(
    () => client.getblocktemplate({ template_request: { rules: ['segwit'] } }),
    [name],
    [age, tip.value?.hash],
  );
  if (value === undefined) return <Pending error={error} />;
  if (value === null || typeof value === 'string') return <Pending error={String(value)} />;
  return (
    <>
      <p>
        Block {value.height} on <Hash of={value.previousblockhash} kind="block" />, its coinbase pays{' '}
        <Amount of={value.coinbasevalue / 1e8} />
      </p>
      <Some
        of={value.transactions}
        row={({ txid, fee, weight, depends }) => (
          <li key={txid}>
            <Hash of={txid} kind="tx" />{' '}
            <span class="soft">
              {((fee * 4) / weight).toFixed(2)} sat/vB
              {depends.length > 0 && `, after ${depends.join(' and ')}`}
            </span>
          </li>
        )}
      />
    </>
  );
}
