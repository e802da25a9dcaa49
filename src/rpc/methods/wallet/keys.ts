/** The keys and descriptors of a wallet: listing, adding, importing and deriving them. */

import { TIMESTAMP_WINDOW } from '../../../core/consensus/limits.ts';
import { JsonNumber, JsonObject } from '../../../core/encoding/json.ts';
import { addAccount, addHdKey, deriveHdKey, hdKeys } from '../../../wallet/hd-keys.ts';
import { importFromText } from '../../../wallet/importing.ts';
import type { OwnDescriptor } from '../../../wallet/key-ring.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { range as rangeOf } from '../../descriptor-scripts.ts';
import { group, type JsonRead, RpcCode, type RpcContext, refuse, t, walletMethod } from '../../kit.ts';
import { refusalOf } from '../../refusals.ts';
import { bigintFrom, typeName } from '../../values.ts';
import { addressTypeFrom, labelFrom } from '../../wallet-access.ts';

const next = ({ descriptor, next }: OwnDescriptor) => (descriptor.isRange ? next : undefined);
const shown = t.view<[own: OwnDescriptor, secrets: Wallet['vault'] | undefined]>()({
  desc: [
    t.string(),
    (own, secrets) => (secrets ? own.descriptor.format('private', secrets.lookup)! : own.shown),
  ],
  timestamp: [t.time('Nothing was paid to it before'), ({ createdAt }) => createdAt],
  active: [t.boolean('New addresses come from it'), ({ active }) => active !== null],
  internal: [t.optional(t.boolean('For change')), (own) => (own.active === null ? undefined : own.internal)],
  range: [
    t.optional(t.array(t.integer(), 'First and last index that is watched')),
    (own) => (own.descriptor.isRange ? [own.rangeStart, own.rangeEnd - 1] : undefined),
  ],
  next: [t.optional(t.integer()), next],
  next_index: [t.optional(t.integer('Of the next new address')), next],
});

/** Seconds; `now` is the median time of the tip, as in Core. */
function timestampFrom(value: JsonRead, { chain }: RpcContext): number {
  if (value instanceof JsonNumber) return Number(bigintFrom(value));
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
    active: t.flag('Addresses of its type come from it'),
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

function readImport(item: JsonRead, context: RpcContext): ImportRequest {
  if (!(item instanceof JsonObject) || !item.has('timestamp'))
    throw refuse.type('Missing required timestamp field for key');
  return importRequest.read(item, '', context);
}

function importOne(wallet: Wallet, told: ImportRequest, warnings: string[]): Promise<void> {
  const { timestamp, desc: text, next_index: next, ...request } = told;
  const createdAt = Math.max(1, timestamp);
  if (text === undefined) throw refuse.parameter('Descriptor not found.');
  const label = request.label === undefined ? undefined : labelFrom(request.label);
  return importFromText(wallet, { ...request, text, createdAt, next, label }, warnings);
}

/** What a rescan had to leave out. */
const unreadFrom = (timestamp: number, time: number, { chain }: RpcContext): string =>
  `Rescan failed for descriptor with timestamp ${timestamp}. A block of time ${time} cannot be read, which is after its creation or at most ${TIMESTAMP_WINDOW} seconds before: payments to it may be missing here. ${
    chain.background === undefined || chain.pruner.prunedHeight >= 0
      ? 'Blocks were pruned or are damaged: get them back by -reindex, then call rescanblockchain.'
      : 'Blocks below a snapshot are still on their way: see getchainstates, and try again when they are here.'
  }`;

const imported = t.object({
  success: t.boolean(),
  warnings: t.optional(t.array(t.string())),
  error: t.optional(t.object({ code: t.integer(), message: t.string() })),
});

export const walletKeyMethods = group('Wallet', {
  keypoolrefill: walletMethod({
    help: 'Watches this many scripts beyond the next one of each descriptor.',
    parameters: { newsize: t.optional(t.integer(), '-keypool') },
    async handler({ newsize: size = 0 }, wallet) {
      if (size < 0) throw refuse.parameter('Invalid parameter, expected valid size.');
      wallet.vault.requireUnlocked();
      if (await wallet.keys.topUpAll(size === 0 ? wallet.keys.gap : size)) wallet.history.reindex();
    },
  }),

  gethdkeys: walletMethod({
    help: 'The extended keys (BIP32) of the wallet, and the descriptors that they are in.',
    parameters: {
      options: t.options({
        active_only: t.flag('Only of descriptors that new addresses come from'),
        private: t.flag('Private keys too: who sees them can spend everything'),
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

  addhdkey: walletMethod({
    help: 'Adds an extended key to the wallet, from which createwalletdescriptor and derivehdkey make others.',
    parameters: { hdkey: t.optional(t.string('Private (xprv)'), 'a new one') },
    result: t.object({ xpub: t.string() }),
    handler: async ({ hdkey }, wallet) => ({ xpub: (await addHdKey(wallet, hdkey)).publicExtendedKey }),
  }),

  derivehdkey: walletMethod({
    help: 'A key below an extended key of the wallet, as descriptors take it that several wallets sign for.',
    parameters: {
      path: t.string('BIP32; at least one step is hardened'),
      options: t.options({
        private: t.flag('The private key too: who sees it can spend what is below it'),
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
    handler({ path, options }, wallet) {
      const { key, origin } = deriveHdKey(wallet, path, options.hdkey);
      return {
        origin,
        xpub: key.publicExtendedKey,
        xprv: options.private ? key.privateExtendedKey : undefined,
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
    async handler({ type, options: { internal, hdkey } }, wallet) {
      const sides = internal === undefined ? [false, true] : [internal];
      const added = await addAccount(wallet, addressTypeFrom(type), sides, hdkey);
      return { descs: added.map(({ shown }) => shown) };
    },
  }),

  listdescriptors: walletMethod({
    help: 'The descriptors that the wallet watches, with public keys or, if asked, with private ones.',
    parameters: { private: t.flag('Who sees them can spend everything') },
    result: t.object({
      wallet_name: t.string(),
      descriptors: t.array(shown),
    }),
    handler({ private: showPrivate }, wallet) {
      if (showPrivate && !wallet.hasPrivateKeys)
        throw refuse.wallet("Can't get private descriptor string for watch-only wallets");
      if (showPrivate) wallet.vault.requireUnlocked();
      const sorted = [...wallet.keys.descriptors].sort((a, b) => (a.text < b.text ? -1 : 1));
      return {
        wallet_name: wallet.name,
        descriptors: sorted.map((own) => shown.of(own, showPrivate ? wallet.vault : undefined)),
      };
    },
  }),

  importdescriptors: walletMethod({
    help:
      'Watches descriptors, and looks through the chain for what was paid to them since the earliest of their times,\n' +
      'which may take long.',
    parameters: {
      requests: t.items(importRequest),
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
          earliest = Math.min(earliest, Math.max(1, one.timestamp));
          answers.push({ success: true, warnings: warnings() });
        } catch (caught) {
          const error = refusalOf(caught);
          if (error === undefined) throw caught;
          const { code, message } = error;
          answers.push({ success: false, error: { code, message }, warnings: warnings() });
        }
      }
      const unread = Number.isFinite(earliest) ? await wallet.rescanFrom(earliest) : undefined;
      if (unread === undefined) return answers;
      return answers.map((answer, i) => {
        const { timestamp } = all[i]!;
        if (!answer.success || unread + TIMESTAMP_WINDOW < timestamp) return answer;
        return {
          success: false,
          error: { code: RpcCode.MISC_ERROR, message: unreadFrom(timestamp, unread, context) },
        };
      });
    },
  }),
});
