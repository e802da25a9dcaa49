/** What `npm start` says: where everything is, and how to ask for it. Makes the first wallet. */
import type { NodeProcess } from '../create-node.ts';
import type { Configuration } from './configuration.ts';

const FIRST_WALLET = 'wallet';

export async function welcome(configuration: Configuration, { node, rpcPort }: NodeProcess): Promise<void> {
  const { parameters, networkDirectory } = configuration;
  let name = node.wallets.list()[0];
  let made = '';
  if (name === undefined) {
    name = FIRST_WALLET;
    const wallet = await node.wallets.create(name, { loadOnStartup: true });
    const mnemonic = wallet.mnemonic();
    if (mnemonic !== null)
      made = `\n  A new wallet was made. Write down its words, they are the money:\n  ${mnemonic}\n`;
  }
  process.stdout.write(`
  Penny runs on the network "${parameters.name}", at height ${node.chain.height}.

  data       ${networkDirectory}
  log        ${node.logger.path}
  wallet     ${name}
  peers      ${node.network.boundAddresses.join(', ') || 'not listening'}
  JSON-RPC   http://127.0.0.1:${rpcPort ?? '-'}/  (cookie: ${networkDirectory}/.cookie)
${made}
  Ask it     npx penny rpc getblockchaininfo
  Address    npx penny rpc getnewaddress
  Mine       npx penny rpc setmining 1
  Stop       Ctrl-C

`);
}
