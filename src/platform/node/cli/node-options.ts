/** Every option of `penny node`, with Bitcoin Core's names where Core has it. Owns the list, not its effects. */
import { CHAIN_SELECTION, FILES, RPC_OPTIONS } from './common-options.ts';
import {
  amount,
  flag,
  integer,
  list,
  named,
  type OptionGroup,
  type OptionTable,
  optionTable,
  text,
} from './option.ts';
import { REFUSED_OPTIONS, WALLET_OPTIONS } from './wallet-settings.ts';

export const NODE_OPTIONS: readonly OptionGroup[] = [
  {
    title: 'Options',
    options: named({
      help: flag('Print this help message and exit.'),
      version: flag('Print the version and exit.'),
      ...FILES,
      assumevalid: text(
        '<hex>',
        "Do not verify scripts of this block's ancestors, if it is in the chain; 0 verifies all. (default: as the network file says)",
      ),
      blockfilterindex: text(
        '<type>',
        'Maintain an index of compact block filters (BIP158): basic, 1 or 0. (default: 0)',
        { bare: '1' },
      ),
      blocksonly: flag('Relay no transactions of other nodes. (default: 0)'),
      coinstatsindex: flag('Maintain coin statistics for gettxoutsetinfo. (default: 0)'),
      dbcache: integer('<n>', 'Memory for coins that are not yet on disk, in MiB. (default: 450)'),
      debuglogfile: text(
        '<file>',
        'Where the log is written; a relative path starts at the network directory; -nodebuglogfile writes none. (default: debug.log)',
      ),
      maxmempool: integer('<n>', 'Keep the mempool below this many megabytes. (default: 300)'),
      maxtipage: integer(
        '<s>',
        'A tip older than this means that we are still catching up. (default: as the network file says)',
      ),
      mempoolexpiry: integer('<n>', 'Forget transactions that waited this many hours. (default: 336)'),
      minimumchainwork: text(
        '<hex>',
        'Work that a chain must promise before its headers are stored. (default: as the network file says)',
      ),
      par: integer(
        '<n>',
        'Threads that verify scripts; 0 is one a core, negative leaves that many cores free. (default: 0)',
      ),
      persistmempool: flag('Keep the mempool over restarts. (default: 1)'),
      pid: text(
        '<file>',
        'File that holds the process id while the node runs; a relative path starts at the network directory. (default: penny.pid)',
      ),
      prune: integer(
        '<n>',
        'Delete old blocks: 0 never, 1 by RPC pruneblockchain only, 550 and up keeps the files below this many MiB. (default: 0)',
      ),
      reindex: flag('Build the block index and the coins again from the block files.'),
      'reindex-chainstate': flag('Build the coins again from the block files.'),
      'signature-engine': text(
        '<name>',
        'Verify signatures with this engine only. (default: the fastest that loads)',
      ),
      txindex: flag('Maintain an index of all transactions for getrawtransaction. (default: 0)'),
      welcome: flag(
        'At the first start make a wallet, and say on the terminal where everything is. (default: 0)',
      ),
    }),
  },
  {
    title: 'Connection options',
    options: named({
      addnode: list(
        '<ip>',
        'Keep a connection to this node: host, host:port, or with ws://, wss:// or tcp:// before it. May be given many times.',
        { perNetwork: true },
      ),
      bantime: integer('<n>', 'Default seconds of a ban made by hand. (default: 86400)'),
      bind: list('<addr>[:<port>]', 'Listen on this address. May be given many times. (default: 0.0.0.0)', {
        perNetwork: true,
      }),
      connect: list(
        '<ip>',
        'Connect to this node only; -noconnect makes no connections. May be given many times.',
        { perNetwork: true },
      ),
      dnsseed: flag(
        'Ask the seeds of the network file for addresses. (default: 1, unless -connect or -maxconnections=0)',
      ),
      externalip: list('<ip>', 'Advertise this address as our own.'),
      listen: flag('Accept connections. (default: 1, unless -connect or -maxconnections=0)'),
      maxconnections: integer('<n>', 'Keep at most this many connections. (default: 125)'),
      networkactive: flag('Make and accept connections; RPC setnetworkactive changes it. (default: 1)'),
      peerblockfilters: flag('Serve compact block filters to peers (BIP157). (default: 0)'),
      port: integer('<port>', 'Listen on this port. (default: as the network file says)', {
        perNetwork: true,
      }),
      seednode: list('<ip>', 'Ask this node for addresses. May be given many times.'),
      uacomment: list('<cmt>', 'Add this comment to the user agent.'),
    }),
  },
  WALLET_OPTIONS,
  {
    title: 'Mining options',
    options: named({
      blockmaxweight: integer('<n>', 'Largest weight of blocks that this node makes. (default: 4000000)'),
      blockreservedweight: integer(
        '<n>',
        'Weight kept free in them for header and coinbase. (default: 8000)',
      ),
      blockmintxfee: amount(
        '<amt>',
        'Lowest fee rate, in coins per kvB, of transactions in them. (default: 0.00000001)',
      ),
      mine: integer(
        '<threads>',
        'Mine without pause in this many threads; 0 mines by RPC only. (default: 0)',
      ),
      'mine-address': text(
        '<address>',
        "Pay what is mined to this address. (default: a new one of the node's own wallet)",
      ),
      'mine-interval': integer(
        '<s>',
        'Find a block no more often than this many seconds on average. (default: 0, no pacing)',
      ),
      'mine-load': integer('<percent>', 'Use this share of each mining thread, 1 to 100. (default: 100)'),
    }),
  },
  {
    title: 'Debugging/Testing options',
    options: named({
      checkblocks: integer('<n>', 'Check this many of the last blocks at start; 0 is all. (default: 6)'),
      checklevel: integer('<n>', 'How thoroughly, 0 to 4. (default: 3)'),
      debug: list(
        '<category>',
        'Log debugging information of this category; 1 or none given is all. May be given many times.',
        { bare: '1' },
      ),
      debugexclude: list('<category>', 'Not of this category. May be given many times.'),
      logtimemicros: flag('Timestamps in the log have microseconds. (default: 0)'),
      logtimestamps: flag('Lines of the log begin with a timestamp. (default: 1)'),
      mocktime: integer('<n>', 'The clock stands at this many seconds since the epoch.'),
      printtoconsole: flag('Write the log to the terminal as well. (default: 1 without -daemon)'),
    }),
  },
  CHAIN_SELECTION,
  {
    title: 'Node relay options',
    options: named({
      acceptnonstdtxn: flag('Relay transactions that are not standard. (default: 0)'),
      dustrelayfee: amount(
        '<amt>',
        'Fee rate, in coins per kvB, that says which outputs are dust. (default: 0.00003000)',
      ),
      datacarrier: flag('Relay transactions with data outputs. (default: 1)'),
      datacarriersize: integer('<n>', 'Largest such scripts in a transaction, in bytes. (default: 100000)'),
      incrementalrelayfee: amount(
        '<amt>',
        'Fee rate, in coins per kvB, by which a replacement must be better. (default: 0.00000100)',
      ),
      limitancestorcount: integer(
        '<n>',
        'Most unconfirmed ancestors of a transaction, itself counted. (default: no limit but the cluster)',
      ),
      limitdescendantcount: integer(
        '<n>',
        'Most unconfirmed descendants of a transaction, itself counted. (default: no limit but the cluster)',
      ),
      limitclustercount: integer('<n>', 'Most unconfirmed transactions that hang together. (default: 64)'),
      limitclustersize: integer('<n>', 'Largest size of these, in kvB. (default: 101)'),
      minrelaytxfee: amount(
        '<amt>',
        'Lowest fee rate, in coins per kvB, that is relayed. (default: 0.00000100)',
      ),
      permitbaremultisig: flag('Relay bare multisig outputs. (default: 1)'),
    }),
  },
  {
    title: 'RPC server options',
    options: named({
      rpcallowip: list(
        '<ip>',
        'Answer requests from this address or subnet as well. May be given many times.',
      ),
      rpcalloworigin: list(
        '<origin>',
        'Answer requests of browser pages from this origin. May be given many times.',
      ),
      rpcauth: list('<userpw>', 'User and hashed password: <user>:<salt>$<hash>. May be given many times.'),
      rpcbind: list(
        '<addr>[:<port>]',
        'Listen for requests on this address; has an effect only with -rpcallowip. (default: 127.0.0.1 and ::1)',
        { perNetwork: true },
      ),
      rpccookiefile: text(
        '<file>',
        'Where the cookie is; a relative path starts at the network directory. (default: .cookie)',
      ),
      rpchost: list(
        '<name>',
        'Answer requests whose Host header has this name, besides addresses and localhost. May be given many times.',
      ),
      rpcpassword: text('<pw>', 'Password for requests.'),
      rpcport: integer('<port>', 'Listen for requests on this port. (default: as the network file says)', {
        perNetwork: true,
      }),
      rpcuser: text('<user>', 'User name for requests.'),
      rpcwhitelist: list(
        '<whitelist>',
        'Methods that a user may call: <user>:<method>,<method>. May be given many times.',
      ),
      rpcwhitelistdefault: flag(
        'Users without -rpcwhitelist may call nothing. (default: 1 with -rpcwhitelist)',
      ),
      server: flag('Answer JSON-RPC requests. (default: 1)'),
    }),
  },
];

/**
 * Options of Bitcoin Core's that Penny has no use for: accepted, and named in the log. Not here: those
 * whose silent absence would expose the user: `proxy` and `onlynet` are refused as unknown, others by
 * `wallet-settings.ts` where they ask for anything.
 */
export const UNUSED_CORE_OPTIONS: readonly string[] = `
  acceptstalefeeestimates addrmantest alertnotify allowignoredconf asmap blocknotify 
  blockreconstructionextratxn blocksdir blocksxor blockversion bytespersigop capturemessages checkaddrman 
  checkblockindex checkmempool checkpoints cjdnsreachable consolidatefeerate daemon daemonwait dbbatchsize 
  dbcrashratio deprecatedrpc discardfee discover fastprune fixedseeds flushwallet forcednsseed 
  i2pacceptincoming i2psam limitancestorsize limitdescendantsize listenonion loadblock logips loglevel 
  loglevelalways logsourcelocations logthreadnames maxapsfee maxorphantx maxreceivebuffer maxsendbuffer 
  maxsigcachesize mempoolfullrbf natpmp onion peerbloomfilters peertimeout persistmempoolv1 printpriority 
  rest rpccookieperms rpcdoccheck rpcservertimeout rpcthreads rpcworkqueue settings shrinkdebugfile 
  shutdownnotify startupnotify stopafterblockimport stopatheight swapbdbendian timeout torcontrol 
  torpassword txreconciliation unsafesqlitesync upnp v2transport vbparams walletcrosschain walletnotify 
  walletrejectlongchains whitebind whitelist whitelistforcerelay whitelistrelay zmqpubhashblock 
  zmqpubhashblockhwm zmqpubhashtx zmqpubhashtxhwm zmqpubrawblock zmqpubrawblockhwm zmqpubrawtx 
  zmqpubrawtxhwm zmqpubsequence zmqpubsequencehwm disablewallet 
`
  .trim()
  .split(/\s+/);

export const NODE_OPTION_TABLE: OptionTable = new Map([
  ...optionTable(NODE_OPTIONS),
  ...[...UNUSED_CORE_OPTIONS, ...REFUSED_OPTIONS].map(
    (name) => [name, { ...list('', ''), name, bare: '1' }] as const,
  ),
]);

export const REINDEX_OPTIONS: readonly OptionGroup[] = [
  { title: 'Reindex options', options: named({ 'chainstate-only': flag('Build the coins only.') }) },
  ...NODE_OPTIONS,
];

export const REINDEX_OPTION_TABLE: OptionTable = new Map([
  ...optionTable(REINDEX_OPTIONS),
  ...NODE_OPTION_TABLE,
]);

/** A config file is shared by node and client, so it may hold the options of both. */
export const CONFIG_OPTION_TABLE: OptionTable = new Map([...optionTable(RPC_OPTIONS), ...NODE_OPTION_TABLE]);
