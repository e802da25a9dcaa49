/** What a person needs to write a wallet script against a devnet, and how its nodes are. Asked by RPC. */
import type { DevnetNode } from './devnet-node.ts';
import type { NodeStatus } from './display.ts';

/** Where a node is, its words, and its funded addresses with their keys. */
export async function describeNode({ plan, url, cookieFile, wallet }: DevnetNode): Promise<string> {
  const coins = await wallet.listunspent(0);
  const lines = [
    '',
    plan.name,
    `  RPC       ${url}`,
    `  cookie    ${cookieFile}`,
    `  wallet    ${plan.wallet}`,
    `  mnemonic  ${plan.mnemonic}`,
  ];
  for (const address of new Set(coins.map((coin) => coin.address!))) {
    lines.push(`  funded    ${address}  ${await wallet.exportkey(address)}`);
  }
  return lines.join('\n');
}

/** A line to paste. */
export function tryLine({ cookieFile, url, plan }: DevnetNode): string {
  const body = JSON.stringify({ method: 'getbalance', params: [], id: 1 });
  return `\nTry:\n  curl -s -u "$(cat ${cookieFile})" -d '${body}' ${url}wallet/${plan.wallet}\n`;
}

export async function statusOf(node: DevnetNode): Promise<NodeStatus> {
  const { plan, rpc, wallet } = node;
  try {
    const [chain, peers, pool, balance, mining] = await Promise.all([
      rpc.getblockchaininfo(),
      rpc.getconnectioncount(),
      rpc.getmempoolinfo(),
      wallet.getbalance(),
      rpc.getmininginfo(),
    ]);
    return {
      name: plan.name,
      state: null,
      height: chain.blocks,
      tip: chain.bestblockhash,
      peers,
      mempool: pool.size,
      balance: String(balance),
      hashRate: mining.hashrate ?? 0,
    };
  } catch {
    const state = !node.isRunning ? 'down' : node.isReady ? 'no answer' : 'starting';
    return { name: plan.name, state, height: 0, tip: '', peers: 0, mempool: 0, balance: '', hashRate: 0 };
  }
}
