/** The extended keys (BIP32) that a wallet's descriptors are made of, and what is made from them. */
import { HDKey } from '@scure/bip32';
import { compareBytes } from '../core/encoding/bytes.ts';
import { hash160 } from '../core/encoding/hashes.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { ExtendedKey } from './descriptors/key-expression.ts';
import { formatOrigin, HARDENED, parseKeyPath } from './descriptors/key-path.ts';
import type { OutputType } from './descriptors/kinds.ts';
import { parseDescriptor } from './descriptors/parse.ts';
import { descriptorId, OwnDescriptor } from './key-ring.ts';
import { accountBelow, versionsOf } from './mnemonic.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

interface HdKey {
  readonly key: ExtendedKey;
  readonly descriptors: { readonly desc: string; readonly active: boolean }[];
}

const isActive = (own: OwnDescriptor): boolean => own.active !== null;
/** Has no scripts: it only holds a key. */
const isUnused = (own: OwnDescriptor): boolean => own.text.startsWith('unused(');
const anyKind = (): boolean => true;

const wrongKey = (text: string) => new WalletError(text, 'address');

/** Extended keys by their text, in Core's order: that of their bytes. @param activeOnly those that new addresses come from */
export const hdKeys = (wallet: Wallet, activeOnly: boolean): ReadonlyMap<string, HdKey> =>
  keysOf(wallet, activeOnly ? isActive : anyKind);

function keysOf({ keys }: Wallet, isMeant: (own: OwnDescriptor) => boolean): ReadonlyMap<string, HdKey> {
  const found = new Map<string, HdKey>();
  for (const own of keys.descriptors) {
    if (!isMeant(own)) continue;
    const roots = own.descriptor.keys.filter((key) => key instanceof ExtendedKey);
    for (const [xpub, key] of new Map(roots.map((key) => [key.root.publicExtendedKey, key]))) {
      const known = found.get(xpub) ?? { key, descriptors: [] };
      known.descriptors.push({ desc: own.shown, active: isActive(own) });
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

function readHdKey(text: string, parameters: NetworkParameters): HDKey | null {
  try {
    return HDKey.fromExtendedKey(text, versionsOf(parameters));
  } catch {
    return null;
  }
}

/** @throws WalletError -5 */
function readXpub(text: string, parameters: NetworkParameters): HDKey {
  const key = readHdKey(text, parameters);
  if (key === null || key.privateKey) throw wrongKey('Unable to parse HD key. Please provide a valid xpub');
  return key;
}

/** The text of the key that is named, or of the one that can be meant. @throws WalletError -5 */
function chosenKey(wallet: Wallet, hdkey: string | undefined): string {
  const [unused, active] = [isUnused, isActive].map((kind) => [...keysOf(wallet, kind).keys()]);
  if (hdkey !== undefined) {
    const { publicExtendedKey: xpub } = readXpub(hdkey, wallet.parts.parameters);
    if ([...unused!, ...active!].includes(xpub)) return xpub;
    throw wrongKey('HD key is not used by an active or unused(KEY) descriptor');
  }
  const [only, ...others] = unused!.length > 0 ? unused! : active!;
  if (only === undefined) throw wrongKey('No active or unused(KEY) descriptor found');
  const among = unused!.length > 0 ? '' : ' from active descriptors';
  if (others.length > 0)
    throw wrongKey(`Unable to determine which HD key to use${among}. Please specify with 'hdkey'`);
  return only;
}

/** Keeps one for what is made from it later. @param text of a private one; else it is drawn @throws WalletError */
export async function addHdKey(wallet: Wallet, text: string | undefined): Promise<HDKey> {
  if (!wallet.hasPrivateKeys)
    throw new WalletError('addhdkey is not available for wallets without private keys');
  wallet.vault.requireUnlocked();
  const { parameters, random, clock } = wallet.parts;
  const key =
    text === undefined
      ? HDKey.fromMasterSeed(random.bytes(32), versionsOf(parameters))
      : readHdKey(text, parameters);
  if (key === null) throw wrongKey('Could not parse HD key');
  if (!key.privateKey)
    throw wrongKey('Extended public key (xpub) provided, but extended private key (xprv) is required');
  const { descriptors, secrets } = parseDescriptor(`unused(${key.privateExtendedKey})`, parameters);
  if (wallet.keys.get(descriptorId(descriptors[0]!.formatBody()!)) !== undefined)
    throw new WalletError('HD key already exists');
  const options = { active: false, internal: false, createdAt: clock.seconds() };
  await wallet.importDescriptor(descriptors[0]!, secrets, options);
  return key;
}

/** A path that only a private key can go. @throws WalletError -8 */
function hardenedPath(text: string): readonly number[] {
  let path: readonly number[];
  try {
    path = parseKeyPath(text);
  } catch {
    throw new WalletError('Invalid BIP32 keypath', 'parameter');
  }
  if (path.some((step) => step >= HARDENED)) return path;
  throw new WalletError('Derivation path requires at least one hardened step', 'parameter');
}

/** What is below one, and how a descriptor says where that is. @throws WalletError */
export function deriveHdKey(wallet: Wallet, pathText: string, hdkey: string | undefined) {
  if (!wallet.hasPrivateKeys) throw new WalletError('derivehdkey is not available for watch-only wallets');
  const path = hardenedPath(pathText);
  wallet.vault.requireUnlocked();
  const xpub = chosenKey(wallet, hdkey);
  const root = keysOf(wallet, anyKind).get(xpub)!.key.rootSecret(wallet.vault.lookup);
  if (root === null) throw wrongKey(`Private key for ${xpub} is not known`);
  // A depth takes a byte.
  if (root.depth + path.length > 255)
    throw new WalletError('Unable to derive HD key at the requested path', 'parameter');
  const key = path.reduce((node, step) => node.deriveChild(step), root);
  return { key, origin: `[${formatOrigin({ fingerprint: hash160(root.publicKey!).subarray(0, 4), path })}]` };
}

/**
 * Descriptors of one more kind of addresses.
 * @param sides false: for addresses to hand out, true: for change
 * @param hdkey of an extended key that the wallet has; else of the only one of active descriptors
 * @throws WalletError
 */
export async function addAccount(
  wallet: Wallet,
  type: OutputType,
  sides: readonly boolean[],
  hdkey: string | undefined,
): Promise<OwnDescriptor[]> {
  const { parameters, clock } = wallet.parts;
  wallet.vault.requireUnlocked();
  const [only, ...others] = hdkey === undefined ? keysOf(wallet, isActive).keys() : [hdkey];
  if (only === undefined || others.length > 0)
    throw wrongKey(
      "Unable to determine which HD key to use from active descriptors. Please specify with 'hdkey'",
    );
  const { publicKey, publicExtendedKey: xpub } = readXpub(only, parameters);
  if (wallet.vault.lookup(publicKey!) === undefined) throw wrongKey(`Private key for ${xpub} is not known`);
  const added: OwnDescriptor[] = [];
  for (const internal of sides) {
    const { descriptors } = parseDescriptor(accountBelow(xpub, type, internal, parameters), parameters);
    if (wallet.keys.get(descriptorId(descriptors[0]!.formatBody()!)) !== undefined) continue;
    const own = await wallet.keys.prepare(OwnDescriptor.fresh(descriptors[0]!, clock.seconds(), internal));
    wallet.keys.adopt(own, type, internal);
    added.push(own);
  }
  if (added.length === 0) throw new WalletError('Descriptor already exists');
  wallet.history.reindex();
  wallet.saveInfo({ blank: false });
  return added;
}
