/** Descriptors that come into a wallet from outside (Core's ProcessDescriptorImport). */
import { encodeAddress } from '../core/script/address.ts';
import type { Descriptor } from './descriptors/descriptor.ts';
import { parseDescriptor } from './descriptors/parse.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

export interface ImportRequest {
  /** With its checksum. */
  readonly text: string;
  /** New addresses of its type come from it. */
  readonly active: boolean;
  readonly internal: boolean | undefined;
  /** Seconds */
  readonly createdAt: number;
  /** First and last index that is watched; asked for only of a ranged one. */
  readonly range: (() => readonly [number, number]) | undefined;
  /** Where new addresses begin. */
  readonly next: number | undefined;
  readonly label: string | undefined;
}

/** @param warnings what is told beside success or error @throws WalletError, DescriptorError */
export async function importFromText(
  wallet: Wallet,
  request: ImportRequest,
  warnings: string[],
): Promise<void> {
  const { active, createdAt, label } = request;
  const invalid = (text: string) => new WalletError(text, 'parameter');
  const { parameters } = wallet.parts;
  const { descriptors, secrets } = parseDescriptor(request.text, parameters, true);
  const { isRange, isSingleType } = descriptors[0]!;
  const isMultipath = descriptors.length > 1;
  if (isMultipath && request.internal !== undefined)
    throw new WalletError("Cannot have multipath descriptor while also specifying 'internal'", 'address');
  if (!isRange && request.range !== undefined)
    throw invalid('Range should not be specified for an un-ranged descriptor');
  if (isRange && request.range === undefined) warnings.push('Range not given, using default keypool range');
  const [begin, end] = request.range?.() ?? [0, isRange ? wallet.keys.gap - 1 : 0];
  const { next } = request;
  if (isRange && next !== undefined && (next < begin || next > end))
    throw invalid('next_index is out of range');
  if (active && !isRange) throw invalid('Active descriptors must be ranged');
  if (label !== undefined) {
    if (isMultipath) throw invalid('Multipath descriptors should not have a label');
    if (isRange) throw invalid('Ranged descriptors should not have a label');
    if (request.internal) throw invalid('Internal addresses should not have a label');
  }
  if (active && !isSingleType) throw new WalletError('Combo descriptors cannot be set to active');
  for (const [i, descriptor] of descriptors.entries()) {
    warnings.push(...descriptor.warnings);
    const internal = isMultipath ? i === 1 : (request.internal ?? false);
    if (wallet.hasPrivateKeys && secrets.size === 0 && !descriptor.hasSecrets(wallet.vault.presence))
      throw new WalletError(
        'Cannot import descriptor without private keys to a wallet with private keys enabled',
      );
    if (wallet.hasPrivateKeys && !descriptor.keys.every((key) => key.hasSecret(secrets.lookup)))
      warnings.push('Not all private keys provided. Some wallet functionality may return unexpected errors');
    if (descriptor.node.kind === 'unused') requireNewKey(wallet, descriptor);
    const range = [begin, end + 1] as const;
    const options = { active, internal, createdAt, range, ...(next !== undefined && isRange && { next }) };
    const known = wallet.keys.rangeBeyond(descriptor, range);
    if (known !== null)
      throw new WalletError(
        `Could not add descriptor '${request.text}': new range must include current range = [${known}]`,
      );
    await wallet.importDescriptor(descriptor, secrets, options);
    if (active && descriptor.outputType === null)
      warnings.push('Unknown output type, cannot set descriptor to active.');
    for (const script of label === undefined ? [] : (descriptor.scriptsAt(0, secrets.lookup) ?? [])) {
      const address = encodeAddress(script, parameters);
      if (address !== null) wallet.labels.set(address, label!, 'receive');
    }
  }
}

/** What unused() keeps must be a key that the wallet can use, and does not have. */
function requireNewKey(wallet: Wallet, descriptor: Descriptor): void {
  if (!wallet.hasPrivateKeys)
    throw new WalletError('Cannot import unused() to wallet without private keys enabled');
  if (descriptor.hasSecrets(wallet.vault.presence))
    throw new WalletError(
      'Cannot import an unused() descriptor when its private key is already in the wallet',
    );
}
