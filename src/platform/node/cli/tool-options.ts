/** Options of the tools beside a node: `penny genesis` and `penny devnet`. */
import { DEFAULT_BASE_PORT } from '../devnet/ports.ts';
import { ASKED } from './common-options.ts';
import { command, flag, integer, text } from './option.ts';

export const GENESIS = command({
  Options: {
    ...ASKED,
    name: text('<name>', 'Name of the network: letters a-z, digits, hyphens.', {
      otherwise: 'asked for',
      to: 'genesis.name',
    }),
    message: text('<text>', 'Text in the genesis block.', { otherwise: 'asked for', to: 'genesis.message' }),
    port: integer('Port for peers; the RPC takes the one before it.', {
      value: '<port>',
      least: 2,
      most: 65_535,
      otherwise: 'by chance',
      to: 'genesis.port',
    }),
    spacing: integer('Seconds between blocks.', {
      value: '<seconds>',
      least: 1,
      most: 86_400,
      otherwise: 'as on penny',
      to: 'genesis.targetSpacing',
    }),
    output: text('<file>', 'File to write.', { otherwise: '<name>.json' }),
  },
});

const DEVNET_DIRECTORY = text('<dir>', 'Where the data goes.', { default: '~/.penny-devnet' });

/** `penny devnet ctl` */
export const CTL = command({
  Options: {
    ...ASKED,
    datadir: { ...DEVNET_DIRECTORY, help: 'Data directory of the devnet that is meant.' },
    named: flag('Parameters are given by name: name=value.'),
  },
});

export const DEVNET = command({
  Options: {
    ...ASKED,
    nodes: integer('How many nodes.', { default: 3, least: 1, most: 20, to: 'devnet.nodes' }),
    'block-time': integer('Seconds between blocks, on average.', {
      default: 10,
      least: 1,
      most: 3_600,
      to: 'devnet.blockTime',
    }),
    'payments-per-minute': integer('Payments between wallets taken by chance.', {
      default: 6,
      most: 600,
      to: 'devnet.paymentsPerMinute',
    }),
    datadir: DEVNET_DIRECTORY,
    'watch-file': text(
      '<file>',
      'Start with the nodes, links, wallets and block time of this file, and go over to what it says when it changes.',
      { to: 'devnet.watchFile' },
    ),
    import: text('<file>', 'Start with the network that ctl export or a test that failed has written.', {
      to: 'devnet.import',
    }),
    keep: flag('Go on with the data of the last run, and leave it afterwards.', { to: 'devnet.keep' }),
    restart: flag('Start a node again that ended; --no-restart leaves it down.', {
      default: true,
      to: 'devnet.restart',
    }),
    'exit-when-confirmed': flag('Leave once the first payments are confirmed on every node.', {
      to: 'devnet.exitWhenConfirmed',
    }),
    mnemonic: text('<words>', "BIP39 words of the first node's wallet; the others' follow from them.", {
      otherwise: 'eleven times abandon, then about',
      to: 'devnet.mnemonic',
    }),
    'base-port': integer('The control API takes this port, nodes those from here on.', {
      value: '<port>',
      default: DEFAULT_BASE_PORT,
      least: 1,
      most: 65_000,
      to: 'devnet.basePort',
    }),
  },
});
