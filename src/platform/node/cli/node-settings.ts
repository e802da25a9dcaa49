/** What the settings of `penny node` mean: from Bitcoin Core's option names to each part's options. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { ChainOptions } from '../../../chain/chain.ts';
import type { MempoolPolicy } from '../../../mempool/policy.ts';
import type { MinerOptions } from '../../../mining/miner.ts';
import type { NetworkOptions } from '../../../network/network.ts';
import type { MineOptions } from '../../../node.ts';
import type { ProcessOptions, RpcOptions } from '../create-node.ts';
import { LOG_CATEGORIES, type NodeLoggerOptions } from '../logger.ts';
import { UsageError } from './arguments.ts';
import type { Configuration } from './configuration.ts';
import type { Settings } from './settings.ts';
import { VERSION } from './version.ts';
import { refuseUnprotected, walletPolicy } from './wallet-settings.ts';

const HOUR = 3600;
const FIRST_WALLET = 'wallet';
const DEFAULT_PEER_BIND = '0.0.0.0';
const DEFAULT_RPC_BIND = '127.0.0.1';
/** Core's: fewer MiB than this would not hold the blocks that a reorganisation may need. */
const MINIMUM_PRUNE = 550;
const PRUNE_BY_HAND = 1;

/** @throws UsageError naming the option that is wrong */
export function processOptions(configuration: Configuration): ProcessOptions {
  const { settings, parameters, networkDirectory } = configuration;
  refuseUnprotected(settings);
  const filters = settings.isGiven('blockfilterindex') && blockFilterIndex(settings);
  const serveFilters = settings.flag('peerblockfilters', false);
  if (serveFilters && !filters)
    throw new UsageError('Cannot set -peerblockfilters without -blockfilterindex.');
  const prune = settings.integer('prune') ?? 0;
  const transactions = settings.flag('txindex', false);
  if (prune > 0 && transactions) throw new UsageError('Prune mode is incompatible with -txindex.');
  const mine = mineOptions(settings);
  const needsWallet = settings.flag('welcome', false) || (mine !== undefined && mine.address === undefined);
  const threads = settings.integer('par', -availableParallelism()) ?? 0;
  return {
    directory: networkDirectory,
    node: {
      parameters,
      chain: chainOptions(settings, prune),
      indexes: { transactions, filters, coinStatistics: settings.flag('coinstatsindex', false) },
      mempool: mempoolPolicy(settings),
      persistMempool: settings.flag('persistmempool', true),
      network: networkOptions(settings, configuration, prune),
      networkActive: settings.flag('networkactive', true),
      serveFilters,
      miner: minerOptions(settings),
      ...(mine && { mine }),
      wallet: {
        load: settings.list('wallet'),
        // Whoever mines without saying for whom, or begins with `npm start`, needs one.
        ...(needsWallet && { first: FIRST_WALLET }),
        ...walletPolicy(settings),
      },
    },
    scripts: {
      threads: threads > 0 ? threads : Math.max(1, availableParallelism() + threads),
      ...defined({ signatureEngine: settings.text('signature-engine') }),
    },
    rpc: settings.flag('server', true) ? rpcOptions(configuration) : null,
    mockTime: settings.integer('mocktime') ?? 0,
  };
}

function blockFilterIndex(settings: Settings): boolean {
  const kind = settings.text('blockfilterindex') ?? '0';
  if (!['0', '1', '', 'basic'].includes(kind))
    throw new UsageError(`Unknown -blockfilterindex value ${kind}.`);
  return kind !== '0';
}

function chainOptions(settings: Settings, prune: number): ChainOptions {
  if (prune > PRUNE_BY_HAND && prune < MINIMUM_PRUNE) {
    throw new UsageError(
      `Prune configured below the minimum of ${MINIMUM_PRUNE} MiB. Please use a higher number.`,
    );
  }
  const assumeValid = hexSetting(settings, 'assumevalid', 64);
  const minimumWork = hexSetting(settings, 'minimumchainwork', 64);
  const reindex = settings.flag('reindex', false)
    ? 'blocks'
    : settings.flag('reindex-chainstate', false)
      ? 'chainstate'
      : undefined;
  return defined({
    dbcache: settings.integer('dbcache', 4),
    assumeValid:
      assumeValid === undefined ? undefined : BigInt(`0x${assumeValid}`) === 0n ? null : assumeValid,
    minimumChainWork: minimumWork === undefined ? undefined : BigInt(`0x${minimumWork}`),
    maxTipAge: settings.integer('maxtipage'),
    prune: prune === 0 ? undefined : prune,
    checkBlocks: settings.integer('checkblocks'),
    checkLevel: settings.integer('checklevel', 0, 4),
    reindex,
  });
}

function hexSetting(settings: Settings, name: string, digits: number): string | undefined {
  const value = settings.isNegated(name) ? '0' : settings.text(name);
  if (value === undefined) return undefined;
  const bare = value.replace(/^0x/, '');
  if (!new RegExp(`^[0-9a-fA-F]{1,${digits}}$`).test(bare)) {
    throw new UsageError(`Invalid value for -${name}: '${value}' (up to ${digits} hex digits)`);
  }
  return bare.toLowerCase().padStart(digits, '0');
}

function mempoolPolicy(settings: Settings): Partial<MempoolPolicy> {
  const megabytes = settings.integer('maxmempool', 1);
  const hours = settings.integer('mempoolexpiry', 1);
  const clusterKvb = settings.integer('limitclustersize', 1);
  const carried = settings.flag('datacarrier', true) ? settings.integer('datacarriersize') : 0;
  return defined({
    maxBytes: megabytes === undefined ? undefined : megabytes * 1_000_000,
    expiry: hours === undefined ? undefined : hours * HOUR,
    requireStandard: settings.isGiven('acceptnonstdtxn')
      ? !settings.flag('acceptnonstdtxn', false)
      : undefined,
    minimumRelayFeeRate: settings.feeRate('minrelaytxfee'),
    incrementalRelayFeeRate: settings.feeRate('incrementalrelayfee'),
    dustRelayFeeRate: settings.feeRate('dustrelayfee'),
    maxDataCarrierBytes: carried,
    permitBareMultisig: settings.isGiven('permitbaremultisig')
      ? settings.flag('permitbaremultisig', true)
      : undefined,
    limitClusterCount: settings.integer('limitclustercount', 1),
    limitClusterSize: clusterKvb === undefined ? undefined : clusterKvb * 1_000,
    limitAncestorCount: settings.integer('limitancestorcount', 1),
    limitDescendantCount: settings.integer('limitdescendantcount', 1),
  });
}

function networkOptions(settings: Settings, configuration: Configuration, prune: number): NetworkOptions {
  const { parameters } = configuration;
  const port = settings.integer('port', 0, 65_535) ?? parameters.p2pPort;
  const connect = settings.isNegated('connect')
    ? []
    : settings.list('connect').filter((entry) => entry !== '0');
  const onlyThese = settings.isGiven('connect');
  const maximumConnections = settings.integer('maxconnections');
  const alone = onlyThese || maximumConnections === 0;
  const binds = settings.list('bind');
  const listens = settings.flag('listen', !alone || binds.length > 0);
  const comments = settings.list('uacomment');
  for (const comment of comments) {
    if (!/^[A-Za-z0-9 .,;_?@-]*$/.test(comment)) {
      throw new UsageError(`User Agent comment (${comment}) contains unsafe characters.`);
    }
  }
  return {
    bind: listens
      ? (binds.length > 0 ? binds : [DEFAULT_PEER_BIND]).map((entry) => withPort(entry, port))
      : [],
    ...(onlyThese && { connect }),
    addNodes: settings.list('addnode'),
    seeds: settings.list('seednode'),
    externalAddresses: settings.list('externalip'),
    ...(maximumConnections !== undefined && { maximumConnections }),
    blocksOnly: settings.flag('blocksonly', false),
    pruned: prune > 0,
    userAgent: `/Penny:${VERSION}${comments.length === 0 ? '' : `(${comments.join('; ')})`}/`,
    ...defined({ banTime: settings.integer('bantime') }),
    dnsSeed: settings.flag('dnsseed', !alone),
  };
}

function minerOptions(settings: Settings): MinerOptions {
  return defined({
    maxWeight: settings.integer('blockmaxweight', 2_000, 4_000_000),
    reservedWeight: settings.integer('blockreservedweight', 2_000, 4_000_000),
    minimumFeeRate: settings.feeRate('blockmintxfee'),
  });
}

function mineOptions(settings: Settings): MineOptions | undefined {
  const threads = settings.integer('mine', 0, 1_024) ?? 0;
  if (threads === 0) return undefined;
  return {
    threads,
    load: settings.integer('mine-load', 1, 100) ?? 100,
    blockInterval: settings.integer('mine-interval') ?? 0,
    ...defined({ address: settings.text('mine-address') }),
  };
}

function rpcOptions({ settings, parameters, networkDirectory }: Configuration): RpcOptions {
  const port = settings.integer('rpcport', 0, 65_535) ?? parameters.rpcPort;
  const allowIp = settings.list('rpcallowip');
  // As in Core: without leave for others to connect, listening for others would only mislead.
  const binds = allowIp.length > 0 ? settings.list('rpcbind') : [];
  const password = settings.text('rpcpassword') ?? '';
  const cookie = settings.text('rpccookiefile') ?? '.cookie';
  return {
    server: {
      bind: (binds.length > 0 ? binds : [DEFAULT_RPC_BIND]).map((entry) =>
        splitHostPort(withPort(entry, port)),
      ),
      allowIp,
      allowHost: settings.list('rpchost'),
      allowOrigin: settings.list('rpcalloworigin'),
      whitelist: whitelist(settings.list('rpcwhitelist')),
      whitelistDefault: settings.flag('rpcwhitelistdefault', settings.isGiven('rpcwhitelist')),
    },
    // Core: a password takes the place of the cookie.
    cookieFile:
      password === '' && !settings.isNegated('rpccookiefile') ? resolve(networkDirectory, cookie) : null,
    user: password === '' ? null : { name: settings.text('rpcuser') ?? '', password },
    rpcAuth: settings.list('rpcauth'),
  };
}

/** `user:method,method`; a user named twice may call what both allow. */
function whitelist(entries: readonly string[]): Map<string, ReadonlySet<string>> {
  const result = new Map<string, ReadonlySet<string>>();
  for (const entry of entries) {
    const colon = entry.indexOf(':');
    const user = colon < 0 ? entry : entry.slice(0, colon);
    const methods =
      colon < 0
        ? []
        : entry
            .slice(colon + 1)
            .split(',')
            .map((method) => method.trim());
    const before = result.get(user);
    result.set(
      user,
      new Set(before === undefined ? methods : methods.filter((method) => before.has(method))),
    );
  }
  return result;
}

/** @throws UsageError for a category that does not exist */
export function loggerOptions({ settings, networkDirectory }: Configuration): NodeLoggerOptions {
  const file = settings.isNegated('debuglogfile') ? null : (settings.text('debuglogfile') ?? 'debug.log');
  const categories = new Set(logCategories(settings, 'debug'));
  for (const excluded of logCategories(settings, 'debugexclude')) categories.delete(excluded);
  return {
    file: file === null ? null : resolve(networkDirectory, file),
    console: settings.flag('printtoconsole', true),
    categories: [...categories],
    timestamps: settings.flag('logtimestamps', true),
    microseconds: settings.flag('logtimemicros', false),
  };
}

function logCategories(settings: Settings, name: string): readonly string[] {
  const given = settings.list(name);
  if (given.includes('0') || given.includes('none')) return [];
  return given.flatMap((category) => {
    if (['', '1', 'all'].includes(category)) return LOG_CATEGORIES;
    if (!(LOG_CATEGORIES as readonly string[]).includes(category)) {
      throw new UsageError(`Unsupported logging category -${name}=${category}.`);
    }
    return [category];
  });
}

function withPort(address: string, port: number): string {
  const isBareIpv6 = address.split(':').length > 2 && !address.startsWith('[');
  if (isBareIpv6) return `[${address}]:${port}`;
  return /^(\[[^\]]*\]|[^:]*):\d+$/.test(address) ? address : `${address}:${port}`;
}

function splitHostPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** Without the fields that are undefined: absent is what the parts take for their default. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
