/** `penny rpc -getinfo`: the state of a node and its wallets in a few lines. */
import { JsonNumber, JsonObject, type JsonRead } from '../../../core/encoding/json.ts';
import { type Call, walletPath } from './rpc-connection.ts';

/** @throws what the calls throw, but for the wallet's, which may be absent */
export async function describeNode(call: Call, wallet: string | undefined): Promise<string> {
  const network = await call('getnetworkinfo', [], '/');
  const chain = await call('getblockchaininfo', [], '/');
  const lines = [
    `Chain: ${field(chain, 'chain')}`,
    `Blocks: ${field(chain, 'blocks')}`,
    `Headers: ${field(chain, 'headers')}`,
    `Verification progress: ${(Number(field(chain, 'verificationprogress')) * 100).toFixed(4)}%`,
    `Difficulty: ${field(chain, 'difficulty')}`,
    '',
    `Network: in ${field(network, 'connections_in')}, out ${field(network, 'connections_out')}, total ${field(network, 'connections')}`,
    `Version: ${field(network, 'version')}`,
    `Time offset (s): ${field(network, 'timeoffset')}`,
    `Proxies: ${proxies(child(network, 'networks')) || 'n/a'}`,
    `Min tx relay fee rate (BTC/kvB): ${field(network, 'relayfee')}`,
    '',
    ...(await describeWallets(call, wallet)),
  ];
  const warnings = child(network, 'warnings');
  const list = Array.isArray(warnings) ? warnings.map(text).join('; ') : text(warnings);
  return [...lines, `Warnings: ${list === '' ? '(none)' : list}`].join('\n');
}

/** Each proxy once, with the networks that are reached by it. */
function proxies(networks: JsonRead): string {
  const through = new Map<string, string[]>();
  for (const network of Array.isArray(networks) ? networks : []) {
    const proxy = field(network, 'proxy');
    if (proxy !== '') through.set(proxy, [...(through.get(proxy) ?? []), field(network, 'name')]);
  }
  return [...through].map(([proxy, names]) => `${proxy} (${names.join(', ')})`).join(', ');
}

/** The wallet that is asked, which without a name is the only one; of several all balances. */
async function describeWallets(call: Call, wallet: string | undefined): Promise<string[]> {
  const info = await call('getwalletinfo', []).catch(() => null);
  const until = field(info, 'unlocked_until');
  const lines =
    info === null
      ? []
      : [
          `Wallet: ${field(info, 'walletname') || '""'}`,
          `Keypool size: ${field(info, 'keypoolsize')}`,
          ...(until === '' ? [] : [`Unlocked until: ${until}`]),
          `Balance: ${await balance(call, walletPath(wallet))}`,
          '',
        ];
  const names = wallet === undefined ? await call('listwallets', [], '/').catch(() => []) : [];
  if (!Array.isArray(names) || names.length <= 1) return lines;
  const balances = [];
  for (const name of names as string[]) balances.push(await balance(call, walletPath(name)));
  const width = Math.max(10, ...balances.map(({ length }) => length));
  const rows = balances.map((each, i) => `${each.padStart(width)} ${names[i] || '""'}`);
  return [...lines, 'Balances', ...rows, ''];
}

async function balance(call: Call, path: string): Promise<string> {
  return field(child(await call('getbalances', [], path), 'mine'), 'trusted');
}

/** `penny rpc -addrinfo`: how many addresses of nodes are known, by network. */
export async function countAddresses(call: Call): Promise<JsonObject> {
  const known = await call('getaddrmaninfo', [], '/');
  const counts = (known instanceof JsonObject ? known.entries : []).map(
    ([name, each]): [string, JsonRead] => [name === 'all_networks' ? 'total' : name, child(each, 'total')],
  );
  return new JsonObject([['addresses_known', new JsonObject(counts)]]);
}

function child(value: JsonRead, name: string): JsonRead {
  return value instanceof JsonObject ? (value.get(name) ?? null) : null;
}

const field = (value: JsonRead, name: string): string => text(child(value, name));

function text(value: JsonRead): string {
  if (value instanceof JsonNumber) return value.text;
  return value === null ? '' : String(value);
}
