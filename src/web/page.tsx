/** The frame of the page: who is asked, what is searched for, and the view that the address names. */
import { signal } from '@preact/signals';
import { type ComponentChildren, Fragment } from 'preact';
import { RpcError } from '../client/client.ts';
import { MempoolView } from './mempool/mempool-view.tsx';
import { Card, Pending } from './parts.tsx';
import { isOpen, login } from './session.ts';
import { ScriptView } from './stepper/script-view.tsx';
import { ToolsView } from './tools/tools-view.tsx';
import { AddressView } from './views/address.tsx';
import { BlockView } from './views/block.tsx';
import { NetworkView } from './views/network.tsx';
import { ReplayView } from './views/replay.tsx';
import { TabView } from './views/tab.tsx';
import { TransactionView } from './views/transaction.tsx';
import { WalletView } from './wallet/wallet-view.tsx';
import { choose, current, mayChange, nodes, trouble } from './world.ts';

const route = signal(location.hash);
addEventListener('hashchange', () => {
  route.value = location.hash;
  scrollTo(0, 0);
});

const VIEWS = [
  ['Network', '#/'],
  ['Replay', '#/replay'],
  ['Mempool', '#/mempool'],
  ['Script', '#/script'],
  ['Wallet', '#/wallet'],
  ['Tools', '#/tools'],
  ['This tab', '#/tab'],
] as const;

export function Page() {
  if (!isOpen.value) return <Login />;
  const [, view = '', ...given] = route.value.split('/').map(decoded);
  return (
    <>
      <header>
        <h1>penny</h1>
        <nav aria-label="Views">
          {VIEWS.filter(([name]) => name !== 'Wallet' || mayChange.value).map(([name, path]) => (
            <a key={path} href={path} aria-current={path === `#/${view}` ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {current.value !== undefined && <Search />}
        {nodes.value.length > 1 && (
          <label>
            <span class="soft">asks </span>
            <select
              value={current.value?.name ?? ''}
              onChange={({ currentTarget }) => choose(currentTarget.value)}
            >
              {nodes.value.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <State />
      </header>
      {trouble.value !== '' && (
        <p class="error trouble" role="alert">
          {trouble.value}{' '}
          <button type="button" onClick={() => (trouble.value = '')}>
            Put away
          </button>
        </p>
      )}
      <main>{current.value === undefined ? <p class="soft">Looking for nodes…</p> : shown(view, given)}</main>
    </>
  );
}

/** What somebody has typed into the address may be anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function shown(view: string, [first = '', second]: readonly string[]): ComponentChildren {
  const key = `${view}/${first}/${second}`;
  if (view === 'block') return <BlockView key={key} hash={first} />;
  if (view === 'tx') return <TransactionView key={key} txid={first} block={second} />;
  if (view === 'address') return <AddressView key={key} address={first} />;
  if (view === 'tab') return <TabView />;
  if (view === 'replay') return <ReplayView block={first} />;
  if (view === 'mempool') return <MempoolView />;
  if (view === 'tools') return <ToolsView />;
  if (view === 'wallet')
    return mayChange.value ? (
      <WalletView key={current.value!.name} wallet={first} />
    ) : (
      <p class="soft">This page is only for looking. A node in this tab has wallets of its own.</p>
    );
  if (view === 'script') return <ScriptView txid={first} input={second} />;
  return <NetworkView />;
}

function State() {
  const node = current.value;
  if (node === undefined) return <Fragment />;
  const height = node.tip.value?.height;
  const { value: isLive } = node.isLive;
  return (
    <span class={isLive === undefined ? 'soft' : isLive ? 'live' : 'error'} role="status">
      {isLive === undefined ? '○ connecting' : isLive ? '● live' : '○ no connection'}{' '}
      {height === undefined ? '' : `· height ${height}`}
    </span>
  );
}

function Search() {
  const find = async (text: string): Promise<string> => {
    const { client } = current.value!;
    if (/^\d{1,9}$/.test(text)) return `#/block/${await client.getblockhash(Number(text))}`;
    if (!/^[0-9a-f]{64}$/i.test(text)) return `#/address/${encodeURIComponent(text)}`;
    const isBlock = await client.getblockheader(text).then(
      () => true,
      (error: unknown) => {
        if (error instanceof RpcError) return false;
        throw error;
      },
    );
    return `#/${isBlock ? 'block' : 'tx'}/${text.toLowerCase()}`;
  };
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = String(new FormData(event.currentTarget).get('what')).trim();
          if (text !== '')
            find(text).then(
              (hash) => (location.hash = hash),
              (error: Error) => (trouble.value = error.message),
            );
        }}
      >
        <input
          name="what"
          aria-label="Block, height, transaction or address"
          placeholder="block, transaction, address"
        />
      </form>
    </search>
  );
}

function Login() {
  return (
    <main>
      <Card title="Penny">
        <p>The link in the terminal opens this page. Or type its key: what stands behind “#key=”.</p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const key = String(new FormData(event.currentTarget).get('key')).trim();
            login(key).then(
              () => (trouble.value = ''),
              (error: Error) => (trouble.value = error.message),
            );
          }}
        >
          <input name="key" type="password" aria-label="Key" autocomplete="off" required />{' '}
          <button type="submit">Open</button>
        </form>
        {trouble.value !== '' && <Pending error={trouble.value} />}
      </Card>
    </main>
  );
}
