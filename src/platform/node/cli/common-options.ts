/** Options that commands share: which network, where its files are, how its node is asked. */
import { flag, integer, named, type OptionGroup, optionTable, text } from './option.ts';

export const CHAIN_SELECTION: OptionGroup = {
  title: 'Chain selection options',
  options: named({
    chain: text('<chain>', 'Use this network: penny (default), regtest or main.'),
    genesis: text('<file>', 'Use the network that this file defines (see penny genesis).'),
    regtest: flag('Use the regression test network, as bitcoind -regtest does. Same as -chain=regtest.'),
  }),
};

export const FILES = {
  conf: text(
    '<file>',
    'Configuration file; a relative path starts at the data directory. (default: penny.conf, or bitcoin.conf where that is absent)',
  ),
  datadir: text('<dir>', 'Data directory. (default: ~/.penny)'),
};

/** Options of `penny rpc`. */
export const RPC_OPTIONS: readonly OptionGroup[] = [
  {
    title: 'Options',
    options: named({
      help: flag('Print this help message and exit.'),
      version: flag('Print the version and exit.'),
      ...FILES,
      generate: flag('Mine blocks to a new address of the wallet: -generate [nblocks [maxtries]].'),
      getinfo: flag('Show the state of the node and its wallets in brief.'),
      named: flag('Arguments are given by name, as name=value.'),
      rpcclienttimeout: integer('<n>', 'Seconds to wait for an answer; 0 waits for ever. (default: 900)'),
      rpcconnect: text('<ip>', 'Send requests to this host. (default: 127.0.0.1)'),
      rpccookiefile: text('<file>', "Where the cookie is. (default: .cookie in the network's directory)"),
      rpcpassword: text('<pw>', 'Password for requests.'),
      rpcport: integer('<port>', 'Send requests to this port. (default: as the network file says)', {
        perNetwork: true,
      }),
      rpcuser: text('<user>', 'User name for requests.'),
      rpcwait: flag('Wait for the node to start.'),
      rpcwaittimeout: integer('<n>', 'Seconds that -rpcwait waits; 0 waits for ever. (default: 0)'),
      rpcwallet: text('<name>', 'Ask this wallet (RPC path /wallet/<name>).'),
      stdin: flag('Read further arguments from the standard input, one a line.'),
      stdinrpcpass: flag('Read the RPC password from the first line of the standard input.'),
    }),
  },
  CHAIN_SELECTION,
];

export const RPC_OPTION_TABLE = optionTable(RPC_OPTIONS);
