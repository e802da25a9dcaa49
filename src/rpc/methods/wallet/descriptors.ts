/** The descriptors of a wallet: listing and importing them. */
import { JsonNumber, JsonObject } from '../../../core/encoding/json.ts';
import { importFromText } from '../../../wallet/importing.ts';
import type { OwnDescriptor } from '../../../wallet/key-ring.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { range as rangeOf } from '../../descriptor-scripts.ts';
import { group, type JsonRead, type RpcContext, refuse, t, walletMethod } from '../../kit.ts';
import { refusalOf } from '../../refusals.ts';
import { arrayFrom, bigintFrom, typeName } from '../../values.ts';
import { labelFrom } from '../../wallet-access.ts';

function descriptorJson(wallet: Wallet, own: OwnDescriptor, showPrivate: boolean) {
  const { descriptor } = own;
  const text = showPrivate ? descriptor.format('private', wallet.vault.lookup) : own.shown;
  return {
    desc: text!,
    timestamp: own.createdAt,
    active: own.active !== null,
    internal: own.active === null ? undefined : own.internal,
    range: descriptor.isRange ? [own.rangeStart, own.rangeEnd - 1] : undefined,
    next: descriptor.isRange ? own.next : undefined,
    next_index: descriptor.isRange ? own.next : undefined,
  };
}

/** Seconds; `now` is the median time of the tip, as in Core. */
function timestampFrom(value: JsonRead, { chain }: RpcContext): number {
  if (value instanceof JsonNumber) return Math.max(1, Number(bigintFrom(value)));
  if (value === 'now') return chain.tip.medianTimePast;
  throw refuse.type(`Expected number or "now" timestamp value for key. got type ${typeName(value)}`);
}

const importRequest = t.object(
  {
    timestamp: t.custom<number | 'now', number>(
      t.long('Seconds since 1970 from which on it may have been paid, or "now"'),
      (value, _name, context) => timestampFrom(value, context),
    ),
    desc: t.optional(t.string('With its checksum')),
    active: t.standard(t.boolean('Addresses of its type come from it'), false),
    range: t.optional(
      t.deferred(rangeOf('Last index, or [first, last], of a ranged one')),
      'as far as addresses are watched',
    ),
    next_index: t.optional(t.long('Of a ranged one: where new addresses begin'), 'the begin of the range'),
    internal: t.optional(t.boolean('For change'), 'false'),
    label: t.optional(t.string('Not of a ranged or internal one')),
  },
  '',
  { loose: true },
);
type ImportRequest = t.Held<typeof importRequest>;

/** @throws RpcError */
function readImport(item: JsonRead, context: RpcContext): ImportRequest {
  if (!(item instanceof JsonObject) || !item.has('timestamp'))
    throw refuse.type('Missing required timestamp field for key');
  return importRequest.read(item, '', context);
}

function importOne(wallet: Wallet, told: ImportRequest, warnings: string[]): Promise<void> {
  const { timestamp, range, desc, ...request } = told;
  if (desc === undefined) throw refuse.parameter('Descriptor not found.');
  const asked = {
    text: desc,
    active: request.active,
    internal: request.internal,
    createdAt: timestamp,
    range,
    next: request.next_index,
    label: request.label === undefined ? undefined : labelFrom(request.label),
  };
  return importFromText(wallet, asked, warnings);
}

const imported = t.object({
  success: t.boolean(),
  warnings: t.optional(t.array(t.string())),
  error: t.optional(t.object({ code: t.integer(), message: t.string() })),
});

export const walletDescriptorMethods = group('Wallet', {
  listdescriptors: walletMethod({
    help: 'The descriptors that the wallet watches, with public keys or, if asked, with private ones.',
    parameters: { private: t.standard(t.boolean('Who sees them can spend everything'), false) },
    result: t.object({
      wallet_name: t.string(),
      descriptors: t.array(
        t.object({
          desc: t.string(),
          timestamp: t.time('Nothing was paid to it before'),
          active: t.boolean('New addresses come from it'),
          internal: t.optional(t.boolean('For change')),
          range: t.optional(t.array(t.integer(), 'First and last index that is watched')),
          next: t.optional(t.integer()),
          next_index: t.optional(t.integer('Of the next new address')),
        }),
      ),
    }),
    handler({ private: showPrivate }, wallet) {
      if (showPrivate && !wallet.hasPrivateKeys)
        throw refuse.wallet("Can't get private descriptor string for watch-only wallets");
      if (showPrivate) wallet.vault.requireUnlocked();
      const sorted = [...wallet.keys.descriptors].sort((a, b) => (a.text < b.text ? -1 : 1));
      return {
        wallet_name: wallet.name,
        descriptors: sorted.map((own) => descriptorJson(wallet, own, showPrivate)),
      };
    },
  }),

  importdescriptors: walletMethod({
    help:
      'Watches descriptors, and looks through the chain for what was paid to them since the earliest of their times,\n' +
      'which may take long.',
    parameters: {
      requests: t.custom<readonly t.Sent<typeof importRequest>[], readonly JsonRead[]>(
        t.array(importRequest),
        arrayFrom,
        {
          json: 'array',
        },
      ),
    },
    result: t.array(imported),
    example: `'[{"desc": "DESCRIPTOR", "timestamp": "now"}]'`,
    async handler({ requests }, wallet, context) {
      if (wallet.follower.scanning !== null)
        throw refuse.wallet('Wallet is currently rescanning. Abort existing rescan or wait.');
      wallet.vault.requireUnlocked();
      let earliest = Number.POSITIVE_INFINITY;
      // All are read first: what is imported without a rescan looks like a descriptor that nobody ever paid to.
      const all = requests.map((item) => readImport(item, context));
      const answers: t.Answered<typeof imported>[] = [];
      for (const one of all) {
        const told: string[] = [];
        const warnings = () => (told.length > 0 ? told : undefined);
        try {
          await importOne(wallet, one, told);
          earliest = Math.min(earliest, one.timestamp);
          answers.push({ success: true, warnings: warnings() });
        } catch (caught) {
          const error = refusalOf(caught);
          if (error === undefined) throw caught;
          const { code, message } = error;
          answers.push({ success: false, error: { code, message }, warnings: warnings() });
        }
      }
      if (Number.isFinite(earliest)) await wallet.rescanFrom(earliest);
      await wallet.settled();
      return answers;
    },
  }),
});
