/** Descriptors that come into a wallet from outside (Core's ProcessDescriptorImport). */
import { encodeAddress } from '../core/script/address.ts';
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

/** @returns warnings @throws WalletError, DescriptorError */
export async function importFromText(wallet: Wallet, request: ImportRequest): Promise<string[]> {
  const { active, createdAt, label } = request;
  const invalid = (text: string) => new WalletError(text, 'parameter');
  const warnings: string[] = [];
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
  const next = request.next ?? begin;
  if (next < begin || next > end) throw invalid('next_index is out of range');
  if (active && !isRange) throw invalid('Active descriptors must be ranged');
  if (label !== undefined) {
    if (isMultipath) throw invalid('Multipath descriptors should not have a label');
    if (isRange) throw invalid('Ranged descriptors should not have a label');
    if (request.internal) throw invalid('Internal addresses should not have a label');
  }
  if (active && !isSingleType) throw new WalletError('Combo descriptors cannot be set to active');
  for (const [i, descriptor] of descriptors.entries()) {
    const internal = isMultipath ? i === 1 : (request.internal ?? false);
    if (wallet.hasPrivateKeys && secrets.size === 0 && !descriptor.hasSecrets(wallet.vault.presence))
      throw new WalletError(
        'Cannot import descriptor without private keys to a wallet with private keys enabled',
      );
    if (active && descriptor.outputType === null)
      warnings.push('Unknown output type, cannot set descriptor to active.');
    const range = [begin, end + 1] as const;
    await wallet.importDescriptor(descriptor, secrets, { active, internal, createdAt, range, next });
    for (const script of label === undefined ? [] : (descriptor.scriptsAt(0, secrets.lookup) ?? [])) {
      const address = encodeAddress(script, parameters);
      if (address !== null) wallet.labels.set(address, label!, 'receive');
    }
  }
  return warnings;
}
