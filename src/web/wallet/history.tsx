/** What was sent and received, the newest first; what waits can be made faster, what was given up be abandoned. */
import { useState } from 'preact/hooks';
import { Amount, ago, Card, Form, Hash, Pending, useAnswer, useCalm } from '../parts.tsx';
import { attempt, current } from '../world.ts';
import { type Proposal, ProposalView } from './proposal.tsx';
import type { WalletProps } from './wallet-props.ts';

/** Rows that are asked for at once. */
const PAGE = 25;
/** Milliseconds in which what is shown may be behind the mempool. */
const CALM = 500;

const NAMES: Readonly<Record<string, string>> = {
  send: 'sent to',
  receive: 'received at',
  generate: 'mined to',
  immature: 'mined, not yet mature, to',
  orphan: 'mined on a branch that lost, to',
};

type Row = Awaited<ReturnType<WalletProps['client']['listtransactions']>>[number];

const isOusted = ({ confirmations, replaced_by_txid: other, mempoolconflicts }: Row): boolean =>
  confirmations < 0 || (confirmations === 0 && (other !== undefined || mempoolconflicts.length > 0));

function stateOf(row: Row): string {
  const { confirmations, abandoned, time } = row;
  if (confirmations > 0)
    return `${ago(time)}, ${confirmations} confirmation${confirmations === 1 ? '' : 's'}`;
  if (abandoned) return 'given up';
  return isOusted(row) ? 'another took its place' : 'waits';
}

export function History(props: WalletProps) {
  const { client, age, onChanged } = props;
  const { pool, poolAge } = current.value!;
  const pooled = useCalm(poolAge, CALM);
  const [count, setCount] = useState(PAGE);
  const [proposal, setProposal] = useState<Proposal | undefined>();
  const [bumped, setBumped] = useState('');
  // One more shows whether there are more.
  const { value, error } = useAnswer(
    () => client.listtransactions('*', count + 1),
    [client],
    [age, count, pooled],
  );
  if (value === undefined) return <Pending error={error} />;
  const rows = value.slice(-count).toReversed();
  const next = (after: Proposal | undefined): void => {
    setProposal(after);
    if (after === undefined) setBumped('');
  };
  return (
    <Card title="History" wide>
      {error !== undefined && <Pending error={error} />}
      <ul class="coins history">
        {rows.map((row) => {
          const { txid, vout, category, amount, address = '', label = '', confirmations, blockhash } = row;
          const waits = category === 'send' && confirmations === 0 && !isOusted(row);
          return (
            <li key={`${txid} ${vout} ${category}`}>
              <span class={amount < 0 ? 'error' : 'live'}>
                <Amount of={amount} />
              </span>{' '}
              {NAMES[category] ?? category}{' '}
              {address === '' ? 'no address' : <Hash of={address} kind="address" />}{' '}
              {label !== '' && <b class="wrap">{label}</b>}{' '}
              <span class="soft">
                {row.fee !== undefined && `fee ${Math.abs(row.fee).toFixed(8)}, `}
                {stateOf(row)},
              </span>{' '}
              <Hash of={txid} kind="tx" block={blockhash} />
              {waits && !row.abandoned && (
                <span class="actions">
                  {pool.has(txid) ? (
                    <button type="button" aria-expanded={bumped === txid} onClick={() => setBumped(txid)}>
                      Pay more for it
                    </button>
                  ) : (
                    <button
                      type="button"
                      onClick={() => void attempt(() => client.abandontransaction(txid)).then(onChanged)}
                    >
                      Give it up
                    </button>
                  )}
                </span>
              )}
              {bumped === txid && (
                <Form
                  action="Preview"
                  onSubmit={async (given) => {
                    const rate = given.text('rate');
                    const options = rate === '' ? {} : { fee_rate: rate };
                    const { psbt, origfee } = await client.psbtbumpfee({ txid, ...options });
                    setProposal({ psbt, instead: origfee });
                  }}
                >
                  <label>
                    sat/vB <input name="rate" inputMode="decimal" size={10} placeholder="estimated" />
                  </label>
                </Form>
              )}
              {bumped === txid && proposal && <ProposalView {...props} of={proposal} onNext={next} />}
            </li>
          );
        })}
      </ul>
      {rows.length === 0 && <p class="soft">Nothing yet.</p>}
      {value.length > count && (
        <button type="button" onClick={() => setCount(count + 4 * PAGE)}>
          More
        </button>
      )}
    </Card>
  );
}
