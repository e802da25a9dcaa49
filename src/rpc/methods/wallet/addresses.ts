/** Addresses of a wallet: new ones, what is known of them, their labels. */
import { toHex } from '../../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { decodeAddress, encodeAddress } from '../../../core/script/address.ts';
import { solve } from '../../../core/script/templates.ts';
import { isChange } from '../../../wallet/coins.ts';
import { formatSteps } from '../../../wallet/descriptors/key-path.ts';
import type { ScriptPlace } from '../../../wallet/key-ring.ts';
import { signMessage } from '../../../wallet/message.ts';
import { innerScripts } from '../../../wallet/solving.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import { describeScript, scriptDescription } from '../../formats/address.ts';
import { group, refuse, t, walletMethod } from '../../kit.ts';
import { addressTypeFrom, labelFrom, underLabel } from '../../wallet-access.ts';

const address_type = t.optional(t.string('legacy, p2sh-segwit, bech32 or bech32m'), '-addresstype');

/** @throws RpcError -4 if no descriptor gives new addresses of any type */
function requireKeys(wallet: Wallet, internal: boolean): void {
  if (!wallet.keys.descriptors.some((own) => own.active !== null && own.internal === internal))
    throw refuse.wallet('Error: This wallet has no available keys');
}

/** What the wallet knows of a script of its own. */
function ownFields(wallet: Wallet, place: ScriptPlace) {
  const { own, index } = place;
  const { lookup } = wallet.keys.secrets;
  const [key, ...others] = own.public.keys;
  const derived = key === undefined || others.length > 0 ? null : key.derive(index, lookup);
  return {
    solvable: own.descriptor.isSolvable,
    desc: own.public.isSolvable ? (own.public.at(index, lookup)?.format() ?? undefined) : undefined,
    parent_desc: own.shown,
    timestamp: own.createdAt,
    ...(derived && {
      pubkey: toHex(derived.publicKey),
      iscompressed: derived.publicKey.length === 33,
      hdkeypath: `m${formatSteps(derived.origin.path)}`,
      hdseedid: '0'.repeat(40),
      hdmasterfingerprint: toHex(derived.origin.fingerprint),
    }),
  };
}

/** @param scripts each inside the one before */
function innerFields(
  [script, ...deeper]: readonly Uint8Array[],
  parameters: NetworkParameters,
): t.Answered<typeof inner> {
  if (script === undefined) return {};
  const { type, solutions, required } = solve(script);
  const address = encodeAddress(script, parameters);
  const hex = toHex(script);
  const known = { ...describeScript(script), address, scriptPubKey: hex, ...innerFields(deeper, parameters) };
  return {
    script: type,
    hex,
    pubkeys: type === 'multisig' ? solutions.map(toHex) : undefined,
    sigsrequired: required,
    embedded: address === null ? undefined : known,
  };
}

/** What is known of the script inside P2SH or P2WSH. */
const inner = t.object({
  script: t.optional(t.string('Its template')),
  hex: t.optional(t.hex()),
  pubkeys: t.optional(t.array(t.hex(), 'Of a multisig')),
  sigsrequired: t.optional(t.integer()),
  embedded: t.optional(t.anything('What is known of its own address, in the same form')),
});

export const walletAddressMethods = group('Wallet', {
  getnewaddress: walletMethod({
    help: 'A new address to be paid at.',
    parameters: { label: t.standard(t.string(), ''), address_type },
    result: t.string(),
    example: 'rent bech32m',
    handler({ label, address_type: type }, wallet) {
      requireKeys(wallet, false);
      const name = labelFrom(label);
      return wallet.newAddress(addressTypeFrom(type ?? wallet.parts.policy.addressType), name);
    },
  }),

  getrawchangeaddress: walletMethod({
    help: 'A new address for change, for who makes transactions by hand.',
    parameters: { address_type },
    result: t.string(),
    handler({ address_type: type }, wallet) {
      requireKeys(wallet, true);
      const { addressType, changeType } = wallet.parts.policy;
      return wallet.changeAddress(addressTypeFrom(type ?? changeType ?? addressType));
    },
  }),

  getaddressinfo: walletMethod({
    help: 'What an address is, and what the wallet knows of it.',
    parameters: { address: t.string() },
    result: t.object({
      address: t.string(),
      scriptPubKey: t.hex(),
      ismine: t.boolean(),
      solvable: t.boolean('The wallet knows how to spend it'),
      iswatchonly: t.boolean(),
      ...scriptDescription,
      desc: t.optional(t.string('A descriptor of it')),
      parent_desc: t.optional(t.string('The descriptor it comes from')),
      timestamp: t.optional(t.time('Nothing was paid to it before')),
      pubkey: t.optional(t.hex()),
      iscompressed: t.optional(t.boolean()),
      hdkeypath: t.optional(t.string()),
      hdseedid: t.optional(t.hex()),
      hdmasterfingerprint: t.optional(t.hex()),
      ...inner.fields,
      ischange: t.boolean(),
      labels: t.array(t.string(), 'One, or none'),
    }),
    handler({ address: text }, wallet, context) {
      const script = decodeAddress(text, context.parameters);
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
        ...(place && {
          ...ownFields(wallet, place),
          ...innerFields(innerScripts(wallet, place, script), context.parameters),
        }),
        ischange: isChange(wallet, script),
        labels: label === undefined ? [] : [label.label],
      };
    },
  }),

  setlabel: walletMethod({
    help: 'Gives an address a label, its own or another.',
    parameters: { address: t.string(), label: t.string() },
    handler({ address, label }, wallet, { parameters }) {
      const script = addressScript(address, parameters, 'Invalid Bitcoin address');
      const purpose = wallet.keys.place(script) === undefined ? 'send' : 'receive';
      wallet.labels.set(encodeAddress(script, parameters)!, labelFrom(label), purpose);
    },
  }),

  getaddressesbylabel: walletMethod({
    help: 'The addresses under a label.',
    parameters: { label: t.string() },
    result: t.record(
      t.object({ purpose: t.string('receive, or send where it is not of this wallet') }),
      'address',
    ),
    example: 'rent',
    handler({ label }, wallet) {
      const name = labelFrom(label);
      const found = underLabel(wallet, name);
      if (found.length === 0) throw refuse.wallet_invalid_label_name(`No addresses with label ${name}`);
      return Object.fromEntries(found.map(([address, { purpose }]) => [address, { purpose }]));
    },
  }),

  listlabels: walletMethod({
    help: 'All labels.',
    parameters: { purpose: t.optional(t.string('Only of own addresses (receive) or of others (send)')) },
    result: t.array(t.string()),
    example: 'receive',
    handler({ purpose = '' }, wallet) {
      if (!['', 'send', 'receive', 'refund'].includes(purpose))
        throw refuse.parameter(
          "Invalid 'purpose' argument, must be a known purpose string, typically 'send', or 'receive'.",
        );
      const records = [...wallet.labels.entries.values()];
      const chosen = records.filter((record) => purpose === '' || record.purpose === purpose);
      return [...new Set(chosen.map(({ label }) => label))].sort();
    },
  }),

  signmessage: walletMethod({
    help: 'Signs a message with the key of a legacy address; verifymessage checks it.',
    parameters: { address: t.string(), message: t.string() },
    result: t.string('Base64'),
    handler({ address, message }, wallet, context) {
      wallet.vault.requireUnlocked();
      const script = addressScript(address, context.parameters, 'Invalid address');
      const { type, solutions } = solve(script);
      if (type !== 'pubkeyhash') throw refuse.type('Address does not refer to key');
      const place = wallet.keys.place(script);
      const key = place && wallet.keys.expand(place, true).provider.keyByHash(solutions[0]!);
      if (!key?.secret) throw refuse.key('Private key not available');
      return signMessage(message, key.secret, key.publicKey.length === 33);
    },
  }),
});
