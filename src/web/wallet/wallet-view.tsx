/** A wallet of the chosen node: which one, what it has, and what one can do with it. Kept up to date by its events. */
import { useEffect, useState } from 'preact/hooks';
import { Amount, Card, Facts, Form, Pending, useAnswer } from '../parts.tsx';
import { attempt, current } from '../world.ts';
import { History } from './history.tsx';
import { Keys } from './keys.tsx';
import { Psbts } from './psbts.tsx';
import { Receive } from './receive.tsx';
import { Send } from './send.tsx';
import type { WalletProps } from './wallet-props.ts';

/** Milliseconds in which what is shown may be behind the wallet. */
const FRAME = 200;

/** @param wallet its name; empty for the first */
export function WalletView({ wallet }: { wallet: string }) {
  const { client, name: node } = current.value!;
  const [made, setMade] = useState<readonly string[]>([]);
  const { value: there, error } = useAnswer(
    () => Promise.all([client.listwallets(), client.listwalletdir()]),
    [node],
    [made, wallet],
  );
  if (there === undefined) return <Pending error={error} />;
  const [listed, { wallets: all }] = there;
  // Those of before are not shown in the place of one that was just made.
  const loaded = [...new Set([...listed, ...made])];
  const name = loaded.includes(wallet) ? wallet : loaded[0];
  const others = all.map((each) => each.name).filter((each) => !loaded.includes(each));
  const onMade = (more: string): void => setMade([...made, more]);
  return (
    <>
      {error !== undefined && <Pending error={error} />}
      {name !== undefined && <Opened key={`${node} ${name}`} name={name} all={loaded} />}
      <Card title="More wallets">
        {others.length > 0 && (
          <p class="actions">
            {others.map((each) => (
              <button
                key={each}
                type="button"
                onClick={() => void attempt(() => client.loadwallet(each).then(() => onMade(each)))}
              >
                Load {each === '' ? 'the wallet without a name' : each}
              </button>
            ))}
          </p>
        )}
        <Form
          action="Make a wallet"
          onSubmit={async (given) => {
            const passphrase = given.text('passphrase');
            const options = passphrase === '' ? {} : { passphrase };
            await client.createwallet({ wallet_name: given.text('name'), ...options });
            onMade(given.text('name'));
            location.hash = `#/wallet/${encodeURIComponent(given.text('name'))}`;
          }}
        >
          <label>
            name <input name="name" required autocomplete="off" />
          </label>
          <label>
            passphrase, or none <input name="passphrase" type="password" autocomplete="new-password" />
          </label>
        </Form>
      </Card>
    </>
  );
}

function Opened({ name, all }: { name: string; all: readonly string[] }) {
  const node = current.value!;
  const [client] = useState(() => node.client.wallet(name));
  const [changes, setChanges] = useState(0);
  const change = (): void => setChanges((before) => before + 1);
  useEffect(() => {
    const stop = new AbortController();
    let frame: ReturnType<typeof setTimeout> | undefined;
    void (async () => {
      for await (const _ of client.subscribe({ topics: [`wallet:${name}`], signal: stop.signal }))
        frame ??= setTimeout(() => {
          frame = undefined;
          change();
        }, FRAME);
    })().catch(() => {});
    return () => {
      stop.abort();
      clearTimeout(frame);
    };
  }, []);
  // Confirmations and what is mature change with the tip.
  const height = node.tip.value?.height ?? 0;
  const { value, error } = useAnswer(
    () => client.batch((each) => [each.getbalances(), each.getwalletinfo()]),
    [client],
    [changes, height],
  );
  if (value === undefined) return <Pending error={error} />;
  const [{ mine }, info] = value;
  const props: WalletProps = { client, name, age: changes * 1e9 + height, onChanged: change };
  return (
    <>
      <div class="column">
        <Card title="Wallet">
          {error !== undefined && <Pending error={error} />}
          {all.length > 1 && (
            <p>
              <label>
                <span class="soft">wallet </span>
                <select
                  value={name}
                  onChange={({ currentTarget }) =>
                    (location.hash = `#/wallet/${encodeURIComponent(currentTarget.value)}`)
                  }
                >
                  {all.map((each) => (
                    <option key={each} value={each}>
                      {each === '' ? '(no name)' : each}
                    </option>
                  ))}
                </select>
              </label>
            </p>
          )}
          <p class="balance">
            <Amount of={mine.trusted} />
          </p>
          <Facts
            of={[
              ['on its way', <Amount of={mine.untrusted_pending} />],
              ['not yet mature', <Amount of={mine.immature} />],
              ['transactions', info.txcount],
            ]}
          />
          <Keys {...props} until={info.unlocked_until} hasKeys={info.private_keys_enabled} />
        </Card>
        <Send {...props} />
      </div>
      <div class="column">
        <Receive {...props} />
        <Psbts {...props} />
      </div>
      <History {...props} />
    </>
  );
}
