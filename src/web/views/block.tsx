/** A block: its 80 bytes by name, its transactions, and each rule that it was judged by with the values compared. */
import { useState } from 'preact/hooks';
import { Amount, ago, Card, Facts, Hash, Pending, Raw, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';

/** Hex digits of the header. */
const HEADER = [
  ['version', 0, 8],
  ['previous block', 8, 72],
  ['Merkle root', 72, 136],
  ['time', 136, 144],
  ['bits', 144, 152],
  ['nonce', 152, 160],
] as const;
/** Transactions that are shown at once. */
const PAGE = 50;

export function BlockView({ hash }: { hash: string }) {
  const { client, name, tip } = current.value!;
  // Whether it is on the best chain may change with the tip.
  const { value, error } = useAnswer(
    () => Promise.all([client.getblock(hash, 1), client.getblockheader(hash, false)]),
    [hash, name, tip.value?.hash],
  );
  const [shown, setShown] = useState(PAGE);
  if (value === undefined) return <Pending error={error} />;
  const [block, header] = value;
  return (
    <>
      <Card title={`Block ${block.height}`}>
        <Facts
          of={[
            ['hash', <span class="mono wrap">{block.hash}</span>],
            ['target', <span class="mono wrap">{block.target}</span>],
            [
              'confirmations',
              block.confirmations < 0 ? `none: not on the best chain of ${name}` : block.confirmations,
            ],
            ['time', `${ago(block.time)} (median of the last eleven: ${ago(block.mediantime)})`],
            ['size, weight', `${block.size} bytes, ${block.weight}`],
            ['nonce', block.nonce],
            [
              'before',
              block.previousblockhash ? <Hash of={block.previousblockhash} kind="block" /> : 'nothing',
            ],
            ['after', block.nextblockhash ? <Hash of={block.nextblockhash} kind="block" /> : 'nothing yet'],
          ]}
        />
        <Raw of={block} />
      </Card>
      <Card title="The 80 bytes that are hashed">
        <Header hex={header} />
      </Card>
      <Checks hash={hash} />
      <Card title={`${block.nTx} transaction${block.nTx === 1 ? '' : 's'}`} wide>
        <ol class="list">
          {block.tx.slice(0, shown).map((txid) => (
            <li key={txid}>
              <Hash of={txid} kind="tx" block={hash} />
            </li>
          ))}
        </ol>
        {block.tx.length > shown && (
          <button type="button" onClick={() => setShown(shown + 10 * PAGE)}>
            More
          </button>
        )}
      </Card>
    </>
  );
}

function Header({ hex }: { hex: string }) {
  return (
    <dl class="bytes">
      {HEADER.map(([name, from, to], i) => (
        <div key={name} class={`field${i}`}>
          <dt>{name}</dt>
          <dd class="mono wrap">{hex.slice(from, to)}</dd>
        </div>
      ))}
    </dl>
  );
}

const shownValue = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

function Checks({ hash }: { hash: string }) {
  const { client, name } = current.value!;
  const { value: trace, error } = useAnswer(() => client.traceblock(hash), [hash, name]);
  return (
    <Card title="What the node checked" wide>
      {trace === undefined ? (
        <Pending error={error} />
      ) : (
        <>
          <p class={trace.valid ? 'live' : 'error'}>
            {trace.valid ? 'All rules hold.' : `Refused: ${trace.reason}. ${trace.detail ?? ''}`}
            {!trace.coinsknown && ' What it spends is not known here, so rules about coins are left out.'}
          </p>
          <div class="scroll">
            <table>
              <tbody>
                {trace.checks.map(({ rule, left, relation, right, passed }) => (
                  <tr key={rule + left.name}>
                    <td class={passed ? 'live' : 'error'}>{passed ? '✓' : '✗'}</td>
                    <td class="mono">{rule}</td>
                    <td>
                      {left.name} <span class="mono wrap">{shownValue(left.value)}</span>
                    </td>
                    <td class="mono">{relation}</td>
                    <td>
                      {right.name} <span class="mono wrap">{shownValue(right.value)}</span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {trace.transactions.slice(0, PAGE).map(({ txid, fee, spends, creates }) => (
            <p key={txid}>
              <Hash of={txid} kind="tx" block={hash} />: {spends.length} coins of{' '}
              <Amount of={spends.reduce((sum, { value }) => sum + value, 0)} /> go, {creates.length} of{' '}
              <Amount of={creates.reduce((sum, { value }) => sum + value, 0)} /> come
              {fee !== undefined && (
                <>
                  , fee <Amount of={fee} />
                </>
              )}
            </p>
          ))}
          <Raw of={trace} />
        </>
      )}
    </Card>
  );
}
