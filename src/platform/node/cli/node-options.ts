/**
 * Every option of `penny node`, with Bitcoin Core's names where Core has it: what it is, what holds without it,
 * and where it goes. What takes more than that is in `node-settings`, Core's others in `core-options`.
 */
import * as chain from '../../../chain/options.ts';
import { LONGEST_TARGET, satPerKvB } from '../../../core/transaction/fee-rate.ts';
import { DEFAULT_POLICY as RELAY } from '../../../mempool/policy.ts';
import { DEFAULT_BAN_TIME } from '../../../network/ban-list.ts';
import {
  DEFAULT_INBOUND_RELAY_PERCENT,
  DEFAULT_MAXIMUM_CONNECTIONS,
  DEFAULT_PEER_TIMEOUT,
} from '../../../network/options.ts';
import { PERMISSIONS } from '../../../network/permissions.ts';
import { LIMITS } from '../../../rpc/limits.ts';
import type { OutputType } from '../../../wallet/descriptors/kinds.ts';
import { DEFAULT_KEYPOOL, DEFAULT_POLICY as WALLET } from '../../../wallet/policy.ts';
import { ASKED, CHAIN_SELECTION, COOKIE, FILES } from './common-options.ts';
import { MINING } from './mining-options.ts';
import {
  amount,
  amountOrNone,
  bytes,
  choice,
  command,
  feeRate,
  file,
  flag,
  type Given,
  hex,
  integer,
  list,
  parsed,
  text,
} from './option.ts';
import { PAGE } from './page-options.ts';
import { PROXY } from './proxy-options.ts';
import { REGTEST_TUNING } from './regtest-options.ts';
import { UsageError } from './usage-error.ts';
import { ZMQ } from './zmq-options.ts';

const SECOND = 1_000;
const HOUR = 3_600;
const MEGABYTE = 1_000_000;
const KVB = 1_000;
const PORT = { value: '<port>', most: 65_535, perNetwork: true } as const;
const TYPES: readonly OutputType[] = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'];

/** What a policy says of a field, which the option goes to. */
const relay = <F extends keyof typeof RELAY>(field: F) =>
  ({ default: RELAY[field], to: `mempool.${field}` }) as const;
const relatives = (of: string, field: 'limitAncestorCount' | 'limitDescendantCount' | 'limitClusterCount') =>
  integer(`Most unconfirmed ${of}.`, { ...relay(field), least: 1 });
const wallet = <F extends keyof typeof WALLET>(field: F) =>
  ({ default: WALLET[field], to: `wallet.${field}` }) as const;

export const NODE = command({
  Options: {
    ...ASKED,
    'help-debug': flag('Print this text and what becomes of the other options of Bitcoin Core, and exit.'),
    ...FILES,
    addressindex: flag('Maintain an index of addresses for getaddresshistory and others.', {
      to: 'indexes.addresses',
    }),
    alertnotify: text('<cmd>', 'Run this command when there is a warning; %s in it becomes the warning.', {
      to: 'notify.alert',
    }),
    assumevalid: hex(
      ['assumevalid block hash', ' (or 0 to disable)'],
      "Do not verify scripts of this block's ancestors, if it is in the chain; 0 verifies all.",
      (digits: string): string | null => (BigInt(`0x${digits}`) === 0n ? null : digits),
      { default: ({ assumeValid }) => assumeValid, to: 'chain.assumeValid' },
    ),
    blockfilterindex: parsed(
      '<type>',
      'Maintain an index of compact block filters (BIP158): basic, 1 or 0.',
      (type: Given): boolean => {
        if (type === false || type === '0') return false;
        if (['1', '', 'basic'].includes(type)) return true;
        throw new UsageError(`Unknown -blockfilterindex value ${type}.`);
      },
      { default: false, otherwise: '0', bare: '1', to: 'indexes.filters' },
    ),
    blocknotify: text('<cmd>', 'Run this command when the tip changes; %s in it becomes its hash.', {
      to: 'notify.block',
    }),
    blocksonly: flag('Relay no transactions of other nodes.', { to: 'network.blocksOnly' }),
    blocksxor: flag('XOR new block files with a key (xor.dat), lest virus scanners find something in them.', {
      default: true,
      to: 'process.blocksXor',
    }),
    daemon: flag('Of pennyd: go on in the background.'),
    daemonwait: flag('The same, and end only when the node has started, or failed to.'),
    coinstatsindex: flag('Maintain coin statistics for gettxoutsetinfo.', { to: 'indexes.coinStatistics' }),
    dbcache: integer('MiB of memory for coins that are not on disk yet.', {
      default: chain.DEFAULT_DBCACHE,
      least: 4,
      to: 'chain.dbcache',
    }),
    debuglogfile: file('The log, from the network directory on; -nodebuglogfile writes none.', {
      default: 'debug.log',
    }),
    loadblock: list('<file>', "Take in the blocks of this file at start, in Bitcoin Core's blk format."),
    maxmempool: integer('Megabytes that the mempool may take.', {
      ...relay('maxBytes'),
      least: 1,
      unit: MEGABYTE,
    }),
    maxtipage: integer('A tip older than this many seconds means that we are still catching up.', {
      default: ({ maxTipAge }) => maxTipAge,
      to: 'chain.maxTipAge',
    }),
    mempoolexpiry: integer('Hours after which a transaction is forgotten.', {
      ...relay('expiry'),
      least: 1,
      unit: HOUR,
    }),
    minimumchainwork: hex(
      ['minimum work', ''],
      'Work that a chain must promise before its headers are stored.',
      (digits: string): bigint => BigInt(`0x${digits}`),
      { default: ({ minimumChainWork }) => minimumChainWork, to: 'chain.minimumChainWork' },
    ),
    par: integer('Threads that verify scripts; 0 is one a core, negative leaves that many cores free.', {
      default: 0,
      least: -1_024,
      most: 1_024,
    }),
    persistmempool: flag('Keep the mempool over restarts.', { default: true, to: 'node.persistMempool' }),
    pid: file('Holds the process id meanwhile, from the network directory on; -nopid writes none.', {
      default: 'penny.pid',
    }),
    prune: integer(
      'Delete old blocks: 0 never, 1 by RPC pruneblockchain only, 550 and up keeps the files below this many MiB.',
      { default: 0, to: 'chain.prune' },
    ),
    reindex: flag('Build the block index and the coins again from the block files.'),
    'reindex-chainstate': flag('Build the coins again from the block files.'),
    shutdownnotify: list('<cmd>', 'Run this command before the node stops, which waits for it a minute.', {
      to: 'notify.shutdown',
    }),
    'signature-engine': text('<name>', 'Verify signatures with this engine only.', {
      otherwise: 'the fastest that loads',
      to: 'scripts.signatureEngine',
    }),
    startupnotify: text('<cmd>', 'Run this command when the node has started.', { to: 'notify.startup' }),
    stopafterblockimport: flag('Stop when the blocks of files (-loadblock, -reindex) are taken in.', {
      to: 'node.stopAfterImport',
    }),
    txindex: flag('Maintain an index of all transactions for getrawtransaction.', {
      to: 'indexes.transactions',
    }),
    welcome: flag('At the first start make a wallet, and say on the terminal where everything is.'),
  },
  'Connection options': {
    addnode: list(
      '<ip>',
      'Keep a connection to this node: host, host:port, or with ws://, wss:// or tcp:// before it.',
      { perNetwork: true, to: 'network.addNodes' },
    ),
    bantime: integer('Seconds of a ban by hand that names none.', {
      default: DEFAULT_BAN_TIME,
      to: 'network.banTime',
    }),
    bind: list('<addr>[:<port>][=onion]', 'Listen on this address; =onion is where Tor delivers.', {
      otherwise: '0.0.0.0',
      perNetwork: true,
    }),
    connect: list('<ip>', 'Connect to this node only; -noconnect makes no connections.', {
      default: null,
      perNetwork: true,
    }),
    dnsseed: flag('Ask the seeds of the network file for addresses.', {
      otherwise: '1, unless -connect or -maxconnections=0',
    }),
    externalip: list('<ip>', 'Advertise this address as our own.', { to: 'network.externalAddresses' }),
    inboundrelaypercent: integer('Most of those who dial us that may want transactions, of a hundred.', {
      default: DEFAULT_INBOUND_RELAY_PERCENT,
      most: 100,
      to: 'network.inboundRelayPercent',
    }),
    listen: flag('Accept connections.', {
      otherwise: '1, unless -connect or -maxconnections=0 without -bind',
    }),
    maxconnections: integer('Keep at most this many connections.', {
      default: DEFAULT_MAXIMUM_CONNECTIONS,
      to: 'network.maximumConnections',
    }),
    maxuploadtarget: parsed(
      '<n>',
      'Send no old blocks beyond this many MiB a day; k, M, g and so on name other units.',
      bytes,
      {
        default: 0,
        otherwise: '0, no limit',
        to: 'network.maximumUpload',
      },
    ),
    networkactive: flag('Make and accept connections; RPC setnetworkactive changes it.', {
      default: true,
      to: 'node.networkActive',
    }),
    peerblockfilters: flag('Serve compact block filters to peers (BIP157); needs -blockfilterindex.', {
      to: 'node.serveFilters',
    }),
    peertimeout: integer('Seconds for a handshake, and until a silent peer is judged for it.', {
      default: DEFAULT_PEER_TIMEOUT,
      least: 1,
      unit: SECOND,
      to: 'network.peerTimeout',
    }),
    ...PROXY,
    port: integer('Listen on this port.', { ...PORT, default: ({ p2pPort }) => p2pPort }),
    seednode: list('<ip>', 'Ask this node for addresses.', { to: 'network.seeds' }),
    uacomment: list('<cmt>', 'Add this comment to the user agent.'),
    whitebind: list(
      '<[permissions@]addr>',
      'Listen on this address, and grant permissions to whom it lets in.',
      {
        perNetwork: true,
      },
    ),
    whitelist: list(
      '<[permissions@]IP or subnet>',
      `Grant permissions to peers: ${PERMISSIONS.join(', ')} or all; with in and out of whom: who calls us, or nodes added by hand.`,
    ),
    whitelistforcerelay: flag('Peers with permissions that are not named have forcerelay.'),
    whitelistrelay: flag('Peers with permissions that are not named have relay.', { default: true }),
  },
  'Wallet options': {
    addresstype: choice('address type', TYPES, 'Kind of new addresses.', wallet('addressType')),
    avoidpartialspends: flag(
      'Spend all coins of an address or none: it is better for privacy, and may cost more.',
      wallet('groupsCoins'),
    ),
    changetype: choice('change type', TYPES, 'Kind of change addresses.', {
      ...wallet('changeType'),
      otherwise: 'like what is paid',
    }),
    disablewallet: flag('Have no wallets, and do not know the methods about them.', {
      to: 'wallet.disabled',
    }),
    fallbackfee: feeRate('Fee rate where no estimate is to be had; 0 refuses to send then.', {
      default: ({ fallbackFee }) => satPerKvB(fallbackFee),
      to: 'wallet.fallbackFee',
    }),
    keypool: integer('Addresses watched beyond the next unused one; 0 is 1.', {
      default: DEFAULT_KEYPOOL,
      to: 'wallet.keypool',
    }),
    maxapsfee: amountOrNone(
      'What spending all coins of an address may cost more where that is not asked for, in coins; -1 does not try.',
      wallet('maximumGroupFee'),
    ),
    maxtxfee: amount('Largest fee of a transaction, in coins.', wallet('maximumFee')),
    mintxfee: feeRate('Lowest fee rate of a transaction.', wallet('minimumFeeRate')),
    spendzeroconfchange: flag(
      'Spend change of transactions that are not confirmed yet.',
      wallet('spendUnconfirmedChange'),
    ),
    txconfirmtarget: integer('Blocks in which a payment should confirm.', {
      ...wallet('confirmTarget'),
      least: 1,
      most: LONGEST_TARGET,
    }),
    wallet: list('<name>', 'Load this wallet at start. -nowallet loads none.', {
      perNetwork: true,
      to: 'wallet.load',
    }),
    walletbroadcast: flag('Send what wallets make; 0 only keeps it.', wallet('broadcast')),
    walletnotify: text(
      '<cmd>',
      "Run this command when a wallet's transaction comes or changes: %s its id, %w the wallet, which quotes itself, %b and %h the block's hash and height, or unconfirmed and -1.",
      { to: 'notify.wallet' },
    ),
    walletrejectlongchains: flag('Refuse chains longer than the mempool takes.', wallet('rejectLongChains')),
    walletrbf: flag('Let transactions be replaced by such that pay more (BIP125).', wallet('replaceable')),
  },
  'Mining options': MINING,
  'ZeroMQ notification options': ZMQ,
  'Debugging/Testing options': {
    ...REGTEST_TUNING,
    checkblocks: integer('Check this many of the last blocks at start; 0 is all, and so is what is below.', {
      default: chain.DEFAULT_CHECK_BLOCKS,
      least: -(2 ** 31),
      to: 'chain.checkBlocks',
    }),
    checklevel: integer('How thoroughly these are checked.', {
      default: chain.DEFAULT_CHECK_LEVEL,
      most: 4,
      to: 'chain.checkLevel',
    }),
    debug: list('<category>', 'Log debugging information of this category; 1 or none given is all.', {
      bare: '1',
    }),
    debugexclude: list('<category>', 'Not of this category.'),
    logtimemicros: flag('Timestamps in the log have microseconds.', { to: 'log.microseconds' }),
    logtimestamps: flag('Lines of the log begin with a timestamp.', { default: true, to: 'log.timestamps' }),
    mocktime: integer('The clock stands at this many seconds since the epoch; 0 lets it run.', {
      default: 0,
      to: 'process.mockTime',
    }),
    stopatheight: integer('Stop when the chain is so high; 0 goes on.', {
      default: 0,
      to: 'node.stopAtHeight',
    }),
    printtoconsole: flag('Write the log to the terminal as well.', {
      otherwise: '1, but for import, export and reindex',
    }),
  },
  'Chain selection options': CHAIN_SELECTION,
  'Node relay options': {
    acceptnonstdtxn: flag('Relay transactions that are not standard.', { default: !RELAY.requireStandard }),
    bytespersigop: integer('Size of a signature operation at least, in vbytes.', relay('bytesPerSigOp')),
    dustrelayfee: feeRate('Fee rate that says which outputs are dust.', relay('dustRelayFeeRate')),
    datacarrier: flag('Relay transactions with data outputs.', { default: RELAY.maxDataCarrierBytes > 0 }),
    datacarriersize: integer('Largest such scripts in a transaction, in bytes.', {
      default: RELAY.maxDataCarrierBytes,
    }),
    incrementalrelayfee: feeRate(
      'Fee rate by which a replacement must be better.',
      relay('incrementalRelayFeeRate'),
    ),
    limitancestorcount: relatives('ancestors, itself counted; clusters bound them', 'limitAncestorCount'),
    limitdescendantcount: relatives(
      'descendants, itself counted; clusters bound them',
      'limitDescendantCount',
    ),
    limitclustercount: relatives('transactions in a cluster', 'limitClusterCount'),
    limitclustersize: integer('Largest size of a cluster, in kvB.', {
      ...relay('limitClusterSize'),
      least: 1,
      unit: KVB,
    }),
    minrelaytxfee: feeRate('Lowest fee rate that is relayed.', relay('minimumRelayFeeRate')),
    permitbaremultisig: flag('Relay bare multisig outputs.', relay('permitBareMultisig')),
  },
  'Page options': PAGE,
  'RPC server options': {
    deprecatedrpc: list('<method>', 'Give a deprecated field of answers: fullrbf or bip125.', {
      to: 'node.deprecatedRpc',
    }),
    metrics: flag('Serve figures for Prometheus at /metrics, which need no password.'),
    metricswallets: flag('Among them the balances of wallets.'),
    rest: flag('Answer REST requests at /rest/, which need no password.', { to: 'rpc.rest' }),
    rpcallowip: list('<ip>', 'Answer requests from this address or subnet as well.', {
      to: 'server.allowIp',
    }),
    rpcalloworigin: list('<origin>', 'Answer requests of browser pages from this origin.', {
      to: 'server.allowOrigin',
    }),
    rpcauth: list('<userpw>', 'User and hashed password: <user>:<salt>$<hash>.'),
    rpcbind: list(
      '<addr>[:<port>]',
      'Listen for requests on this address; without -rpcallowip it is ignored, with a warning.',
      { otherwise: '127.0.0.1 and ::1', perNetwork: true },
    ),
    ...COOKIE,
    rpchost: list(
      '<name>',
      'Answer requests whose Host header has this name, besides addresses, localhost and, where -rpcallowip lets in others than this machine, names without dots.',
      { to: 'server.allowHost' },
    ),
    rpcport: integer('Listen for requests on this port.', { ...PORT, default: ({ rpcPort }) => rpcPort }),
    rpcservertimeout: integer(
      'Seconds in which a request must arrive, and that a connection may be idle; 0 waits for ever.',
      { default: LIMITS.timeout, most: 1_000_000, to: 'server.timeout' },
    ),
    rpcthreads: integer('As many calls may be under way, and -rpcworkqueue more.', {
      default: LIMITS.threads,
      least: 1,
      to: 'server.threads',
    }),
    rpcwhitelist: list('<whitelist>', 'Methods that a user may call: <user>:<method>,<method>.', {
      default: null,
    }),
    rpcwhitelistdefault: flag('Users without -rpcwhitelist may call nothing.', {
      otherwise: '1 with -rpcwhitelist, else 0',
    }),
    rpcworkqueue: integer('Calls under way beyond -rpcthreads; more are refused with HTTP status 503.', {
      default: LIMITS.queue,
      least: 1,
      to: 'server.queue',
    }),
    server: flag('Answer JSON-RPC requests.', { default: true }),
  },
});

const REINDEX_ONLY = { 'chainstate-only': flag('Build the coins only.') };

/** `penny reindex` */
export const REINDEX = {
  groups: { 'Reindex options': REINDEX_ONLY, ...NODE.groups },
  options: { ...REINDEX_ONLY, ...NODE.options },
};
