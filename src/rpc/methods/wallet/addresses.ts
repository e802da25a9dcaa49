/** Addresses of a wallet: new ones, what is known of them, their labels. */
import { toHex } from '../../../core/encoding/bytes.ts';
import { AddressError, decodeAddress, encodeAddress } from '../../../core/script/address.ts';
import { solve } from '../../../core/script/templates.ts';
import { isChange } from '../../../wallet/coins.ts';
import type { OutputType } from '../../../wallet/descriptors/descriptor.ts';
import { formatSteps } from '../../../wallet/descriptors/key-path.ts';
import type { ScriptPlace } from '../../../wallet/key-ring.ts';
import { signMessage } from '../../../wallet/message.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import { describeScript, scriptDescription } from '../../formats/address.ts';
import type { JsonWritable } from '../../json.ts';
import { legacyFields } from '../../legacy.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { result } from '../../result.ts';
import { addressTypeFrom, labelFrom, walletOf } from '../../wallet-access.ts';

const typeParameter = param.string(
  'address_type',
  'The address type to use. Options are "legacy", "p2sh-segwit", "bech32", "bech32m".',
  { hint: 'set by -addresstype' },
);

/** @throws RpcError -4 if no descriptor gives new addresses of any type */
function requireKeys(wallet: Wallet, internal: boolean): void {
  if (!wallet.keys.descriptors.some((own) => own.active !== null && own.internal === internal))
    throw new RpcError(RpcCode.WALLET_ERROR, 'Error: This wallet has no available keys');
}

const typeOf = (text: string | undefined, standard: OutputType): OutputType =>
  text === undefined ? standard : addressTypeFrom(text);

const getnewaddress = defineMethod({
  name: 'getnewaddress',
  category: 'Wallet',
  description:
    'Returns a new Bitcoin address for receiving payments.\n' +
    "If 'label' is specified, it is added to the address book \n" +
    "so payments received with the address will be associated with 'label'.",
  parameters: [
    param.string('label', 'The label name for the address to be linked to.', { default: '' }),
    typeParameter,
  ],
  results: [result.string('address', 'The new bitcoin address')],
  examples: [''],
  async handler([label, type], context, request) {
    const wallet = walletOf(context, request);
    requireKeys(wallet, false);
    const name = labelFrom(label);
    const address = wallet.newAddress(typeOf(type, wallet.parts.policy.addressType), name);
    // The address is not told before the wallet can never forget it.
    await wallet.settled();
    return address;
  },
});

const getrawchangeaddress = defineMethod({
  name: 'getrawchangeaddress',
  category: 'Wallet',
  description:
    'Returns a new Bitcoin address, for receiving change.\nThis is for use with raw transactions, NOT normal use.',
  parameters: [typeParameter],
  results: [result.string('address', 'The address')],
  examples: [''],
  async handler([type], context, request) {
    const wallet = walletOf(context, request);
    requireKeys(wallet, true);
    const { addressType, changeType } = wallet.parts.policy;
    const address = wallet.changeAddress(typeOf(type, changeType ?? addressType));
    await wallet.settled();
    return address;
  },
});

/** What the wallet knows of a script of its own. */
function ownFields(wallet: Wallet, place: ScriptPlace): { readonly [key: string]: JsonWritable } {
  const { own, index } = place;
  const { lookup } = wallet.keys.secrets;
  const [key, ...others] = own.public.keys;
  const derived = key === undefined || others.length > 0 ? null : key.derive(index, lookup);
  return {
    solvable: own.descriptor.isSolvable,
    desc: own.public.isSolvable ? (own.public.at(index, lookup)?.format() ?? undefined) : undefined,
    parent_desc: own.shown,
    timestamp: own.createdAt,
    pubkey: derived === null ? undefined : toHex(derived.publicKey),
    iscompressed: derived === null ? undefined : derived.publicKey.length === 33,
    hdkeypath: derived === null ? undefined : `m${formatSteps(derived.origin.path)}`,
    hdseedid: derived === null ? undefined : '0'.repeat(40),
    hdmasterfingerprint: derived === null ? undefined : toHex(derived.origin.fingerprint),
  };
}

/** The script inside P2SH or P2WSH, if the wallet knows it. */
function innerFields(
  wallet: Wallet,
  place: ScriptPlace,
  script: Uint8Array,
): { readonly [key: string]: JsonWritable } {
  const { type, solutions } = solve(script);
  if (type !== 'scripthash' && type !== 'witness_v0_scripthash') return {};
  const { provider } = wallet.keys.expand(place, false);
  const inner =
    type === 'scripthash' ? provider.scriptByHash(solutions[0]!) : provider.witnessScript(solutions[0]!);
  if (inner === undefined) return {};
  const solved = solve(inner);
  const address = encodeAddress(inner, wallet.parts.parameters);
  return {
    script: solved.type,
    hex: toHex(inner),
    pubkeys: solved.type === 'multisig' ? solved.solutions.map(toHex) : undefined,
    sigsrequired: solved.required,
    embedded:
      address === null
        ? undefined
        : {
            ...describeScript(inner),
            address,
            scriptPubKey: toHex(inner),
            ...innerFields(wallet, place, inner),
          },
  };
}

const getaddressinfo = defineMethod({
  name: 'getaddressinfo',
  category: 'Wallet',
  description:
    'Return information about the given bitcoin address.\n' +
    'Some of the information will only be present if the address is in the active wallet.',
  parameters: [param.string('address', 'The bitcoin address for which to get information.')],
  results: [
    result.object('', '', [
      result.string('address', 'The bitcoin address validated.'),
      result.hex('scriptPubKey', 'The hex-encoded output script generated by the address.'),
      result.boolean('ismine', 'If the address is yours.'),
      result.boolean('iswatchonly', '(DEPRECATED) Always false.'),
      result.boolean(
        'solvable',
        'If we know how to spend coins sent to this address, ignoring the possible lack of private keys.',
      ),
      result.string('desc', 'A descriptor for spending coins sent to this address (only when solvable).', {
        optional: true,
      }),
      result.string(
        'parent_desc',
        'The descriptor used to derive this address if this is a descriptor wallet',
        { optional: true },
      ),
      ...legacyFields(scriptDescription),
      result.string(
        'script',
        'The output script type. Only if isscript is true and the redeemscript is known.',
        { optional: true },
      ),
      result.hex('hex', 'The redeemscript for the p2sh address.', { optional: true }),
      result.array(
        'pubkeys',
        'Array of pubkeys associated with the known redeemscript (only if script is multisig).',
        [result.string('pubkey', '')],
        { optional: true },
      ),
      result.number(
        'sigsrequired',
        'The number of signatures required to spend multisig output (only if script is multisig).',
        { optional: true },
      ),
      result.hex(
        'pubkey',
        'The hex value of the raw public key for single-key addresses (possibly embedded in P2SH or P2WSH).',
        { optional: true },
      ),
      result.any(
        'embedded',
        'Information about the address embedded in P2SH or P2WSH, if relevant and known.',
        { optional: true },
      ),
      result.boolean('iscompressed', 'If the pubkey is compressed.', { optional: true }),
      result.boolean('ischange', 'If the address was used for change output.'),
      result.time('timestamp', 'The creation time of the key, if available, expressed in UNIX epoch time.', {
        optional: true,
      }),
      result.string('hdkeypath', 'The HD keypath, if the key is HD and available.', { optional: true }),
      result.hex('hdseedid', 'The Hash160 of the HD seed.', { optional: true }),
      result.hex('hdmasterfingerprint', 'The fingerprint of the master key.', { optional: true }),
      result.array(
        'labels',
        'Array of labels associated with the address. Currently limited to one label but returned as an array to keep the API stable if multiple labels are enabled in the future.',
        [result.string('label name', '')],
      ),
    ]),
  ],
  examples: ['"bcrt1q..."'],
  handler([text], context, request) {
    const wallet = walletOf(context, request);
    const script = scriptOf(text, context.parameters);
    const address = encodeAddress(script, context.parameters)!;
    const place = wallet.keys.place(script);
    const label = wallet.labels.get(address);
    return {
      address,
      scriptPubKey: toHex(script),
      ismine: place !== undefined,
      solvable: false,
      iswatchonly: false,
      ...describeScript(script),
      ...(place && { ...ownFields(wallet, place), ...innerFields(wallet, place, script) }),
      ischange: isChange(wallet, script),
      labels: label === undefined ? [] : [label.label],
    };
  },
});

/** @throws RpcError -5 with the decoder's own words, as getaddressinfo gives them */
function scriptOf(address: string, parameters: Parameters<typeof decodeAddress>[1]): Uint8Array {
  try {
    return decodeAddress(address, parameters);
  } catch (error) {
    if (error instanceof AddressError) throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, error.message);
    throw error;
  }
}

const setlabel = defineMethod({
  name: 'setlabel',
  category: 'Wallet',
  description: 'Sets the label associated with the given address.',
  parameters: [
    param.string('address', 'The bitcoin address to be associated with a label.'),
    param.string('label', 'The label to assign to the address.'),
  ],
  results: [result.none('', '')],
  examples: ['"myaddress" "tabby"'],
  async handler([address, label], context, request) {
    const wallet = walletOf(context, request);
    const script = addressScript(address, context.parameters, 'Invalid Bitcoin address');
    const canonical = encodeAddress(script, context.parameters)!;
    wallet.labels.set(
      canonical,
      labelFrom(label),
      wallet.keys.place(script) === undefined ? 'send' : 'receive',
    );
    await wallet.settled();
    return null;
  },
});

const getaddressesbylabel = defineMethod({
  name: 'getaddressesbylabel',
  category: 'Wallet',
  description: 'Returns the list of addresses assigned the specified label.',
  parameters: [param.string('label', 'The label.')],
  results: [
    result.keyed('', 'json object with addresses as keys', [
      result.object('address', 'json object with information about address', [
        result.string(
          'purpose',
          'Purpose of address ("send" for sending address, "receive" for receiving address)',
        ),
      ]),
    ]),
  ],
  examples: ['"tabby"'],
  handler([label], context, request) {
    const name = labelFrom(label);
    const found = [...walletOf(context, request).labels.entries].filter(
      ([, record]) => record.label === name,
    );
    if (found.length === 0)
      throw new RpcError(RpcCode.WALLET_INVALID_LABEL_NAME, `No addresses with label ${name}`);
    return Object.fromEntries(found.map(([address, { purpose }]) => [address, { purpose }]));
  },
});

const listlabels = defineMethod({
  name: 'listlabels',
  category: 'Wallet',
  description:
    'Returns the list of all labels, or labels that are assigned to addresses with a specific purpose.',
  parameters: [
    param.string(
      'purpose',
      "Address purpose to list labels for ('send','receive'). An empty string is the same as not providing this argument.",
      { optional: true },
    ),
  ],
  results: [result.array('', '', [result.string('label', 'Label name')])],
  examples: ['receive'],
  handler([purpose = ''], context, request) {
    if (!['', 'send', 'receive', 'refund'].includes(purpose))
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        "Invalid 'purpose' argument, must be a known purpose string, typically 'send', or 'receive'.",
      );
    const records = [...walletOf(context, request).labels.entries.values()];
    const chosen = records.filter((record) => purpose === '' || record.purpose === purpose);
    return [...new Set(chosen.map(({ label }) => label))].sort();
  },
});

const signmessage = defineMethod({
  name: 'signmessage',
  category: 'Wallet',
  description: 'Sign a message with the private key of an address',
  parameters: [
    param.string('address', 'The bitcoin address to use for the private key.'),
    param.string('message', 'The message to create a signature of.'),
  ],
  results: [result.string('signature', 'The signature of the message encoded in base 64')],
  examples: ['"1D1ZrZNe3JUo7ZycKEYQQiQAWd9y54F4XX" "my message"'],
  handler([address, message], context, request) {
    const wallet = walletOf(context, request);
    wallet.vault.requireUnlocked();
    const script = addressScript(address, context.parameters, 'Invalid address');
    const { type, solutions } = solve(script);
    if (type !== 'pubkeyhash') throw new RpcError(RpcCode.TYPE_ERROR, 'Address does not refer to key');
    const place = wallet.keys.place(script);
    const key = place && wallet.keys.expand(place, true).provider.keyByHash(solutions[0]!);
    if (!key?.secret) throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Private key not available');
    return signMessage(message, key.secret, key.publicKey.length === 33);
  },
});

export const walletAddressMethods: readonly Method[] = [
  getnewaddress,
  getrawchangeaddress,
  getaddressinfo,
  setlabel,
  getaddressesbylabel,
  listlabels,
  signmessage,
];
