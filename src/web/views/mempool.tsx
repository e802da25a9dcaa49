/** What waits: how much at which fee rate, and the transactions that a block would take first. */
import { Amount, Card, Hash } from '../parts.tsx';
import { current } from '../world.ts';

/** Satoshis a vbyte from which a bar begins. */
const RATES = [0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 100, 200, 500];
const SHOWN = 100;

export function MempoolView() {
  const { pool, poolSize, name } = current.value!;
  const size = poolSize.value;
  const all = [...pool].map(([txid, { vsize, fee }]) => ({
    txid,
    vsize,
    fee,
    rate: vsize === 0 ? 0 : (fee * 1e8) / vsize,
  }));
  all.sort((a, b) => b.rate - a.rate);
  const bars = RATES.map((from, i) => {
    const among = all.filter(({ rate }) => rate >= from && rate < (RATES[i + 1] ?? Number.POSITIVE_INFINITY));
    return { from, count: among.length, vsize: among.reduce((sum, each) => sum + each.vsize, 0) };
  });
  const most = Math.max(1, ...bars.map(({ vsize }) => vsize));
  return (
    <>
      <Card title="By fee rate">
        <table class="bars">
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
                <td>
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
      <Card title={`The mempool of ${name}: ${size} transactions`}>
        <ol class="list">
          {all.slice(0, SHOWN).map(({ txid, vsize, fee, rate }) => (
            <li key={txid}>
              <Hash of={txid} kind="tx" />{' '}
              <span class="soft">
                {vsize} vB, {rate.toFixed(2)} sat/vB, fee
              </span>{' '}
              <Amount of={fee} />
            </li>
          ))}
        </ol>
        {size > SHOWN && <p class="soft">And {size - SHOWN} more.</p>}
        {size === 0 && <p class="soft">Nothing waits.</p>}
      </Card>
    </>
  );
}
