/** What `npm start` says: where everything is, and how to ask for it. */
import type { NodeProcess } from '../create-node.ts';
import type { NodeConfiguration } from './node-settings.ts';

export function welcome(configuration: NodeConfiguration, { node, rpcPort }: NodeProcess): void {
  const { parameters, networkDirectory } = configuration;
  const mnemonic = node.newWallet?.mnemonic() ?? null;
  const words =
    mnemonic === null
      ? ''
      : `\n  A new wallet was made. Write down its words, they are the money:\n  ${mnemonic}\n`;
  process.stdout.write(`
  Penny runs on the network "${parameters.name}", at height ${node.chain.height}.

  data       ${networkDirectory}
  log        ${node.logger.path}
  wallet     ${node.wallets.list().join(', ')}
  peers      ${node.network.boundAddresses.join(', ') || 'not listening'}
  JSON-RPC   http://127.0.0.1:${rpcPort ?? '-'}/  (cookie: ${networkDirectory}/.cookie)
${words}
  Ask it     npx penny rpc getblockchaininfo
  Address    npx penny rpc getnewaddress
  Mine       npx penny rpc setmining 1
  Stop       Ctrl-C

`);
}
