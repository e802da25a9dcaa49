/** What the settings of `penny node` mean: from Bitcoin Core's option names to each part's options. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { ReindexKind } from '../../../chain/options.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { MAIN, REGTEST } from '../../../core/parameters/presets.ts';
import { higherRate } from '../../../core/transaction/fee-rate.ts';
import { NODE_FACTOR } from '../../../mempool/memory.ts';
import { AddressError } from '../../../network/network-address.ts';
import type { NetworkOptions } from '../../../network/options.ts';
import { parseWhitebind, parseWhitelist } from '../../../network/permissions.ts';
import { DIALECT } from '../../../rpc/formats/version.ts';
import { LOG_CATEGORIES } from '../../shared/category-logger.ts';
import type { ProcessOptions, RpcOptions } from '../create-node.ts';
import type { NodeLoggerOptions } from '../logger.ts';
import type { Configuration } from './configuration.ts';
import { refuseUnprotected } from './core-options.ts';
import { mempoolMemory } from './memory.ts';
import { NODE } from './node-options.ts';
import type { Values } from './option.ts';
import { type Placed, place } from './option-targets.ts';
import { pageOptions } from './page-options.ts';
import { reachOf } from './proxy-options.ts';
import { tuneRegtest } from './regtest-options.ts';
import { refuseContradictions } from './start-checks.ts';
import { UsageError } from './usage-error.ts';
import { VERSION } from './version.ts';

export type NodeConfiguration = Configuration<typeof NODE.options>;
type NodeValues = Values<typeof NODE.options>;
type Parts = Placed<typeof NODE.options>;

const FIRST_WALLET = 'wallet';
const EVERY_ADDRESS = '0.0.0.0';
/** The second where a machine has it. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;
const FAST_PRUNE_SIZE = 64 << 10;

/** @throws UsageError naming the option that is wrong */
export function processOptions(configuration: NodeConfiguration): ProcessOptions {
  const { values, settings, networkDirectory } = configuration;
  refuseUnprotected(settings);
  const parameters = tuneRegtest(configuration.parameters, values);
  const parts = place(NODE.options, values);
  const { mine } = values;
  const userAgent = userAgentOf(values, parameters);
  refuseContradictions(values, parameters, userAgent);
  const needsWallet = values.welcome || (mine > 0 && values['mine-address'] === undefined);
  const reindex: ReindexKind | null = values.reindex
    ? 'blocks'
    : values['reindex-chainstate']
      ? 'chainstate'
      : null;
  return {
    ...parts.process,
    directory: networkDirectory,
    node: {
      ...parts.node,
      parameters,
      chain: {
        ...parts.chain,
        ...(reindex && { reindex }),
        ...(values.fastprune && { blockFileSize: FAST_PRUNE_SIZE }),
      },
      indexes: parts.indexes,
      mempool: {
        ...parts.mempool,
        maxMemory: mempoolMemory(values),
        ...(!settings.isGiven('minrelaytxfee') && {
          minimumRelayFeeRate: higherRate(values.minrelaytxfee, values.incrementalrelayfee),
        }),
        requireStandard: !values.acceptnonstdtxn,
        maxDataCarrierBytes: values.datacarrier ? values.datacarriersize : 0,
      },
      network: { ...networkOptions(values, parts), userAgent },
      miner: parts.miner,
      ...(mine > 0 && { mine: { ...parts.mine, threads: mine } }),
      // Whoever mines without saying for whom, or begins with `npm start`, needs a wallet.
      wallet: { ...parts.wallet, ...(needsWallet && { first: FIRST_WALLET }) },
    },
    scripts: {
      ...parts.scripts,
      threads: values.par > 0 ? values.par : Math.max(1, availableParallelism() + values.par),
    },
    notify: parts.notify,
    zmq: parts.zmq,
    ...pageOptions(values),
    rpc: values.server ? rpcOptions(configuration, parts) : null,
  };
}

/** BIP14: what is built upon comes first. On Bitcoin's networks programs look there for Core's name and version. */
function userAgentOf({ uacomment }: NodeValues, { name }: NetworkParameters): string {
  const own = `Penny:${VERSION}${uacomment.length === 0 ? '' : `(${uacomment.join('; ')})`}`;
  const isBitcoins = name === MAIN.name || name === REGTEST.name;
  return `/${(isBitcoins ? [DIALECT.name, own] : [own, DIALECT.name]).join('/')}/`;
}

function networkOptions(values: NodeValues, parts: Parts): Omit<NetworkOptions, 'userAgent'> {
  const { connect, bind, port, whitebind, whitelist } = values;
  const alone = connect !== null || values.maxconnections === 0;
  const reach = reachOf(values);
  const isHidden = reach?.proxies.name !== undefined;
  const listens = values.listen ?? ((!alone && !isHidden) || bind.length + whitebind.length > 0);
  const looksUp = reach?.only === undefined || reach.only.has('ipv4') || reach.only.has('ipv6');
  const implicit = { relay: values.whitelistrelay, forceRelay: values.whitelistforcerelay };
  return {
    ...parts.network,
    bind: listens
      ? orElse(bind, ...(whitebind.length > 0 ? [] : [EVERY_ADDRESS])).map((entry) =>
          withPort(entry.replace(/=onion$/, ''), port),
        )
      : [],
    whitebind: whitebind.map((entry) => granted(() => parseWhitebind(entry, implicit))),
    whitelist: whitelist.map((entry) => granted(() => parseWhitelist(entry, implicit))),
    ...(connect && { connect: connect.filter((entry) => entry !== '0') }),
    pruned: values.prune > 0,
    dnsSeed: values.dnsseed ?? (!alone && looksUp),
    ...(reach && { reach }),
  };
}

/** @throws UsageError */
function granted<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof AddressError ? new UsageError(error.message) : error;
  }
}

function rpcOptions({ values, networkDirectory }: NodeConfiguration, parts: Parts): RpcOptions {
  const { rpcallowip, rpccookiefile: cookie, rpcpassword: password, rpcwhitelist } = values;
  const { metrics, metricswallets } = values;
  // As in Core: without leave for others to connect, listening for others would only mislead.
  const binds = rpcallowip.length > 0 ? values.rpcbind : [];
  const address = (entry: string) => splitHostPort(withPort(entry, values.rpcport));
  return {
    ...parts.rpc,
    metrics: metrics || metricswallets ? { wallets: metricswallets } : null,
    server: {
      ...parts.server,
      bind:
        binds.length > 0
          ? binds.map(address)
          : [address(LOOPBACK[0]), { ...address(LOOPBACK[1]), optional: true }],
      whitelist: whitelist(rpcwhitelist ?? []),
      whitelistDefault: values.rpcwhitelistdefault ?? rpcwhitelist !== null,
    },
    // Core: a password takes the place of the cookie.
    cookieFile: password === '' && cookie !== null ? resolve(networkDirectory, cookie) : null,
    user: password === '' ? null : { name: values.rpcuser, password },
    rpcAuth: values.rpcauth,
  };
}

/** What is given and will not do what it seems to, in Core's words. */
export function warnings(values: NodeValues): string[] {
  const { rpcbind, rpcallowip, maxmempool } = values;
  const found: string[] = [];
  const granted = mempoolMemory(values);
  if (granted < NODE_FACTOR * maxmempool)
    found.push(
      `Option -maxmempool was reduced to ${Math.floor(granted / NODE_FACTOR / 1e6)} MB: objects may take no more (--max-old-space-size)`,
    );
  if (rpcbind.length > 0 && rpcallowip.length === 0)
    found.push(
      'Option -rpcbind was ignored because -rpcallowip was not specified, refusing to allow everyone to connect',
    );
  if (rpcbind.length === 0 && rpcallowip.length > 0)
    found.push("Option -rpcallowip was specified without -rpcbind; this doesn't usually make sense");
  return found;
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

/** @param console where -printtoconsole does not say it @throws UsageError for a category that does not exist */
export function loggerOptions(
  { values, networkDirectory }: NodeConfiguration,
  console: boolean,
): NodeLoggerOptions {
  const { debuglogfile: file, debug, debugexclude } = values;
  const excluded = logCategories('debugexclude', debugexclude);
  return {
    ...place(NODE.options, values).log,
    file: file === null ? null : resolve(networkDirectory, file),
    console: values.printtoconsole ?? console,
    categories: [...new Set(logCategories('debug', debug))].filter(
      (category) => !excluded.includes(category),
    ),
  };
}

function logCategories(name: string, given: readonly string[]): readonly string[] {
  if (given.includes('0') || given.includes('none')) return [];
  return given.flatMap((category) => {
    if (['', '1', 'all'].includes(category)) return LOG_CATEGORIES;
    if (!(LOG_CATEGORIES as readonly string[]).includes(category)) {
      throw new UsageError(`Unsupported logging category -${name}=${category}.`);
    }
    return [category];
  });
}

const orElse = (given: readonly string[], ...otherwise: readonly string[]): readonly string[] =>
  given.length > 0 ? given : otherwise;

function withPort(address: string, port: number): string {
  const isBareIpv6 = address.split(':').length > 2 && !address.startsWith('[');
  if (isBareIpv6) return `[${address}]:${port}`;
  return /^(\[[^\]]*\]|[^:]*):\d+$/.test(address) ? address : `${address}:${port}`;
}

function splitHostPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
