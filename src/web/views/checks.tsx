/** How the node judged a block: each rule with the values that it compared, the coins that went and those that came. */
import { Amount, Card, Hash, Pending, Raw, Some, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';

type Client = NonNullable<typeof current.value>['client'];
type Trace = Awaited<ReturnType<Client['traceblock']>>;
type Check = Trace['checks'][number];

export function Judged({ hash }: { hash: string }) {
  const { client, name } = current.value!;
  const { value: trace, error } = useAnswer(() => client.traceblock(hash), [hash, name]);
  const transactions = trace?.transactions ?? [];
  return (
    <>
      <Card title="What the node checked" wide>
        {trace === undefined ? (
          <Pending error={error} />
        ) : (
          <>
            <p class={trace.valid ? 'live' : 'error'}>
              {trace.valid ? 'All rules hold.' : `Refused: ${trace.reason}. ${trace.detail ?? ''}`}
              {!trace.coinsknown && ' What it spends is not known here, so rules about coins are left out.'}
            </p>
            <Checks of={trace} />
            <Raw of={trace} />
          </>
        )}
      </Card>
      {trace !== undefined && (
        <>
          <Coins
            key={`−${hash}`}
            title="Coins that go"
            sign="−"
            of={transactions.flatMap(({ spends }) => spends)}
          />
          <Coins
            key={`+${hash}`}
            title="Coins that come"
            sign="+"
            of={transactions.flatMap(({ creates }) => creates)}
          />
        </>
      )}
    </>
  );
}

function Checks({ of: { checks, transactions } }: { of: Trace }) {
  const all: readonly (readonly [check: Check, txid?: string])[] = [
    ...checks.map((check) => [check] as const),
    ...transactions.flatMap(({ txid, checks: own }) => own.map((check) => [check, txid] as const)),
  ];
  return (
    <Some
      of={all}
      class="checks"
      row={([{ rule, left, relation, right, passed }, txid], i) => (
        <li key={i}>
          <span class={passed ? 'live' : 'error'}>
            {passed ? '✓' : '✗'} <span class="mono">{rule}</span>{' '}
            {txid !== undefined && <Hash of={txid} kind="tx" />}
          </span>
          <span>
            {left.name} <span class="mono wrap">{String(left.value)}</span>
          </span>
          <span class="mono">{relation}</span>
          <span>
            {right.name} <span class="mono wrap">{String(right.value)}</span>
          </span>
        </li>
      )}
    />
  );
}

interface Coin {
  readonly txid: string;
  readonly vout: number;
  readonly value: number;
  readonly height?: number;
  readonly coinbase?: boolean;
}

function Coins({ title, sign, of }: { title: string; sign: string; of: readonly Coin[] }) {
  const sum = of.reduce((total, { value }) => total + value, 0);
  return (
    <Card title={`${title}: ${of.length}`}>
      {sum > 0 && (
        <p class="big">
          {sign} <Amount of={sum} />
        </p>
      )}
      <Some
        as="ul"
        class={sign === '+' ? 'coins come' : 'coins go'}
        of={of}
        row={({ txid, vout, value, height, coinbase }) => (
          <li key={`${txid}:${vout}`}>
            {sign} <Amount of={value} /> <Hash of={txid} kind="tx" />:{vout}
            {height !== undefined && (
              <span class="soft">
                {' '}
                of block {height}
                {coinbase && ', new coins then'}
              </span>
            )}
          </li>
        )}
      />
    </Card>
  );
}
