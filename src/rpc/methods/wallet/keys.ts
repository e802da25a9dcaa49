/** The keys of a wallet: how many are watched, which extended keys there are, and what is derived from them. */
import { HDKey } from '@scure/bip32';
import { compareBytes } from '../../../core/encoding/bytes.ts';
import { hash160 } from '../../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { ExtendedKey } from '../../../wallet/descriptors/key-expression.ts';
import { formatOrigin, HARDENED, parseKeyPath } from '../../../wallet/descriptors/key-path.ts';
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

const isActive = (own: OwnDescriptor): boolean => own.active !== null;
/** Has no scripts: it only holds a key. */
const isUnused = (own: OwnDescriptor): boolean => own.text.startsWith('unused(');

/** Extended keys by their text, in Core's order: that of their bytes. */
function hdKeys({ keys }: Wallet, isMeant: (own: OwnDescriptor) => boolean): ReadonlyMap<string, HdKey> {
  const found = new Map<string, HdKey>();
  for (const own of keys.descriptors) {
    const active = isActive(own);
    if (!isMeant(own)) continue;
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

const versionsOf = ({ bip32Public, bip32Private }: NetworkParameters) => ({
  public: bip32Public,
  private: bip32Private,
});

function readHdKey(text: string, parameters: NetworkParameters): HDKey | null {
  try {
    return HDKey.fromExtendedKey(text, versionsOf(parameters));
  } catch {
    return null;
  }
}

/** @throws RpcError -5 */
function readXpub(text: string, parameters: NetworkParameters): HDKey {
  const key = readHdKey(text, parameters);
  if (key === null || key.privateKey) throw refuse.key('Unable to parse HD key. Please provide a valid xpub');
  return key;
}

/** The text of the key that is named, or of the one that can be meant. @throws RpcError -5 */
function chosenKey(wallet: Wallet, hdkey: string | undefined, parameters: NetworkParameters): string {
  const [unused, active] = [isUnused, isActive].map((kind) => [...hdKeys(wallet, kind).keys()]);
  if (hdkey !== undefined) {
    const { publicExtendedKey: xpub } = readXpub(hdkey, parameters);
    if ([...unused!, ...active!].includes(xpub)) return xpub;
    throw refuse.key('HD key is not used by an active or unused(KEY) descriptor');
  }
  const [only, ...others] = unused!.length > 0 ? unused! : active!;
  if (only === undefined) throw refuse.key('No active or unused(KEY) descriptor found');
  const among = unused!.length > 0 ? '' : ' from active descriptors';
  if (others.length > 0)
    throw refuse.key(`Unable to determine which HD key to use${among}. Please specify with 'hdkey'`);
  return only;
}

/** A path that only a private key can go. @throws RpcError -8 */
function hardenedPath(text: string): readonly number[] {
  let path: readonly number[];
  try {
    path = parseKeyPath(text);
  } catch {
    throw refuse.parameter('Invalid BIP32 keypath');
  }
  if (path.some((step) => step >= HARDENED)) return path;
  throw refuse.parameter('Derivation path requires at least one hardened step');
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
      return [...hdKeys(wallet, options.active_only ? isActive : () => true)].map(
        ([xpub, { key, descriptors }]) => ({
          xpub,
          has_private: key.hasSecret(wallet.vault.presence),
          xprv: options.private ? key.rootSecret(wallet.vault.lookup)?.privateExtendedKey : undefined,
          descriptors,
        }),
      );
    },
  }),

  addhdkey: walletMethod({
    help: 'Adds an extended key to the wallet, from which createwalletdescriptor and derivehdkey make others.',
    parameters: { hdkey: t.optional(t.string('Private (xprv)'), 'a new one') },
    result: t.object({ xpub: t.string() }),
    async handler({ hdkey }, wallet, { parameters, clock }) {
      if (!wallet.hasPrivateKeys)
        throw refuse.wallet('addhdkey is not available for wallets without private keys');
      wallet.vault.requireUnlocked();
      const seed = () => wallet.parts.random.bytes(32);
      const key =
        hdkey === undefined
          ? HDKey.fromMasterSeed(seed(), versionsOf(parameters))
          : readHdKey(hdkey, parameters);
      if (key === null) throw refuse.key('Could not parse HD key');
      if (!key.privateKey)
        throw refuse.key('Extended public key (xpub) provided, but extended private key (xprv) is required');
      const { descriptors, secrets } = parseDescriptor(`unused(${key.privateExtendedKey})`, parameters);
      if (wallet.keys.get(descriptorId(descriptors[0]!.formatBody()!)) !== undefined)
        throw refuse.wallet('HD key already exists');
      const options = { active: false, internal: false, createdAt: clock.seconds() };
      await wallet.importDescriptor(descriptors[0]!, secrets, options);
      await wallet.settled();
      return { xpub: key.publicExtendedKey };
    },
  }),

  derivehdkey: walletMethod({
    help: 'A key below an extended key of the wallet, as descriptors take it that several wallets sign for.',
    parameters: {
      path: t.string('BIP32; at least one step is hardened'),
      options: t.options({
        private: t.standard(t.boolean('The private key too: who sees it can spend what is below it'), false),
        hdkey: t.optional(
          t.string('As gethdkeys names it'),
          'that of addhdkey, or the only one of the active descriptors',
        ),
      }),
    },
    result: t.object({
      origin: t.string('What stands before the key in a descriptor'),
      xpub: t.string(),
      xprv: t.optional(t.string()),
    }),
    example: 'm/87h/0h/0h',
    handler({ path: text, options }, wallet, { parameters }) {
      if (!wallet.hasPrivateKeys) throw refuse.wallet('derivehdkey is not available for watch-only wallets');
      const path = hardenedPath(text);
      wallet.vault.requireUnlocked();
      const xpub = chosenKey(wallet, options.hdkey, parameters);
      const root = hdKeys(wallet, () => true)
        .get(xpub)!
        .key.rootSecret(wallet.vault.lookup);
      if (root === null) throw refuse.key(`Private key for ${xpub} is not known`);
      // A depth takes a byte.
      if (root.depth + path.length > 255)
        throw refuse.parameter('Unable to derive HD key at the requested path');
      const child = path.reduce((node, step) => node.deriveChild(step), root);
      const fingerprint = hash160(root.publicKey!).subarray(0, 4);
      return {
        origin: `[${formatOrigin({ fingerprint, path })}]`,
        xpub: child.publicExtendedKey,
        xprv: options.private ? child.privateExtendedKey : undefined,
      };
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
      const [only, ...others] =
        options.hdkey === undefined ? hdKeys(wallet, isActive).keys() : [options.hdkey];
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
