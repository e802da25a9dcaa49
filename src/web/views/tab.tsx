/** The node in this tab: one press starts it; how far it is, whom it is connected to, and its wallet. */
import { useState } from 'preact/hooks';
import type { TabNodeState } from '../../platform/browser/protocol.ts';
import type { LiveNode } from '../live-node.ts';
import { Amount, Card, Facts, Hash, Pending, useAnswer } from '../parts.tsx';
import { isDevnet, server } from '../session.ts';
import {
  askToKeep,
  backUp,
  canRun,
  hasLooked,
  isPersistent,
  lacking,
  lookForWallets,
  restore,
  startTab,
  stopTab,
  TAB,
  tabConnections,
  tabPeers,
  tabState,
} from '../tab.ts';
import { attempt, choose, guest, links, nodes, tell } from '../world.ts';
import { mine, walletOf } from './controls.tsx';

/** Seconds that a wallet is open after its passphrase was given. */
const OPEN = 600;

export function TabView() {
  const node = guest.value;
  return (
    <>
      <div class={node === undefined ? 'column wide' : 'column'}>
        <Card title="Node in this tab">
          <State of={tabState.value ?? { phase: 'stopped' }} />
          {node !== undefined && <Progress of={node} />}
        </Card>
        {node !== undefined && <Connections />}
      </div>
      {node !== undefined && <Wallet of={node} />}
    </>
  );
}

function State({ of: state }: { of: TabNodeState }) {
  if (state.phase === 'stopped')
    return (
      <>
        <p>
          A whole node in this tab: it dials the nodes of this page, checks every block and every script by
          itself, mines and pays. Chain and wallet stay in this browser, for this page only.
        </p>
        {lacking.map((text) => (
          <p key={text} class="error" role="alert">
            {text}
          </p>
        ))}
        {state.error !== undefined && <Pending error={`It has stopped: ${state.error}`} />}
        <button type="button" disabled={!canRun} onClick={() => void startTab()}>
          Start the node
        </button>
      </>
    );
  if (state.phase === 'starting') return <p role="status">{state.text}</p>;
  const isOwner = state.role === 'owner';
  return (
    <>
      <Facts
        of={[
          [
            'runs',
            isOwner
              ? 'in this tab'
              : 'in another tab, which this one shows; it takes over when that one is closed',
          ],
          [
            'keeps',
            state.storage === 'disk' ? (
              <>
                chain and wallets on this disk
                {isPersistent.value === false && (
                  <>
                    {', as long as that is not full: the browser has not promised more '}
                    <button type="button" onClick={() => void askToKeep()}>
                      Ask it to
                    </button>
                  </>
                )}
                {isPersistent.value && ', also when that is full'}
              </>
            ) : (
              <span class="error">nothing: chain and wallets are gone when this tab is closed</span>
            ),
          ],
          ['threads', state.threads],
        ]}
      />
      <p class="actions">
        <button type="button" onClick={() => void stopTab()}>
          {isOwner ? 'Stop the node' : 'Stop looking'}
        </button>
        <button type="button" onClick={() => choose(TAB)}>
          Ask it in all views
        </button>
      </p>
    </>
  );
}

function Progress({ of: { tip } }: { of: LiveNode }) {
  const { height = 0, hash } = tip.value ?? {};
  const best = Math.max(height, ...nodes.value.map((node) => node.tip.value?.height ?? 0));
  return (
    <p>
      <progress max={Math.max(1, best)} value={height} aria-label="Blocks checked" />{' '}
      <span role="status">
        {height === best ? `In sync at height ${height}` : `Block ${height} of ${best}`}
      </span>{' '}
      {hash !== undefined && <Hash of={hash} kind="block" />}
    </p>
  );
}

function Connections() {
  const connected = tabConnections();
  const isCut = (name: string): boolean =>
    links.value.some(({ between, cut }) => cut && between.includes(TAB) && between.includes(name));
  return (
    <Card title="Its connections">
      <table>
        <tbody>
          {[...tabPeers.value].map(([name, address]) => (
            <tr key={name}>
              <td>{name}</td>
              <td class="mono">ws://{address}</td>
              {connected === undefined ? (
                <td class="soft">connecting</td>
              ) : connected.has(name) ? (
                <td class="live">connected</td>
              ) : (
                <td class="error">{isCut(name) ? 'cut' : 'no connection: it is dialled again'}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {tabPeers.value.size === 0 && (
        <p class="error">The node of this page lets no pages in: -p2palloworigin=self would.</p>
      )}
    </Card>
  );
}

function Wallet({ of: node }: { of: LiveNode }) {
  return (
    <Card title="Its wallet">
      {node.wallets.value.length > 0 ? (
        <Opened of={node} />
      ) : hasLooked.value ? (
        <>
          <Make of={node} />
          <Restore />
        </>
      ) : (
        <Pending />
      )}
    </Card>
  );
}

function Make({ of: { client } }: { of: LiveNode }) {
  return (
    <form
      class="typing"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        const [passphrase, again] = [String(given.get('passphrase')), String(given.get('again'))];
        void attempt(async () => {
          if (passphrase !== again) throw new Error('The passphrases are not the same');
          await client.createwallet({ wallet_name: TAB, passphrase });
          await client.wallet(TAB).walletpassphrase(passphrase, OPEN);
          await lookForWallets();
        });
      }}
    >
      <p>
        A browser is no safe: what is kept here is always encrypted. Without the passphrase nobody can pay.
      </p>
      <label>
        passphrase <input name="passphrase" type="password" autocomplete="new-password" required />
      </label>
      <label>
        once more <input name="again" type="password" autocomplete="new-password" required />
      </label>
      <button type="submit">Make an encrypted wallet</button>
    </form>
  );
}

function Restore() {
  return (
    <form
      class="typing"
      onSubmit={(event) => {
        event.preventDefault();
        const backup = new FormData(event.currentTarget).get('backup') as File;
        void attempt(() => restore(TAB, backup));
      }}
    >
      <label>
        or a backup of one <input name="backup" type="file" accept=".penny" required />
      </label>
      <button type="submit">Bring it back</button>
    </form>
  );
}

/** As browsers save what a page has made. */
function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Opened({ of: node }: { of: LiveNode }) {
  const [changes, setChanges] = useState(0);
  const [isMining, setMining] = useState(false);
  const [words, setWords] = useState('');
  const change = (): void => setChanges((before) => before + 1);
  const { value, error } = useAnswer(
    () => walletOf(node).batch((wallet) => [wallet.getbalances(), wallet.getwalletinfo()]),
    [node],
    [changes, node.tip.value?.hash, node.poolSize.value, node.wallets.value],
  );
  const others = nodes.value.filter((other) => other !== node && other.wallets.value.length > 0);
  // Whether it is locked is not known either.
  if (value === undefined) return <Pending error={error} />;
  const [{ mine: has }, info] = value;
  const isLocked = info.unlocked_until === 0;
  return (
    <>
      {error !== undefined && <Pending error={error} />}
      <Facts
        of={[
          ['balance', <Amount of={has.trusted} />],
          ['on its way', <Amount of={has.untrusted_pending} />],
          ['not yet mature', <Amount of={has.immature} />],
        ]}
      />
      <p class="actions">
        <button
          type="button"
          disabled={isMining}
          onClick={() => {
            setMining(true);
            void mine(node).finally(() => setMining(false));
          }}
        >
          {isMining ? 'Mining…' : 'Mine a block here'}
        </button>
        {isDevnet && (
          <button
            type="button"
            onClick={() =>
              void attempt(async () => {
                const address = await walletOf(node).getnewaddress('from the faucet');
                const txid = await server.call<string>('faucet', address, 1);
                tell(`The faucet pays 1 to ${TAB}`, `#/tx/${txid}`);
              })
            }
          >
            1 coin from the faucet
          </button>
        )}
        <button
          type="button"
          onClick={() =>
            void attempt(async () =>
              save(await backUp(node.wallets.value[0]!), `${node.wallets.value[0]}.penny`),
            )
          }
        >
          Save a backup
        </button>
        <a href={`#/wallet/${encodeURIComponent(node.wallets.value[0]!)}`} onClick={() => choose(TAB)}>
          history, receive, send
        </a>
      </p>
      {isLocked ? (
        <form
          class="actions"
          onSubmit={(event) => {
            event.preventDefault();
            const passphrase = String(new FormData(event.currentTarget).get('passphrase'));
            void attempt(() => walletOf(node).walletpassphrase(passphrase, OPEN)).then(change);
          }}
        >
          <label>
            passphrase <input name="passphrase" type="password" autocomplete="current-password" required />
          </label>
          <button type="submit">Unlock</button>
        </form>
      ) : (
        <>
          <form
            class="actions"
            onSubmit={(event) => {
              event.preventDefault();
              const given = new FormData(event.currentTarget);
              const to = others.find(({ name }) => name === given.get('to'))!;
              void attempt(async () => {
                const address = await walletOf(to).getnewaddress('from a tab');
                const txid = await walletOf(node).sendtoaddress(address, String(given.get('coins')));
                tell(`${TAB} pays ${given.get('coins')} to ${to.name}`, `#/tx/${txid}`);
              }).then(change);
            }}
          >
            <label>
              to{' '}
              <select name="to">
                {others.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <label>
              coins <input name="coins" inputMode="decimal" defaultValue="0.1" size={8} required />
            </label>
            <button type="submit" disabled={others.length === 0}>
              Pay
            </button>
          </form>
          <p class="actions">
            <button
              type="button"
              onClick={() =>
                void attempt(async () =>
                  setWords(words === '' ? String(await walletOf(node).exportmnemonic()) : ''),
                )
              }
            >
              {words === '' ? 'Show its words' : 'Hide them'}
            </button>
            <button
              type="button"
              onClick={() => void attempt(() => walletOf(node).walletlock()).then(change)}
            >
              Lock
            </button>
          </p>
          {words !== '' && <p class="mono wrap">{words}</p>}
        </>
      )}
    </>
  );
}
