/** Options that do not go together, or go too far: what keeps a node from starting, and what only warns. In Core's words. */
import { MAX_BLOCK_WEIGHT } from '../../../core/consensus/limits.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { COIN } from '../../../core/transaction/amount.ts';
import type { NODE } from './node-options.ts';
import type { Values } from './option.ts';
import type { Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

type NodeValues = Values<typeof NODE.options>;

/** Fewer MiB than this would not hold the blocks that a reorganisation may need. */
const MINIMUM_PRUNE = 550;
const PRUNE_BY_HAND = 1;
/** What header and coinbase need at the least. */
const MINIMUM_RESERVED_WEIGHT = 2_000;
const LONGEST_USER_AGENT = 256;
/** As many of the largest clusters must fit into the mempool. */
const CLUSTERS = 40;
/** Satoshis, for a thousand vbytes and for a transaction. */
const HIGH_FEE_RATE = COIN / 100n;
const HIGH_FEE = COIN;

/** @param userAgent as peers would be told it @throws UsageError */
export function refuseContradictions(
  values: NodeValues,
  { chain }: NetworkParameters,
  userAgent: string,
): void {
  const refuseIf = (isWrong: boolean, text: string): void => {
    if (isWrong) throw new UsageError(text);
  };
  const { prune, bind, rpcbind, uacomment } = values;
  const { blockreservedweight: reserved, blockmaxweight: weight } = values;
  refuseIf(
    values.peerblockfilters && !values.blockfilterindex,
    'Cannot set -peerblockfilters without -blockfilterindex.',
  );
  refuseIf(prune > 0 && values.txindex, 'Prune mode is incompatible with -txindex.');
  refuseIf(
    prune > 0 && values['reindex-chainstate'],
    'Prune mode is incompatible with -reindex-chainstate. Use full -reindex instead.',
  );
  refuseIf(
    prune > PRUNE_BY_HAND && prune < MINIMUM_PRUNE,
    `Prune configured below the minimum of ${MINIMUM_PRUNE} MiB. Please use a higher number.`,
  );
  refuseIf(
    bind.length + values.whitebind.length > 0 && values.listen === false,
    'Cannot set -bind or -whitebind together with -listen=0',
  );
  refuseIf(
    chain === 'main' && values.acceptnonstdtxn,
    'acceptnonstdtxn is not currently supported for main chain',
  );
  const leastMempool = CLUSTERS * values.limitclustersize;
  refuseIf(
    values.maxmempool < leastMempool,
    `-maxmempool must be at least ${Math.ceil(leastMempool / 1_000_000)} MB`,
  );
  const exceeds = `exceeds consensus maximum block weight (${MAX_BLOCK_WEIGHT})`;
  refuseIf(weight > MAX_BLOCK_WEIGHT, `-blockmaxweight (${weight}) ${exceeds}`);
  refuseIf(reserved > MAX_BLOCK_WEIGHT, `-blockreservedweight (${reserved}) ${exceeds}`);
  refuseIf(
    reserved < MINIMUM_RESERVED_WEIGHT,
    `-blockreservedweight (${reserved}) is lower than minimum safety value of (${MINIMUM_RESERVED_WEIGHT})`,
  );
  refuseIf(reserved > weight, `-blockreservedweight (${reserved}) exceeds -blockmaxweight (${weight})`);
  for (const [name, given] of [
    ...bind.map((one) => ['bind', one]),
    ...rpcbind.map((one) => ['rpcbind', one]),
  ])
    refuseIf(!hasValidPort(given!, name === 'bind'), `Invalid port specified in -${name}: '${given}'`);
  const bound = [...bind, ...values.whitebind].map((one) => one.replace(/^.*@|=onion$/g, ''));
  const twice = bound.find((one, i) => bound.indexOf(one) < i);
  refuseIf(
    twice !== undefined,
    `Duplicate binding configuration for address ${twice}. Please check your -bind, -bind=...=onion and -whitebind settings.`,
  );
  const unsafe = uacomment.find((comment) => !/^[A-Za-z0-9 .,;_?@-]*$/.test(comment));
  refuseIf(unsafe !== undefined, `User Agent comment (${unsafe}) contains unsafe characters.`);
  refuseIf(
    userAgent.length > LONGEST_USER_AGENT,
    `Total length of network version string (${userAgent.length}) exceeds maximum length (${LONGEST_USER_AGENT}). Reduce the number or size of uacomments.`,
  );
}

/** @param free whether port 0 may stand for any that is free */
function hasValidPort(given: string, free: boolean): boolean {
  const address = given.replace(/=onion$/, '');
  const port = /^(?:\[[^\]]*\]|[^:]*):([^:]*)$/.exec(address)?.[1];
  if (port === undefined) return true;
  return /^\d{1,5}$/.test(port) && Number(port) < 2 ** 16 && (free || Number(port) > 0);
}

/** Of the wallets, for whoever has started the node. */
export function walletWarnings(of: {
  readonly values: NodeValues;
  readonly settings: Pick<Settings, 'isGiven'>;
}): string[] {
  const { values, settings } = of;
  const { mintxfee, fallbackfee, maxtxfee } = values;
  const high = (name: string, why: string) => `-${name} is set very high! ${why}`;
  return [
    ...(mintxfee > HIGH_FEE_RATE
      ? [high('mintxfee', 'This is the minimum transaction fee you pay on every transaction.')]
      : []),
    ...(fallbackfee > HIGH_FEE_RATE
      ? [high('fallbackfee', 'This is the transaction fee you may pay when fee estimates are not available.')]
      : []),
    ...(maxtxfee > HIGH_FEE
      ? [high('maxtxfee', 'Fees this large could be paid on a single transaction.')]
      : []),
    ...(settings.isGiven('walletrbf')
      ? ['-walletrbf is deprecated and will be fully removed in the next release.']
      : []),
  ];
}
