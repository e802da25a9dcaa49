/** The descriptors of a wallet: listing and importing them. */
import { encodeAddress } from '../../../core/script/address.ts';
import type { OwnDescriptor } from '../../../wallet/key-ring.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { WalletError } from '../../../wallet/wallet-error.ts';
import type { RpcContext } from '../../context.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import { JsonNumber, type JsonObject, type JsonRead, type JsonWritable } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { fromWalletError, readDescriptor } from '../../refusals.ts';
import { result } from '../../result.ts';
import {
  bigintFrom,
  booleanFrom,
  integerFrom,
  objectFrom,
  rangeFrom,
  stringFrom,
  typeName,
} from '../../values.ts';
import { labelFrom, walletOf } from '../../wallet-access.ts';

function descriptorJson(wallet: Wallet, own: OwnDescriptor, showPrivate: boolean): JsonWritable {
  const { descriptor } = own;
  const text = showPrivate ? descriptor.format('private', wallet.vault.lookup) : own.shown;
  return {
    desc: text,
    timestamp: own.createdAt,
    active: own.active !== null,
    internal: own.active === null ? undefined : own.internal,
    ...(descriptor.isRange
      ? { range: [own.rangeStart, own.rangeEnd - 1], next: own.next, next_index: own.next }
      : {}),
  };
}

const listdescriptors = defineMethod({
  name: 'listdescriptors',
  category: 'Wallet',
  description: 'List all descriptors present in a wallet.',
  parameters: [param.boolean('private', 'Show private descriptors.', { default: false })],
  results: [
    result.object('', '', [
      result.string('wallet_name', 'Name of wallet this operation was performed on'),
      result.array(
        'descriptors',
        'Array of descriptor objects (sorted by descriptor string representation)',
        [
          result.object('', '', [
            result.string('desc', 'Descriptor string representation'),
            result.time('timestamp', 'The creation time of the descriptor'),
            result.boolean('active', 'Whether this descriptor is currently used to generate new addresses'),
            result.boolean(
              'internal',
              'True if this descriptor is used to generate change addresses. False if this descriptor is used to generate receiving addresses; defined only for active descriptors',
              { optional: true },
            ),
            result.fixedArray(
              'range',
              'Defined only for ranged descriptors',
              [result.number('', 'Range start inclusive'), result.number('', 'Range end inclusive')],
              { optional: true },
            ),
            result.number('next', 'Same as next_index field. Kept for compatibility reason.', {
              optional: true,
            }),
            result.number(
              'next_index',
              'The next index to generate addresses from; defined only for ranged descriptors',
              { optional: true },
            ),
          ]),
        ],
      ),
    ]),
  ],
  examples: ['', 'true'],
  handler([showPrivate], context, request) {
    const wallet = walletOf(context, request);
    if (showPrivate && !wallet.hasPrivateKeys)
      throw new RpcError(RpcCode.WALLET_ERROR, "Can't get private descriptor string for watch-only wallets");
    if (showPrivate) wallet.vault.requireUnlocked();
    const sorted = [...wallet.keys.descriptors].sort((a, b) => (a.text < b.text ? -1 : 1));
    return {
      wallet_name: wallet.name,
      descriptors: sorted.map((own) => descriptorJson(wallet, own, showPrivate)),
    };
  },
});

/** Seconds; `now` is the median time of the tip, as in Core. */
function timestampFrom(request: JsonObject, context: RpcContext): number {
  const value = request.get('timestamp') ?? null;
  if (value === null) throw new RpcError(RpcCode.TYPE_ERROR, 'Missing required timestamp field for key');
  if (value instanceof JsonNumber) return Math.max(1, Number(bigintFrom(value)));
  if (value === 'now') return context.chain.tip.medianTimePast;
  throw new RpcError(
    RpcCode.TYPE_ERROR,
    `Expected number or "now" timestamp value for key. got type ${typeName(value)}`,
  );
}

function importOne(wallet: Wallet, request: JsonObject, createdAt: number, context: RpcContext): string[] {
  const refuse = (text: string): RpcError => new RpcError(RpcCode.INVALID_PARAMETER, text);
  const warnings: string[] = [];
  const text = request.get('desc');
  if (text === undefined) throw refuse('Descriptor not found.');
  const { descriptors, secrets } = readDescriptor(stringFrom(text), context.parameters, true);
  const option = (name: string): boolean => {
    const value = request.get(name) ?? null;
    return value !== null && booleanFrom(value);
  };
  const active = option('active');
  const labelValue = request.get('label');
  const label = labelValue === undefined ? undefined : labelFrom(stringFrom(labelValue));
  const { isRange } = descriptors[0]!;
  if (descriptors.length > 1 && request.has('internal'))
    throw new RpcError(
      RpcCode.INVALID_ADDRESS_OR_KEY,
      "Cannot have multipath descriptor while also specifying 'internal'",
    );
  const rangeValue = request.get('range') ?? null;
  if (!isRange && rangeValue !== null)
    throw refuse('Range should not be specified for an un-ranged descriptor');
  let range: readonly [number, number] = [0, 1];
  if (isRange && rangeValue !== null) {
    const { begin, end } = rangeFrom(rangeValue);
    range = [begin, end + 1];
  } else if (isRange) {
    warnings.push('Range not given, using default keypool range');
    range = [0, wallet.keys.gap];
  }
  const nextValue = request.get('next_index') ?? null;
  const next = nextValue === null ? range[0] : integerFrom(nextValue, [-(2 ** 63), 2 ** 63]);
  if (next < range[0] || next >= range[1]) throw refuse('next_index is out of range');
  if (active && !isRange) throw refuse('Active descriptors must be ranged');
  if (descriptors.length > 1 && label !== undefined)
    throw refuse('Multipath descriptors should not have a label');
  if (isRange && label !== undefined) throw refuse('Ranged descriptors should not have a label');
  for (const [i, descriptor] of descriptors.entries()) {
    const internal = descriptors.length > 1 ? i === 1 : option('internal');
    if (internal && label !== undefined) throw refuse('Internal addresses should not have a label');
    if (active && !descriptor.isSingleType)
      throw new RpcError(RpcCode.WALLET_ERROR, 'Combo descriptors cannot be set to active');
    if (
      wallet.hasPrivateKeys &&
      secrets.size === 0 &&
      descriptor.isSolvable &&
      !descriptor.hasSecrets(wallet.vault.presence)
    )
      throw new RpcError(
        RpcCode.WALLET_ERROR,
        'Cannot import descriptor without private keys to a wallet with private keys enabled',
      );
    if (active && descriptor.outputType === null)
      warnings.push('Unknown output type, cannot set descriptor to active.');
    wallet.importDescriptor(descriptor, secrets, { active, internal, createdAt, range, next });
    if (label === undefined) continue;
    for (const script of descriptor.scriptsAt(0, secrets.lookup) ?? []) {
      const address = encodeAddress(script, context.parameters);
      if (address !== null) wallet.labels.set(address, label, 'receive');
    }
  }
  return warnings;
}

const importdescriptors = defineMethod({
  name: 'importdescriptors',
  category: 'Wallet',
  description:
    'Import descriptors. This will trigger a rescan of the blockchain based on the earliest timestamp of all descriptors being imported.\n' +
    'Note: This call can take over an hour to complete if using an early timestamp; during that time, other rpc calls\n' +
    'may report that the imported keys, addresses or scripts exist but related transactions are still missing.',
  parameters: [
    param.array('requests', 'Data to be imported', [
      param.object('', '', [
        param.string('desc', 'Descriptor to import.'),
        param.boolean(
          'active',
          'Set this descriptor to be the active descriptor for the corresponding output type/externality',
          { default: false },
        ),
        param.range(
          'range',
          'If a ranged descriptor is used, this specifies the end or the range (in the form [begin,end]) to import',
          { optional: true },
        ),
        param.integer(
          'next_index',
          'If a ranged descriptor is set to active, this specifies the next index to generate addresses from',
          { optional: true },
        ),
        param.any(
          'number',
          'timestamp',
          'Time from which to start rescanning the blockchain for this descriptor, in UNIX epoch time, or "now"',
        ),
        param.boolean(
          'internal',
          'Whether matching outputs should be treated as not incoming payments (e.g. change)',
          { default: false },
        ),
        param.string(
          'label',
          'Label to assign to the address, only allowed with internal=false. Disabled for ranged descriptors',
          { default: '' },
        ),
      ]),
    ]),
  ],
  results: [
    result.array('', 'Response is an array with the same size as the input that has the execution result', [
      result.object('', '', [
        result.boolean('success', ''),
        result.array('warnings', '', [result.string('', '')], { optional: true }),
        result.any('error', '', { optional: true }),
      ]),
    ]),
  ],
  examples: ['\'[{ "desc": "<my descriptor>", "timestamp":1455191478, "internal": true }]\''],
  async handler([requests], context, request) {
    const wallet = walletOf(context, request);
    if (wallet.follower.scanning !== null)
      throw new RpcError(
        RpcCode.WALLET_ERROR,
        'Wallet is currently rescanning. Abort existing rescan or wait.',
      );
    wallet.vault.requireUnlocked();
    let earliest = Number.POSITIVE_INFINITY;
    // All of them first: what is imported without a rescan looks like a descriptor that nobody ever paid to.
    const timestamps = requests.map((item) => timestampFrom(objectFrom(item), context));
    const answers = requests.map((item: JsonRead, i): JsonWritable => {
      const object = objectFrom(item);
      const timestamp = timestamps[i]!;
      try {
        const warnings = importOne(wallet, object, timestamp, context);
        earliest = Math.min(earliest, timestamp);
        return { success: true, warnings: warnings.length > 0 ? warnings : undefined };
      } catch (caught) {
        const error = caught instanceof WalletError ? fromWalletError(caught) : caught;
        if (!(error instanceof RpcError)) throw error;
        return { success: false, error: { code: error.code, message: error.message } };
      }
    });
    if (Number.isFinite(earliest)) await wallet.rescanFrom(earliest);
    await wallet.settled();
    return answers;
  },
});

export const walletDescriptorMethods: readonly Method[] = [listdescriptors, importdescriptors];
