/** Options that commands share: which network, where its files are; and those by which its node is asked. */
import { command, file, flag, integer, parsed, text } from './option.ts';

export const CHAIN_SELECTION = {
  chain: text('<chain>', 'Use this network: penny, regtest or main.', { otherwise: 'penny' }),
  genesis: file('Use the network that this file defines (see penny genesis).'),
  regtest: flag('Use the regression test network, as bitcoind -regtest does. Same as -chain=regtest.'),
};

export const FILES = {
  conf: file('Configuration file; a relative path starts at the data directory; -noconf reads none.', {
    otherwise: 'penny.conf, or bitcoin.conf where that is absent',
  }),
  datadir: parsed('<dir>', 'Data directory.', (path) => path || undefined, { default: '~/.penny' }),
};

export const ASKED = {
  help: flag('Print this text and exit.'),
  version: flag('Print the version and exit.'),
};

/** Said by the client and by the server, of the same thing. */
export const COOKIE = {
  rpccookiefile: file(
    'Where the cookie is, which lets in whoever can read it; a relative path starts at the network directory; -norpccookiefile uses none.',
    { default: '.cookie' },
  ),
  rpcpassword: text('<pw>', 'Password for requests; takes the place of the cookie.', { default: '' }),
  rpcuser: text('<user>', 'User name for requests.', { default: '' }),
};

const DEFAULT_CLIENT_TIMEOUT = 900;

export const RPC = command({
  Options: {
    ...ASKED,
    ...FILES,
    ...COOKIE,
    addrinfo: flag('Show how many addresses of nodes are known, by network.'),
    generate: flag('Mine blocks to a new address of the wallet: -generate [nblocks [maxtries]].'),
    getinfo: flag('Show the state of the node and its wallets in brief.'),
    netinfo: flag('Show the peers: -netinfo [level [outonly]]; -netinfo help says what.'),
    named: flag('Arguments are given by name, as name=value.'),
    rpcclienttimeout: integer('Seconds to wait for an answer; 0 waits for ever.', {
      default: DEFAULT_CLIENT_TIMEOUT,
    }),
    rpcconnect: text('<ip>', 'Send requests to this host.', { default: '127.0.0.1' }),
    rpcport: integer('Send requests to this port.', {
      value: '<port>',
      least: 1,
      most: 65_535,
      otherwise: 'that of -rpcconnect, or as the network file says',
      perNetwork: true,
    }),
    rpcwait: flag('Wait for the node to start.'),
    rpcwaittimeout: integer('Seconds that -rpcwait waits; 0 waits for ever.', { default: 0 }),
    rpcwallet: text('<name>', 'Ask this wallet (RPC path /wallet/<name>).'),
    stdin: flag('Read further arguments from the standard input, one a line.'),
    stdinrpcpass: flag('Read the RPC password from the first line of the standard input.'),
  },
  'Chain selection options': CHAIN_SELECTION,
});
