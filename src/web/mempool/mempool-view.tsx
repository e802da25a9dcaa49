/** What waits: how much at which fee rate, the blocks that it will be in, what hangs together, and what was replaced. */
import { useEffect } from 'preact/hooks';
import { Amount, Card, Hash, Pending, Some, useCalm } from '../parts.tsx';
import { current } from '../world.ts';
import { Clusters } from './clusters.tsx';
import { NextBlocks } from './next-blocks.tsx';
import { barsOf, ratesOf } from './shape.ts';

/** Milliseconds in which what is counted may be behind. */
const CALM = 250;

export function MempoolView() {
  const node = current.value!;
  const { pool, poolAge, poolSize, isWeighed, name, replacements } = node;
  useEffect(() => node.weigh(), [node]);
  useCalm(poolAge, CALM);
  const isKnown = poolSize.value !== undefined && isWeighed.value;
  const all = ratesOf(pool);
  const bars = isKnown ? barsOf(all) : [];
  const most = Math.max(1, ...bars.map(({ vsize }) => vsize));
  return (
    <>
      <div class="column">
        <Card title="By fee rate">
          {!isKnown && <Pending />}
          <table>
            <thead>
              <tr>
                <th>sat/vB from</th>
                <th>vbytes</th>
                <th>transactions</th>
              </tr>
            </thead>
            <tbody>
              {bars.map(({ from, count, vsize }) => (
                <tr key={from}>
                  <td class="number">{from}</td>
                  <td class="bars">
                    <div class="bar" style={{ '--width': `${(vsize / most) * 100}%` }}>
                      {vsize}
                    </div>
                  </td>
                  <td class="number">{count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
        <Card title="Replaced since the page was opened">
          {replacements.value.length === 0 && (
            <p class="soft">Nothing. Who pays more for what waits takes its place.</p>
          )}
          <Some
            as="ul"
            class="coins"
            of={replacements.value}
            page={10}
            moves
            row={({ txid, fee, vsize, replaced }) => (
              <li key={txid}>
                <Hash of={txid} kind="tx" /> pays <Amount of={fee} /> ({((fee * 1e8) / vsize).toFixed(2)}{' '}
                sat/vB) in place of{' '}
                {replaced.map((each) => (
                  <span key={each.txid}>
                    <Hash of={each.txid} kind="tx" />{' '}
                    {each.vsize > 0 && (
                      <>
                        with <Amount of={each.fee} />
                      </>
                    )}{' '}
                  </span>
                ))}
              </li>
            )}
          />
        </Card>
      </div>
      <div class="column">
        <NextBlocks />
        <Clusters />
      </div>
      <Card title={`The mempool of ${name}${isKnown ? `: ${all.length} transactions` : ''}`} wide>
        {!isKnown && <Pending />}
        <Some
          of={isKnown ? all : []}
          moves
          row={({ txid, vsize, fee, rate }) => (
            <li key={txid}>
              <Hash of={txid} kind="tx" />{' '}
              <span class="soft">
                {vsize} vB, {rate.toFixed(2)} sat/vB, fee
              </span>{' '}
              <Amount of={fee} />
            </li>
          )}
        />
        {isKnown && all.length === 0 && <p class="soft">Nothing waits.</p>}
      </Card>
    </>
  );
}
