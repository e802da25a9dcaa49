/** Wallets as wholes: making, loading, unloading, and what they are. */
import { isMnemonic } from '../../../wallet/mnemonic.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import type { JsonRead } from '../../json.ts';
import { group, method, walletMethod } from '../../method.ts';
import {
  amount,
  anything,
  array,
  boolean,
  cases,
  custom,
  integer,
  number,
  object,
  optional,
  standard,
  string,
  time,
} from '../../schema.ts';
import { bigintFrom, btc } from '../../values.ts';
import { lastProcessed, lastProcessedBlock, walletOf } from '../../wallet-access.ts';

const load_on_startup = optional(boolean('Load it at each start, or no longer'), 'as it was');
const warnings = optional(array(string()));
const loaded = object({ name: string(), warnings });

function scanningJson(wallet: Wallet) {
  const scan = wallet.follower.scanning;
  if (scan === null) return false;
  return {
    duration: Math.floor((wallet.parts.clock.now() - scan.startedAt) / 1000),
    progress: scan.progress,
  };
}

export const walletManagementMethods = group('Wallet', {
  createwallet: method({
    help: 'Makes a wallet from new words (BIP39), and loads it.',
    parameters: {
      wallet_name: string(),
      disable_private_keys: standard(boolean('It only watches: it never has keys'), false),
      blank: standard(boolean('Without keys; they may be imported'), false),
      passphrase: optional(string('What the keys are encrypted with; they are never plain on the disk then')),
      avoid_reuse: standard(boolean('Refused: reuse is not kept track of'), false),
      descriptors: standard(boolean('There are no others'), true),
      load_on_startup,
      external_signer: standard(boolean('Refused: there is no support for them'), false),
    },
    result: loaded,
    example: 'alice',
    async handler(given, { wallets }) {
      const { wallet_name: name, disable_private_keys: disablePrivateKeys, blank, passphrase } = given;
      const refuse = (text: string): RpcError => new RpcError(RpcCode.WALLET_ERROR, text);
      if (!given.descriptors)
        throw refuse(
          'descriptors argument must be set to "true"; it is no longer possible to create a legacy wallet.',
        );
      if (given.external_signer) throw refuse('Penny has no support for external signers');
      if (given.avoid_reuse) throw refuse('Penny does not keep track of reuse');
      if (name === '') throw new RpcError(RpcCode.INVALID_PARAMETER, 'Wallet name cannot be empty');
      if (disablePrivateKeys && (passphrase ?? '') !== '')
        throw refuse(
          'Passphrase provided but private keys are disabled. A passphrase is only used to encrypt private keys, so cannot be used for wallets with private keys disabled.',
        );
      const options = { disablePrivateKeys, blank, loadOnStartup: given.load_on_startup };
      await wallets.create(name, { ...options, ...(passphrase !== undefined && { passphrase }) });
      if (passphrase !== '') return { name };
      return { name, warnings: ['Empty string given as passphrase, wallet will not be encrypted.'] };
    },
  }),

  loadwallet: method({
    help: 'Loads a wallet that is on the disk.',
    parameters: { filename: string('Its name'), load_on_startup },
    result: loaded,
    example: 'alice',
    async handler({ filename: name, load_on_startup: startup }, { wallets }) {
      const { warnings: told } = await wallets.load(name, startup);
      return { name, warnings: told.length > 0 ? told : undefined };
    },
  }),

  unloadwallet: method({
    help: 'Closes a wallet; it stays on the disk.',
    parameters: { wallet_name: optional(string(), 'the one that the call is about'), load_on_startup },
    result: object({ warnings }),
    example: 'alice',
    async handler({ wallet_name: name, load_on_startup: startup }, context, request) {
      if (name !== undefined && request.walletName !== null && name !== request.walletName)
        throw new RpcError(
          RpcCode.INVALID_PARAMETER,
          'The RPC endpoint wallet and the wallet name parameter specify different wallets',
        );
      await context.wallets.unload(name ?? walletOf(context, request).name, startup);
      return {};
    },
  }),

  listwallets: method({
    help: 'The names of the wallets that are loaded.',
    parameters: {},
    result: array(string()),
    handler: (_, { wallets }) => wallets.list(),
  }),

  listwalletdir: method({
    help: 'The names of all wallets on the disk.',
    parameters: {},
    result: object({ wallets: array(object({ name: string(), warnings })) }),
    handler: async (_, { wallets }) => ({
      wallets: (await wallets.directory()).map((name) => ({ name, warnings: [] })),
    }),
  }),

  getwalletinfo: walletMethod({
    help: 'The state of a wallet.',
    parameters: {},
    result: object({
      walletname: string(),
      walletversion: integer(),
      format: string(),
      txcount: integer(),
      keypoolsize: integer('Addresses that are watched though they were not handed out yet'),
      keypoolsize_hd_internal: integer('The same for change'),
      paytxfee: amount('As settxfee set it, in BTC for 1,000 vbytes; 0 estimates'),
      unlocked_until: optional(
        time('When it locks itself; 0 while it is locked; absent if it has no passphrase'),
      ),
      private_keys_enabled: boolean('False where it only watches'),
      avoid_reuse: boolean(),
      scanning: cases('', {
        'a rescan': object({ duration: integer('Seconds so far'), progress: number('0 to 1') }),
        'no rescan': boolean(),
      }),
      descriptors: boolean(),
      external_signer: boolean(),
      blank: boolean('Has no keys or descriptors'),
      birthtime: time('Nothing in it is older'),
      flags: array(string()),
      lastprocessedblock: lastProcessed,
    }),
    handler(_, wallet) {
      const active = wallet.keys.descriptors.filter(({ active: type }) => type !== null);
      const size = (internal: boolean): number =>
        active
          .filter((own) => own.internal === internal)
          .reduce((sum, own) => sum + own.rangeEnd - own.next, 0);
      const flags = ['last_hardened_xpub_cached', 'descriptor_wallet'];
      if (!wallet.hasPrivateKeys) flags.push('disable_private_keys');
      if (wallet.isBlank) flags.push('blank');
      return {
        walletname: wallet.name,
        walletversion: 169900,
        format: 'leveldb',
        txcount: wallet.history.size,
        keypoolsize: size(false),
        keypoolsize_hd_internal: size(true),
        paytxfee: btc(wallet.payFeeRate),
        unlocked_until: wallet.vault.encrypted ? wallet.vault.unlockedUntil : undefined,
        private_keys_enabled: wallet.hasPrivateKeys,
        avoid_reuse: false,
        scanning: scanningJson(wallet),
        descriptors: true,
        external_signer: false,
        blank: wallet.isBlank,
        birthtime: wallet.birthday,
        flags,
        lastprocessedblock: lastProcessedBlock(wallet),
      };
    },
  }),

  importmnemonic: walletMethod({
    help:
      'Makes words (BIP39) the source of all new addresses (BIP44, 49, 84 and 86, account 0), and looks for what was\n' +
      'paid to them before: the words of a wallet that is gone bring back its balance and history.',
    parameters: {
      mnemonic: string('In any language of BIP39'),
      'mnemonic_passphrase|passphrase': standard(
        string('What belongs to the words (BIP39), if anything; not what encrypts the wallet'),
        '',
      ),
      timestamp: optional(
        custom<number | 'now', JsonRead>(
          anything('Seconds since 1970 from which to look, or "now" for not at all'),
          (value) => value,
          { type: 'numeric or string' },
        ),
        '0',
      ),
    },
    result: object({ txcount: integer(), lastprocessedblock: lastProcessed }),
    example:
      '"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"',
    async handler({ mnemonic: words, mnemonic_passphrase: passphrase, timestamp }, wallet, context) {
      wallet.vault.requireUnlocked();
      const normal = words.normalize('NFKD').trim().split(/\s+/).join(' ');
      if (!isMnemonic(normal)) throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Invalid mnemonic');
      const now = Math.floor(context.clock.now() / 1000);
      const from = timestamp === 'now' ? now : timestamp === undefined ? 0 : Number(bigintFrom(timestamp));
      await wallet.useMnemonic(normal, passphrase, from);
      if (timestamp !== 'now') await wallet.rescanFrom(from);
      await wallet.settled();
      return { txcount: wallet.history.size, lastprocessedblock: lastProcessedBlock(wallet) };
    },
  }),

  exportmnemonic: walletMethod({
    help: 'The words (BIP39) that the wallet was made from. Who knows them can spend everything in it.',
    parameters: {},
    result: string(),
    handler(_, wallet) {
      const words = wallet.mnemonic();
      if (words === null)
        throw new RpcError(RpcCode.WALLET_ERROR, 'This wallet was not made from a mnemonic');
      return words;
    },
  }),

  exportkey: walletMethod({
    help: 'The private key (WIF) of an address of the wallet.',
    parameters: { address: string() },
    result: string(),
    example: 'ADDRESS',
    handler({ address }, wallet, context) {
      addressScript(address, context.parameters, 'Invalid Bitcoin address');
      return wallet.exportKey(address);
    },
  }),
});
