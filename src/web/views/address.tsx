/** An address: what it has, and when it was paid and spent from; from the node's index of addresses. */
import { Amount, Card, Facts, Hash, Pending, Raw, useAnswer, useCalm } from '../parts.tsx';
import { current } from '../world.ts';

/** Milliseconds in which what is shown may be behind the mempool. */
const CALM = 1_000;

export function AddressView({ address }: { address: string }) {
  const { client, name, tip, poolAge } = current.value!;
  const { value, error } = useAnswer(
    () => Promise.all([client.getaddressbalance(address), client.getaddresshistory(address)]),
    [address, name],
    [tip.value?.hash, useCalm(poolAge, CALM)],
  );
  if (value === undefined) return <Pending error={error} />;
  const [balance, history] = value;
  return (
    <>
      <Card title="Address" wide>
        {error !== undefined && <Pending error={error} />}
        <p class="mono wrap">{address}</p>
        <Facts
          of={[
            ['has', <Amount of={balance.balance} />],
            ['by the mempool', <Amount of={balance.unconfirmed} />],
            ['was paid in all', <Amount of={balance.received} />],
            ['unspent outputs', balance.utxos],
          ]}
        />
        <Raw of={value} />
      </Card>
      <Card title="Transactions, oldest first" wide>
        <ol class="list">
          {history.transactions.map(({ txid, height, amount, blockhash }) => (
            <li key={txid}>
              <Hash of={txid} kind="tx" block={blockhash} />{' '}
              <span class="soft">{height === undefined ? 'in the mempool' : `in block ${height}`}</span>{' '}
              <Amount of={amount} />
            </li>
          ))}
        </ol>
        {history.more && <p class="soft">And more.</p>}
      </Card>
    </>
  );
}
