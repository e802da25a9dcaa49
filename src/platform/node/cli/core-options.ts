/**
 * Bitcoin Core's options that Penny does not have: those without effect, which a log and `-help-debug` name with
 * the reason; and those refused, since whoever asks for protection and gets none is worse off than one who never
 * asked.
 */
import { list, type Options } from './option.ts';
import type { Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** Names by the reason. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = Object.freeze({
  'Penny opens no hidden service, and dials neither I2P nor CJDNS':
    'cjdnsreachable i2pacceptincoming i2psam listenonion torcontrol torpassword',
  'Penny asks no router to open a port': 'natpmp upnp',
  'Own addresses are those of -externalip and those that peers see': 'discover',
  "Addresses come from -addnode, -seednode and the network file's seeds": 'fixedseeds forcednsseed',
  'Groups of peers are told by their addresses alone': 'asmap',
  'Messages are not encrypted (BIP324), and transactions are announced one by one (not BIP330)':
    'v2transport txreconciliation',
  'Bloom filters (BIP37) are not served; compact ones are, by -peerblockfilters': 'peerbloomfilters',
  'These bounds are fixed': `blockreconstructionextratxn dbbatchsize
    limitancestorsize limitdescendantsize maxorphantx maxreceivebuffer maxsendbuffer
    maxsigcachesize prevoutfetchthreads timeout txsendrate`,
  'A replacement that pays enough is always taken': 'mempoolfullrbf',
  'Estimates and the mempool are kept in one form, and estimates of any age are used':
    'acceptstalefeeestimates persistmempoolv1',
  'Fees and change follow from the other wallet options': 'consolidatefeerate discardfee',
  'Wallets are files of their own kind, and are always at hand; -nowallet loads none':
    'flushwallet swapbdbendian unsafesqlitesync walletcrosschain',
  'Penny does not speak IPC': 'ipcbind',
  'The cookie is for its owner alone, and what RPC settles is kept in files of other forms':
    'rpccookieperms settings',
  'The log has one form, and is cut when it is long':
    'logips loglevel loglevelalways logratelimit logsourcelocations logthreadnames printpriority shrinkdebugfile',
  'They serve the tests of Bitcoin Core alone': `addrmantest allowignoredconf capturemessages
    checkaddrman checkblockindex checkmempool checkpoints dbcrashratio rpcdoccheck vbparams`,
});

/** What to do instead, or why not, in words for the user. */
const REFUSED: Readonly<Record<string, string>> = Object.freeze({
  blocksdir: 'Blocks are kept in the data directory; choose it by -datadir',
  dns: 'Penny looks up the names that it is given; give addresses, and -dnsseed=0',
  paytxfee: 'Name a fee_rate with each payment, or call settxfee',
  privatebroadcast: 'Penny announces transactions from its own address only',
  signer: 'Penny has no support for external signers',
  walletdir: 'Wallets are kept in the data directory; choose it by -datadir',
});
/** Those of them that are asked for by 0. */
const WANTED_OFF: readonly string[] = ['dns'];

const reasons = new Map(
  Object.entries(WITHOUT_EFFECT).flatMap(([reason, names]) =>
    names.split(/\s+/).map((name) => [name, reason] as const),
  ),
);

/** Accepted wherever `penny node` reads options. */
export const CORE_OPTIONS: Options = Object.fromEntries(
  [...reasons.keys(), ...Object.keys(REFUSED)].map((name) => [name, list('', '', { bare: '1' })]),
);

/** One line for each option given that does nothing. */
export function warnOfUnused(settings: Settings): string[] {
  return [...reasons]
    .filter(([name]) => settings.isGiven(name))
    .map(([name, reason]) => `Option -${name} has no effect in Penny: ${reason}`);
}

/** @throws UsageError */
export function refuseUnprotected(settings: Settings): void {
  for (const [name, instead] of Object.entries(REFUSED)) {
    const value = settings.single(name);
    const isOff = value === false || /^0+(\.0+)?$/.test(value ?? '0');
    if (value !== undefined && isOff === WANTED_OFF.includes(name))
      throw new UsageError(`-${name} is not supported. ${instead}.`);
  }
}

/** Both kinds, for `-help-debug`. */
export const CORE_HELP: Readonly<Record<string, readonly (readonly [names: string, why: string])[]>> = {
  'Options of Bitcoin Core without effect': Object.entries(WITHOUT_EFFECT).map(([why, names]) => [
    names,
    why,
  ]),
  'Options of Bitcoin Core that are refused': Object.entries(REFUSED),
};
