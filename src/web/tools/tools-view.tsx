/** A chain in one's hands, on networks whose file allows it: coins, blocks, time and snapshots; and a console. */
import { useState } from 'preact/hooks';
import { RpcError } from '../../client/client.ts';
import { Card, clock, Form, Hash, Pending, useAnswer } from '../parts.tsx';
import { isDevnet } from '../session.ts';
import { attempt, current, mayChange, nodes, tell } from '../world.ts';
import { Console } from './console.tsx';

export function ToolsView() {
  const { client, name } = current.value!;
  // Without arguments it only tells; where the network does not allow such things it is refused.
  const { value: mining, error } = useAnswer(async () => {
    if (!mayChange.value) return 'this page is only for looking';
    return client.setautomine().catch((refusal) => {
      if (refusal instanceof RpcError) return refusal.message;
      throw refusal;
    });
  }, [name, mayChange.value]);
  return (
    <>
      {(mining === undefined || error !== undefined) && <Pending error={error} />}
      {typeof mining === 'string' && (
        <p class="soft">Coins, blocks, time and snapshots are not in your hands here: {mining}</p>
      )}
      {typeof mining === 'object' && (
        <>
          <Faucet />
          <Mining key={name} first={mining} />
          <Time />
          <Snapshots key={name} />
        </>
      )}
      {mining !== undefined && <Console />}
    </>
  );
}

function Faucet() {
  const { client, name, wallets } = current.value!;
  return (
    <Card title="Faucet">
      <Form
        action="Pay"
        onSubmit={async (given) => {
          const [own] = wallets.value;
          const address =
            given.text('address') || (own && (await client.wallet(own).getnewaddress('faucet')));
          if (!address) throw new Error(`${name} has no wallet: name an address`);
          const confirm = given.text('confirm') !== '';
          const txid = await client.faucet({ address, amount: given.text('amount'), confirm });
          tell(`the faucet pays ${given.text('amount')} to ${address}`, `#/tx/${txid}`);
        }}
      >
        <label class="long">
          address, or that of a wallet of {name} <input name="address" class="mono" autocomplete="off" />
        </label>
        <label>
          coins <input name="amount" inputMode="decimal" size={10} defaultValue="10" required />
        </label>
        <label class="check">
          <input type="checkbox" name="confirm" defaultChecked /> in a block at once
        </label>
      </Form>
    </Card>
  );
}

type Client = NonNullable<typeof current.value>['client'];
type AutoMining = Awaited<ReturnType<Client['setautomine']>>;

function Mining({ first }: { first: AutoMining }) {
  const { client, name } = current.value!;
  const [mining, setMining] = useState(first);
  const [last, setLast] = useState('');
  return (
    <Card title="Blocks">
      <Form
        action="Mine"
        onSubmit={async (given) => {
          const hashes = await client.mine({
            blocks: Number(given.text('blocks')),
            interval: Number(given.text('interval')),
          });
          setLast(hashes.at(-1)!);
        }}
      >
        <label>
          blocks <input name="blocks" type="number" min={1} max={10_000} defaultValue="1" required />
        </label>
        <label>
          seconds between them <input name="interval" type="number" min={0} defaultValue="0" required />
        </label>
      </Form>
      {last !== '' && (
        <p role="status">
          The last is <Hash of={last} kind="block" />.
        </p>
      )}
      <p class="soft">
        {mining.enabled
          ? `${name} mines by itself: ${told(mining)}.`
          : `${name} mines only when it is told to.`}
      </p>
      <p class="actions">
        <button
          type="button"
          onClick={() => void attempt(async () => setMining(await client.setautomine(true)))}
        >
          A block for each transaction
        </button>
        <button
          type="button"
          onClick={() =>
            void attempt(async () => setMining(await client.setautomine({ enabled: true, interval: 10 })))
          }
        >
          A block every 10 seconds
        </button>
        <button
          type="button"
          disabled={!mining.enabled}
          onClick={() => void attempt(async () => setMining(await client.setautomine(false)))}
        >
          Stop that
        </button>
      </p>
    </Card>
  );
}

const told = ({ interval, delay }: AutoMining): string =>
  interval === undefined ? `${delay ?? 0} ms behind each transaction` : `every ${interval} seconds`;

/** Of all nodes of a devnet or of the chosen one. */
function useTargets() {
  const [isAll, setAll] = useState(isDevnet);
  const choice = isDevnet && (
    <label class="check">
      <input type="checkbox" checked={isAll} onChange={() => setAll(!isAll)} /> on all nodes
    </label>
  );
  const each = <T,>(run: (client: Client) => Promise<T>): Promise<T[]> =>
    Promise.all((isAll ? nodes.value : [current.value!]).map(({ client }) => run(client)));
  return { choice, each };
}

function Time() {
  const { choice, each } = useTargets();
  const [now, setNow] = useState<{ time: number; frozen: boolean } | undefined>();
  const move = async (run: (client: Client) => Promise<{ time: number; frozen: boolean }>): Promise<void> => {
    const all = await each(run);
    setNow(all[0]);
  };
  return (
    <Card title="Time">
      {choice}
      <Form
        action="Forward"
        onSubmit={(given) => move((one) => one.increasetime(Number(given.text('seconds'))))}
      >
        <label>
          seconds <input name="seconds" type="number" min={0} defaultValue="3600" required />
        </label>
      </Form>
      <Form
        action="Set"
        onSubmit={(given) => {
          const time = Math.floor(Date.parse(`${given.text('when')}Z`) / 1000);
          return move((one) => one.settime(time));
        }}
      >
        <label>
          a moment (UTC) <input name="when" type="datetime-local" step={1} required />
        </label>
      </Form>
      <p class="actions">
        <button type="button" onClick={() => void attempt(() => move((one) => one.freezetime()))}>
          Stop the clocks
        </button>
        <button type="button" onClick={() => void attempt(() => move((one) => one.resumetime()))}>
          Let them go on
        </button>
      </p>
      {now && (
        <p role="status">
          It is {new Date(now.time * 1000).toUTCString()}
          {now.frozen && ', and stays so'}.
        </p>
      )}
    </Card>
  );
}

function Snapshots() {
  const { client, name } = current.value!;
  const { choice, each } = useTargets();
  const [changes, setChanges] = useState(0);
  const { value: all, error } = useAnswer(() => client.listsnapshots(), [name], [changes]);
  const act = (run: (one: Client) => Promise<unknown>): Promise<void> =>
    each(run).then(() => setChanges(changes + 1));
  return (
    <Card title="Snapshots">
      {choice}
      <Form
        action="Keep it as it is"
        onSubmit={(given) => {
          const called = given.text('name');
          return act((one) => (called === '' ? one.snapshot() : one.snapshot(called)));
        }}
      >
        <label>
          name <input name="name" placeholder="the next number" autocomplete="off" />
        </label>
      </Form>
      {(all === undefined || error !== undefined) && <Pending error={error} />}
      <ul class="coins">
        {all?.map(({ name: called, height, time }) => (
          <li key={called}>
            <b>{called}</b>{' '}
            <span class="soft">
              at height {height}, {clock(time)}
            </span>{' '}
            <span class="actions">
              <button type="button" onClick={() => void attempt(() => act((one) => one.revert(called)))}>
                Back to {called}
              </button>
              <button
                type="button"
                onClick={() => void attempt(() => act((one) => one.deletesnapshot(called)))}
              >
                Forget {called}
              </button>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
