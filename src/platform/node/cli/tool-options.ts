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
    datadir: text('<dir>', 'Where the data goes.', { default: '~/.penny-devnet' }),
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
    'base-port': integer('Nodes take ports from here on.', {
      value: '<port>',
      default: DEFAULT_BASE_PORT,
      least: 1,
      most: 65_000,
      to: 'devnet.basePort',
    }),
  },
});
