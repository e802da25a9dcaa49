/** What a person needs to write a wallet script against a devnet, and how its nodes are. Asked by RPC. */
import type { DevnetNode } from './devnet-node.ts';
import type { NodeStatus } from './display.ts';

/** Where a node is, its words, and its funded addresses with their keys. */
export async function describeNode({ plan, url, cookieFile, rpc }: DevnetNode): Promise<string> {
  const lines = ['', plan.name, `  RPC       ${url}`, `  cookie    ${cookieFile}`];
  for (const name of await rpc.listwallets()) {
    const wallet = rpc.wallet(name);
    lines.push(`  wallet    ${name}`);
    // Of another one the words are not ours to know, and may not be there.
    if (name === plan.wallet) lines.push(`  mnemonic  ${plan.mnemonic}`);
    const coins = await wallet.listunspent(0);
    for (const address of new Set(coins.map((coin) => coin.address!))) {
      const key = await wallet.exportkey(address).catch(() => '');
      lines.push(`  funded    ${address}  ${key}`.trimEnd());
    }
  }
  return lines.join('\n');
}

/** A line to paste, and where the page is. */
export function tryLine({ cookieFile, url, wallets }: DevnetNode, pageLink: string | null): string {
  const [wallet] = wallets;
  const body = JSON.stringify({
    method: wallet === undefined ? 'getblockcount' : 'getbalance',
    params: [],
    id: 1,
  });
  const path = wallet === undefined ? '' : `wallet/${wallet}`;
  return `\nTry:\n  curl -s -u "$(cat ${cookieFile})" -d '${body}' ${url}${path}\n\nThe page:\n  ${pageLink ?? 'none'}\n`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

export async function statusOf(node: DevnetNode): Promise<NodeStatus> {
  const { plan, rpc, wallets } = node;
  try {
    const [chain, peers, pool, mining, ...balances] = await Promise.all([
      rpc.getblockchaininfo(),
      rpc.getconnectioncount(),
      rpc.getmempoolinfo(),
      rpc.getmininginfo(),
      ...wallets.map((name) => rpc.wallet(name).getbalance()),
    ]);
    return {
      name: plan.name,
      state: null,
      height: chain.blocks,
      tip: chain.bestblockhash,
      peers,
      mempool: pool.size,
      balance: wallets.length === 0 ? '' : Number(sum(balances).toFixed(8)).toString(),
      hashRate: mining.hashrate ?? 0,
    };
  } catch {
    const state = !node.isRunning ? 'down' : node.isReady ? 'no answer' : 'starting';
    return { name: plan.name, state, height: 0, tip: '', peers: 0, mempool: 0, balance: '', hashRate: 0 };
  }
}
