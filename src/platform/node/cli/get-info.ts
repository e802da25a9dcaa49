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
    `Min tx relay fee rate (BTC/kvB): ${field(network, 'relayfee')}`,
    '',
    ...(await describeWallets(call, wallet)),
  ];
  const warnings = child(network, 'warnings');
  const list = Array.isArray(warnings) ? warnings.map(text).join('; ') : text(warnings);
  return [...lines, `Warnings: ${list === '' ? '(none)' : list}`].join('\n');
}

async function describeWallets(call: Call, wallet: string | undefined): Promise<string[]> {
  if (wallet !== undefined) {
    const info = await call('getwalletinfo', []);
    return [
      `Wallet: ${wallet === '' ? '""' : wallet}`,
      `Keypool size: ${field(info, 'keypoolsize')}`,
      `Transaction fee rate (-paytxfee) (BTC/kvB): ${field(info, 'paytxfee')}`,
      '',
      `Balance: ${await balance(call, walletPath(wallet))}`,
      '',
    ];
  }
  const names = await call('listwallets', [], '/').catch(() => []);
  if (!Array.isArray(names) || names.length === 0) return [];
  const rows = [];
  for (const name of names as string[]) {
    rows.push(`${await balance(call, walletPath(name))} ${name === '' ? '""' : name}`);
  }
  return ['Balances', ...rows, ''];
}

async function balance(call: Call, path: string): Promise<string> {
  return field(child(await call('getbalances', [], path), 'mine'), 'trusted');
}

function child(value: JsonRead, name: string): JsonRead {
  return value instanceof JsonObject ? (value.get(name) ?? null) : null;
}

const field = (value: JsonRead, name: string): string => text(child(value, name));

function text(value: JsonRead): string {
  if (value instanceof JsonNumber) return value.text;
  return value === null ? '' : String(value);
}
