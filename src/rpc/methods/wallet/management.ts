/** Wallets as wholes: making, loading, unloading, and what they are. */
import { isMnemonic } from '../../../wallet/mnemonic.ts';
import { exportKey } from '../../../wallet/solving.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { useMnemonic } from '../../../wallet/words.ts';
import { addressScript } from '../../construct-transaction.ts';
import { btc, group, method, refuse, t, walletMethod } from '../../kit.ts';
import { bigintFrom } from '../../values.ts';
import { lastProcessed, walletOf } from '../../wallet-access.ts';

export const load_on_startup = t.optional(t.boolean('Load it at each start, or no longer'), 'as it was');
const warnings = t.optional(t.array(t.string()));
export const loaded = t.object({ name: t.string(), warnings });

/** @returns indexes that are watched beyond the next one of each active descriptor */
const watchedAhead = ({ keys }: Wallet, internal: boolean): number =>
  keys.descriptors
    .filter((own) => own.active !== null && own.internal === internal)
    .reduce((sum, own) => sum + own.rangeEnd - own.next, 0);

/** What Bitcoin Core says of its wallets by flags, in its order. */
const FLAGS: readonly (readonly [name: string, isSet: (wallet: Wallet) => boolean])[] = [
  ['avoid_reuse', ({ avoidsReuse }) => avoidsReuse],
  ['key_origin_metadata', () => false],
  ['last_hardened_xpub_cached', () => true],
  ['disable_private_keys', ({ hasPrivateKeys }) => !hasPrivateKeys],
  ['blank', ({ isBlank }) => isBlank],
  ['descriptor_wallet', () => true],
  ['external_signer', () => false],
];

const info = t.view<[Wallet]>()({
  walletname: [t.string(), ({ name }) => name],
  walletversion: [t.integer(), () => 169900],
  format: [t.string(), () => 'leveldb'],
  txcount: [t.integer(), ({ history }) => history.size],
  keypoolsize: [
    t.integer('Addresses watched that were not handed out'),
    (wallet) => watchedAhead(wallet, false),
  ],
  keypoolsize_hd_internal: [t.integer('The same for change'), (wallet) => watchedAhead(wallet, true)],
  paytxfee: [
    t.amount('As settxfee set it, BTC for 1,000 vbytes; 0 estimates'),
    (wallet) => btc(wallet.payFeeRate),
  ],
  unlocked_until: [
    t.optional(t.time('When it locks itself; 0 while it is locked; absent if it has no passphrase')),
    ({ vault }) => (vault.encrypted ? vault.unlockedUntil : undefined),
  ],
  private_keys_enabled: [t.boolean('False where it only watches'), ({ hasPrivateKeys }) => hasPrivateKeys],
  avoid_reuse: [
    t.boolean('Keeps reused addresses apart: see setwalletflag'),
    ({ avoidsReuse }) => avoidsReuse,
  ],
  scanning: [
    t.cases('', {
      'a rescan': t.object({ duration: t.integer('Seconds so far'), progress: t.number('0 to 1') }),
      'no rescan': t.boolean(),
    }),
    ({ follower: { scanning }, parts: { clock } }) =>
      scanning !== null && {
        duration: clock.seconds() - scanning.startedAt,
        progress: scanning.progress,
      },
  ],
  descriptors: [t.boolean(), () => true],
  external_signer: [t.boolean(), () => false],
  blank: [t.boolean('Made without keys, and none has come since'), ({ isBlank }) => isBlank],
  birthtime: [
    t.optional(t.time('Nothing in it is older; absent while nothing can be in it')),
    ({ birthday, keys }) => (keys.descriptors.length === 0 ? undefined : birthday),
  ],
  flags: [t.array(t.string()), (wallet) => FLAGS.filter(([, isSet]) => isSet(wallet)).map(([name]) => name)],
  lastprocessedblock: [lastProcessed, lastProcessed.of],
});

export const walletManagementMethods = group('Wallet', {
  createwallet: method({
    help: 'Makes a wallet from new words (BIP39), and loads it.',
    parameters: {
      wallet_name: t.string(),
      disable_private_keys: t.flag('It only watches: it never has keys'),
      blank: t.flag('Without keys; they may be imported'),
      passphrase: t.optional(
        t.string('What the keys are encrypted with; they are never plain on the disk then'),
      ),
      avoid_reuse: t.flag('Keep apart what addresses receive that were spent from before'),
      descriptors: t.flag('There are no others', true),
      load_on_startup,
      external_signer: t.flag('Refused: there is no support for them'),
    },
    result: loaded,
    example: 'alice',
    async handler(given, { wallets }) {
      const { wallet_name: name, disable_private_keys: disablePrivateKeys, blank, passphrase } = given;
      if (!given.descriptors)
        throw refuse.wallet(
          'descriptors argument must be set to "true"; it is no longer possible to create a legacy wallet.',
        );
      if (given.external_signer) throw refuse.wallet('Penny has no support for external signers');
      if (name === '') throw refuse.parameter('Wallet name cannot be empty');
      if (disablePrivateKeys && (passphrase ?? '') !== '')
        throw refuse.wallet(
          'Passphrase provided but private keys are disabled. A passphrase is only used to encrypt private keys, so cannot be used for wallets with private keys disabled.',
        );
      const { avoid_reuse: avoidsReuse, load_on_startup: loadOnStartup } = given;
      const options = { disablePrivateKeys, blank, avoidsReuse, loadOnStartup };
      await wallets.create(name, { ...options, ...(passphrase !== undefined && { passphrase }) });
      if (passphrase !== '') return { name };
      return { name, warnings: ['Empty string given as passphrase, wallet will not be encrypted.'] };
    },
  }),

  loadwallet: method({
    help: 'Loads a wallet that is on the disk.',
    parameters: { filename: t.string('Its name'), load_on_startup },
    result: loaded,
    example: 'alice',
    async handler({ filename: name, load_on_startup: startup }, { wallets }) {
      const { warnings: told } = await wallets.load(name, startup);
      return { name, warnings: told.length > 0 ? told : undefined };
    },
  }),

  unloadwallet: method({
    help: 'Closes a wallet; it stays on the disk.',
    parameters: { wallet_name: t.optional(t.string(), 'the one that the call is about'), load_on_startup },
    result: t.object({ warnings }),
    example: 'alice',
    async handler({ wallet_name: name, load_on_startup: startup }, context, request) {
      if (name !== undefined && request.walletName !== null && name !== request.walletName)
        throw refuse.parameter(
          'The RPC endpoint wallet and the wallet name parameter specify different wallets',
        );
      await context.wallets.unload(name ?? walletOf(context, request).name, startup);
      return {};
    },
  }),

  listwallets: method({
    help: 'The names of the wallets that are loaded.',
    result: t.array(t.string()),
    handler: (_, { wallets }) => wallets.list(),
  }),

  listwalletdir: method({
    help: 'The names of all wallets on the disk.',
    result: t.object({ wallets: t.array(t.object({ name: t.string(), warnings })) }),
    handler: async (_, { wallets }) => ({
      wallets: (await wallets.directory()).map((name) => ({ name, warnings: [] })),
    }),
  }),

  getwalletinfo: walletMethod({
    help: 'The state of a wallet.',
    result: info,
    handler: (_, wallet) => info.of(wallet),
  }),

  setwalletflag: walletMethod({
    help:
      'Changes a flag of a wallet; avoid_reuse is the only one that changes. With it what an address receives after it\n' +
      'was spent from counts as used: sendtoaddress leaves it alone, lest one payment shows all others.',
    parameters: { flag: t.string(), value: t.flag('', true) },
    result: t.object({ flag_name: t.string(), flag_state: t.boolean() }),
    example: 'avoid_reuse',
    async handler({ flag, value }, wallet) {
      const fail = (what: string) => refuse.parameter(`${what}: ${flag}`);
      const known = FLAGS.find(([name]) => name === flag);
      if (known === undefined) throw fail('Unknown wallet flag');
      if (flag !== 'avoid_reuse') throw fail('Wallet flag is immutable');
      if (wallet.avoidsReuse === value) throw fail(`Wallet flag is already set to ${value}`);
      wallet.saveInfo({ avoidsReuse: value });
      return { flag_name: flag, flag_state: value };
    },
  }),

  importmnemonic: walletMethod({
    help:
      'Makes words (BIP39) the source of all new addresses (BIP44, 49, 84 and 86, account 0), and looks for what was\n' +
      'paid to them before: the words of a wallet that is gone bring back its balance and history.',
    parameters: {
      mnemonic: t.string('In any language of BIP39'),
      'mnemonic_passphrase|passphrase': t.standard(
        t.string('What belongs to the words (BIP39), if anything; not what encrypts the wallet'),
        '',
      ),
      timestamp: t.optional(
        t.unread<number | 'now'>(
          t.anything('Seconds since 1970 from which to look, or "now" for not at all'),
          ['numeric', 'string'],
        ),
        '0',
      ),
    },
    result: t.object({ txcount: t.integer(), lastprocessedblock: lastProcessed }),
    example:
      '"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"',
    async handler({ mnemonic: words, mnemonic_passphrase: passphrase, timestamp }, wallet, context) {
      wallet.vault.requireUnlocked();
      const normal = words.normalize('NFKD').trim().split(/\s+/).join(' ');
      if (!(await isMnemonic(normal))) throw refuse.key('Invalid mnemonic');
      const now = context.clock.seconds();
      const from = timestamp === 'now' ? now : timestamp === undefined ? 0 : Number(bigintFrom(timestamp));
      if (timestamp !== 'now')
        wallet.follower.requireRange(wallet.follower.heightOf(from), wallet.follower.last.height);
      await useMnemonic(wallet, normal, passphrase, from);
      if (timestamp !== 'now') await wallet.rescanFrom(from);
      return { txcount: wallet.history.size, lastprocessedblock: lastProcessed.of(wallet) };
    },
  }),

  exportmnemonic: walletMethod({
    help: 'The words (BIP39) that the wallet was made from. Who knows them can spend everything in it.',
    result: t.string(),
    handler(_, wallet) {
      const words = wallet.mnemonic();
      if (words === null) throw refuse.wallet('This wallet was not made from a mnemonic');
      return words;
    },
  }),

  exportkey: walletMethod({
    help: 'The private key (WIF) of an address of the wallet.',
    parameters: { address: t.string() },
    result: t.string(),
    handler({ address }, wallet, context) {
      addressScript(address, context.parameters, 'Invalid Bitcoin address');
      return exportKey(wallet, address);
    },
  }),
});
