/** Options about the blocks that a node makes. */
import { MAX_BLOCK_WEIGHT } from '../../../core/consensus/limits.ts';
import { DEFAULT_MINIMUM_FEE_RATE, DEFAULT_RESERVED_WEIGHT } from '../../../mining/template.ts';
import { feeRate, integer, text } from './option.ts';

export const MINING = {
  blockmaxweight: integer('Largest weight of blocks that this node makes.', {
    default: MAX_BLOCK_WEIGHT,
    to: 'miner.maxWeight',
  }),
  blockreservedweight: integer('Weight kept free in them for header and coinbase.', {
    default: DEFAULT_RESERVED_WEIGHT,
    to: 'miner.reservedWeight',
  }),
  blockmintxfee: feeRate('Lowest fee rate of transactions in them.', {
    default: DEFAULT_MINIMUM_FEE_RATE,
    to: 'miner.minimumFeeRate',
  }),
  mine: integer('Mine without pause in this many threads; 0 mines by RPC only.', {
    value: '<threads>',
    default: 0,
    most: 1_024,
  }),
  'mine-address': text('<address>', 'Pay what is mined to this address.', {
    otherwise: "a new one of the node's own wallet",
    to: 'mine.address',
  }),
  'mine-interval': integer('Find a block no more often than this many seconds on average; 0 does not pace.', {
    default: 0,
    to: 'mine.blockInterval',
  }),
  'mine-load': integer('Use this share of each mining thread.', {
    value: '<percent>',
    default: 100,
    least: 1,
    most: 100,
    to: 'mine.load',
  }),
};
