/** Wallets as wholes: making, loading, unloading, and what they are. */

import { isMnemonic } from '../../../wallet/mnemonic.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import type { JsonWritable } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { result } from '../../result.ts';
import { bigintFrom, btc } from '../../values.ts';
import { lastProcessedBlock, lastProcessedBlockResult, walletOf } from '../../wallet-access.ts';

const loadOnStartup = param.boolean(
  'load_on_startup',
  'Save wallet name to persistent settings and load on startup. True to add wallet to startup list, false to remove, null to leave unchanged.',
  { optional: true },
);
const loadedResult = [
  result.object('', '', [
    result.string('name', 'The wallet name if loaded successfully.'),
    result.array(
      'warnings',
      'Warning messages, if any, related to loading the wallet.',
      [result.string('', '')],
      { optional: true },
    ),
  ]),
];

const createwallet = defineMethod({
  name: 'createwallet',
  category: 'Wallet',
  description: 'Creates and loads a new wallet.',
  parameters: [
    param.string('wallet_name', 'The name for the new wallet.'),
    param.boolean(
      'disable_private_keys',
      'Disable the possibility of private keys (only watchonlys are possible in this mode).',
      { default: false },
    ),
    param.boolean('blank', 'Create a blank wallet. A blank wallet has no keys.', { default: false }),
    param.string('passphrase', 'What the keys are encrypted with; they are never plain on the disk then.', {
      optional: true,
    }),
    param.boolean(
      'avoid_reuse',
      'Keep track of coin reuse, and treat dirty and clean coins differently with privacy considerations in mind.',
      { default: false },
    ),
    param.boolean('descriptors', 'If set, must be "true"', { default: true }),
    loadOnStartup,
    param.boolean('external_signer', 'Use an external signer such as a hardware wallet.', { default: false }),
  ],
  results: loadedResult,
  examples: ['"testwallet"'],
  async handler(
    [name, disablePrivateKeys, blank, passphrase, avoidReuse, descriptors, startup, externalSigner],
    { wallets },
  ) {
    const refuse = (text: string): RpcError => new RpcError(RpcCode.WALLET_ERROR, text);
    if (!descriptors)
      throw refuse(
        'descriptors argument must be set to "true"; it is no longer possible to create a legacy wallet.',
      );
    if (externalSigner) throw refuse('Penny has no support for external signers');
    if (avoidReuse) throw refuse('Penny does not keep track of reuse');
    if (name === '') throw new RpcError(RpcCode.INVALID_PARAMETER, 'Wallet name cannot be empty');
    if (disablePrivateKeys && (passphrase ?? '') !== '')
      throw refuse(
        'Passphrase provided but private keys are disabled. A passphrase is only used to encrypt private keys, so cannot be used for wallets with private keys disabled.',
      );
    const options = { disablePrivateKeys, blank, loadOnStartup: startup };
    await wallets.create(name, { ...options, ...(passphrase !== undefined && { passphrase }) });
    if (passphrase !== '') return { name };
    return { name, warnings: ['Empty string given as passphrase, wallet will not be encrypted.'] };
  },
});

const loadwallet = defineMethod({
  name: 'loadwallet',
  category: 'Wallet',
  description: 'Loads a wallet from a wallet file or directory.',
  parameters: [param.string('filename', 'The name of the wallet.'), loadOnStartup],
  results: loadedResult,
  examples: ['"testwallet"'],
  async handler([name, startup], { wallets }) {
    const { warnings } = await wallets.load(name, startup);
    return { name, ...(warnings.length > 0 && { warnings }) };
  },
});

const unloadwallet = defineMethod({
  name: 'unloadwallet',
  category: 'Wallet',
  description:
    'Unloads the wallet referenced by the request endpoint or the wallet_name argument.\nIf both are specified, they must be identical.',
  parameters: [
    param.string(
      'wallet_name',
      'The name of the wallet to unload. If provided both here and in the RPC endpoint, the two must be identical.',
      { hint: 'the wallet name from the RPC endpoint' },
    ),
    loadOnStartup,
  ],
  results: [
    result.object('', '', [
      result.array(
        'warnings',
        'Warning messages, if any, related to unloading the wallet.',
        [result.string('', '')],
        { optional: true },
      ),
    ]),
  ],
  examples: ['wallet_name'],
  async handler([name, startup], context, request) {
    if (name !== undefined && request.walletName !== null && name !== request.walletName)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        'The RPC endpoint wallet and the wallet name parameter specify different wallets',
      );
    await context.wallets.unload(name ?? walletOf(context, request).name, startup);
    return {};
  },
});

const listwallets = defineMethod({
  name: 'listwallets',
  category: 'Wallet',
  description:
    'Returns a list of currently loaded wallets.\nFor full information on the wallet, use "getwalletinfo"',
  parameters: [],
  results: [result.array('', '', [result.string('walletname', 'the wallet name')])],
  examples: [''],
  handler: (_parameters, { wallets }) => wallets.list(),
});

const listwalletdir = defineMethod({
  name: 'listwalletdir',
  category: 'Wallet',
  description: 'Returns a list of wallets in the wallet directory.',
  parameters: [],
  results: [
    result.object('', '', [
      result.array('wallets', '', [
        result.object('', '', [
          result.string('name', 'The wallet name'),
          result.array('warnings', '', [result.string('', '')], { optional: true }),
        ]),
      ]),
    ]),
  ],
  examples: [''],
  handler: async (_parameters, { wallets }) => ({
    wallets: (await wallets.directory()).map((name) => ({ name, warnings: [] })),
  }),
});

function scanningJson(wallet: Wallet): JsonWritable {
  const scan = wallet.follower.scanning;
  if (scan === null) return false;
  return {
    duration: Math.floor((wallet.parts.clock.now() - scan.startedAt) / 1000),
    progress: scan.progress,
  };
}

const getwalletinfo = defineMethod({
  name: 'getwalletinfo',
  category: 'Wallet',
  description: 'Returns an object containing various wallet state info.',
  parameters: [],
  results: [
    result.object('', '', [
      result.string('walletname', 'the wallet name'),
      result.number('walletversion', 'the wallet version'),
      result.string('format', 'the database format'),
      result.number('txcount', 'the total number of transactions in the wallet'),
      result.number('keypoolsize', 'how many new keys are pre-generated (only counts external keys)'),
      result.number('keypoolsize_hd_internal', 'how many new keys are pre-generated for internal use', {
        optional: true,
      }),
      result.amount('paytxfee', 'the transaction fee configuration, set in BTC/kvB'),
      result.time(
        'unlocked_until',
        'When the wallet locks itself; 0 if it is locked, not there if it never is',
        {
          optional: true,
        },
      ),
      result.boolean(
        'private_keys_enabled',
        'false if privatekeys are disabled for this wallet (enforced watch-only wallet)',
      ),
      result.boolean('avoid_reuse', 'whether this wallet tracks clean/dirty coins in terms of reuse'),
      result.any('scanning', 'current scanning details, or false if no scan is in progress'),
      result.boolean('descriptors', 'whether this wallet uses descriptors for output script management'),
      result.boolean(
        'external_signer',
        'whether this wallet is configured to use an external signer such as a hardware wallet',
      ),
      result.boolean(
        'blank',
        'Whether this wallet intentionally does not contain any keys, scripts, or descriptors',
      ),
      result.time('birthtime', 'The start time for blocks scanning.', { optional: true }),
      result.array('flags', 'The flags currently set on the wallet', [
        result.string('flag', 'The name of the flag'),
      ]),
      lastProcessedBlockResult,
    ]),
  ],
  examples: [''],
  handler(_parameters, context, request) {
    const wallet = walletOf(context, request);
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
      ...(wallet.vault.encrypted && { unlocked_until: wallet.vault.unlockedUntil }),
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
});

const importmnemonic = defineMethod({
  name: 'importmnemonic',
  category: 'Wallet',
  description:
    'Makes BIP39 words the source of all new addresses of the wallet (BIP44, 49, 84 and 86, account 0), and looks for\n' +
    'what was paid to them before. With the words of a wallet that is gone, balance and history come back.\n' +
    'Bitcoin Core has no such method.',
  parameters: [
    param.string('mnemonic', 'The words, in any language of BIP39'),
    param.string(
      'mnemonic_passphrase|passphrase',
      'BIP39: what belongs to the words, if anything; not what encrypts the wallet',
      { default: '' },
    ),
    param.any(
      'number',
      'timestamp',
      'Time from which to look for transactions, in UNIX epoch time, or "now" to look for none',
      { default: 0 },
    ),
  ],
  results: [
    result.object('', '', [
      result.number('txcount', 'Transactions in the wallet afterwards'),
      lastProcessedBlockResult,
    ]),
  ],
  examples: [
    '"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"',
  ],
  async handler([words, passphrase, timestamp], context, request) {
    const wallet = walletOf(context, request);
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
});

const exportmnemonic = defineMethod({
  name: 'exportmnemonic',
  category: 'Wallet',
  description:
    'Shows the BIP39 words that the wallet was made from. Whoever knows them can spend everything in it.\n' +
    'Bitcoin Core has no such method.',
  parameters: [],
  results: [result.string('', 'The words')],
  examples: [''],
  handler(_parameters, context, request) {
    const words = walletOf(context, request).mnemonic();
    if (words === null) throw new RpcError(RpcCode.WALLET_ERROR, 'This wallet was not made from a mnemonic');
    return words;
  },
});

const exportkey = defineMethod({
  name: 'exportkey',
  category: 'Wallet',
  description: 'Shows the private key of one address of the wallet (WIF).\nBitcoin Core has no such method.',
  parameters: [param.string('address', 'An address of the wallet')],
  results: [result.string('', 'The private key')],
  examples: ['"myaddress"'],
  handler([address], context, request) {
    addressScript(address, context.parameters, 'Invalid Bitcoin address');
    return walletOf(context, request).exportKey(address);
  },
});

export const walletManagementMethods: readonly Method[] = [
  createwallet,
  loadwallet,
  unloadwallet,
  listwallets,
  listwalletdir,
  getwalletinfo,
  importmnemonic,
  exportmnemonic,
  exportkey,
];
