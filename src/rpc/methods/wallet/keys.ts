/** The keys of a wallet: how many are watched, which extended keys there are, and what is derived from them. */
import { HDKey } from '@scure/bip32';
import { compareBytes } from '../../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { ExtendedKey } from '../../../wallet/descriptors/key-expression.ts';
import { parseDescriptor } from '../../../wallet/descriptors/parse.ts';
import { descriptorId, OwnDescriptor } from '../../../wallet/key-ring.ts';
import { accountBelow } from '../../../wallet/mnemonic.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { group, refuse, t, walletMethod } from '../../kit.ts';
import { addressTypeFrom } from '../../wallet-access.ts';

interface HdKey {
  readonly key: ExtendedKey;
  readonly descriptors: { readonly desc: string; readonly active: boolean }[];
}

/** Extended keys by their text, in Core's order: that of their bytes. */
function hdKeys({ keys }: Wallet, activeOnly: boolean): ReadonlyMap<string, HdKey> {
  const found = new Map<string, HdKey>();
  for (const own of keys.descriptors) {
    const active = own.active !== null;
    if (activeOnly && !active) continue;
    const roots = own.descriptor.keys.filter((key) => key instanceof ExtendedKey);
    for (const [xpub, key] of new Map(roots.map((key) => [key.root.publicExtendedKey, key]))) {
      const known = found.get(xpub) ?? { key, descriptors: [] };
      known.descriptors.push({ desc: own.shown, active });
      found.set(xpub, known);
    }
  }
  const sorted = [...found].sort(
    ([, { key: a }], [, { key: b }]) =>
      compareBytes(a.root.publicKey!, b.root.publicKey!) ||
      compareBytes(a.root.chainCode!, b.root.chainCode!),
  );
  for (const [, { descriptors }] of sorted) descriptors.sort((a, b) => (a.desc < b.desc ? -1 : 1));
  return new Map(sorted);
}

/** @throws RpcError -5 */
function readXpub(text: string, { bip32Public, bip32Private }: NetworkParameters): HDKey {
  try {
    const key = HDKey.fromExtendedKey(text, { public: bip32Public, private: bip32Private });
    if (!key.privateKey) return key;
  } catch {}
  throw refuse.key('Unable to parse HD key. Please provide a valid xpub');
}

export const walletKeyMethods = group('Wallet', {
  keypoolrefill: walletMethod({
    help: 'Watches this many scripts beyond the next one of each descriptor.',
    parameters: { newsize: t.optional(t.integer(), '-keypool') },
    async handler({ newsize: size = 0 }, wallet) {
      if (size < 0) throw refuse.parameter('Invalid parameter, expected valid size.');
      wallet.vault.requireUnlocked();
      if (await wallet.keys.topUpAll(size === 0 ? wallet.keys.gap : size)) wallet.history.reindex();
      await wallet.settled();
    },
  }),

  gethdkeys: walletMethod({
    help: 'The extended keys (BIP32) of the wallet, and the descriptors that they are in.',
    parameters: {
      options: t.options({
        active_only: t.standard(t.boolean('Only of descriptors that new addresses come from'), false),
        private: t.standard(t.boolean('Private keys too: who sees them can spend everything'), false),
      }),
    },
    result: t.array(
      t.object({
        xpub: t.string(),
        has_private: t.boolean('The wallet has its private key'),
        xprv: t.optional(t.string()),
        descriptors: t.array(t.object({ desc: t.string(), active: t.boolean() })),
      }),
    ),
    handler({ options }, wallet) {
      if (options.private) wallet.vault.requireUnlocked();
      return [...hdKeys(wallet, options.active_only)].map(([xpub, { key, descriptors }]) => ({
        xpub,
        has_private: key.hasSecret(wallet.vault.presence),
        xprv: options.private ? key.rootSecret(wallet.vault.lookup)?.privateExtendedKey : undefined,
        descriptors,
      }));
    },
  }),

  createwalletdescriptor: walletMethod({
    help: 'Makes the descriptors of one more kind of addresses from an extended key of the wallet.',
    parameters: {
      type: t.string('legacy, p2sh-segwit, bech32 or bech32m'),
      options: t.options({
        internal: t.optional(t.boolean('Only the one for change, or only the other'), 'both'),
        hdkey: t.optional(t.string('As gethdkeys names it'), 'the only one of the active descriptors'),
      }),
    },
    result: t.object({ descs: t.array(t.string()) }),
    example: 'bech32m',
    async handler({ type: text, options }, wallet, { parameters, clock }) {
      const type = addressTypeFrom(text);
      wallet.vault.requireUnlocked();
      const [only, ...others] = options.hdkey === undefined ? hdKeys(wallet, true).keys() : [options.hdkey];
      if (only === undefined || others.length > 0)
        throw refuse.key(
          "Unable to determine which HD key to use from active descriptors. Please specify with 'hdkey'",
        );
      const { publicKey, publicExtendedKey: xpub } = readXpub(only, parameters);
      if (wallet.vault.lookup(publicKey!) === undefined)
        throw refuse.key(`Private key for ${xpub} is not known`);
      const descs: string[] = [];
      for (const internal of options.internal === undefined ? [false, true] : [options.internal]) {
        const { descriptors } = parseDescriptor(accountBelow(xpub, type, internal, parameters), parameters);
        if (wallet.keys.get(descriptorId(descriptors[0]!.formatBody()!)) !== undefined) continue;
        const own = await wallet.keys.prepare(
          OwnDescriptor.fresh(descriptors[0]!, clock.seconds(), internal),
        );
        wallet.keys.adopt(own, type, internal);
        descs.push(own.shown);
      }
      if (descs.length === 0) throw refuse.wallet('Descriptor already exists');
      wallet.history.reindex();
      wallet.saveInfo({ blank: false });
      await wallet.settled();
      return { descs };
    },
  }),
});
