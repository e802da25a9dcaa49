/**
 * Funding what a caller lists (Core's FundTransaction): the options of every method that does so, declared
 * once, and what they mean.
 */

import { fromHex, isHex } from '../core/encoding/bytes.ts';
import { hash160 } from '../core/encoding/hashes.ts';
import { JsonNumber, type JsonRead } from '../core/encoding/json.ts';
import { MAX_STANDARD_TX_WEIGHT } from '../core/script/standard.ts';
import { p2wpkh } from '../core/script/templates.ts';
import { type FeeRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import { type OutPoint, outPointText, type Transaction } from '../core/transaction/transaction.ts';
import { DescriptorError } from '../wallet/descriptors/descriptor-error.ts';
import { parseDescriptor } from '../wallet/descriptors/parse.ts';
import { chosenRate } from '../wallet/fee-rate.ts';
import { presetInputs, type WeighedInputs } from '../wallet/preset-inputs.ts';
import { SigningProvider } from '../wallet/signing/provider.ts';
import { type PlannedTransaction, planTransaction } from '../wallet/spend.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { addressScript, inputsWith, invalid, outPoint, outputPairs } from './construct-transaction.ts';
import type { RpcContext } from './context.ts';
import { refuse, refusing } from './errors.ts';
import { feeFields, readFeeChoice } from './fee-choice.ts';
import { refuseAs } from './refusals.ts';
import * as t from './schema.ts';
import { publicKeyFrom } from './texts.ts';
import { amountFrom, arrayFrom, INT64, integerFrom, typeName } from './values.ts';
import { addressTypeFrom } from './wallet-access.ts';

const solvingData = {
  pubkeys: t.standard(t.array(t.hex(), 'Public keys of inputs'), []),
  scripts: t.standard(t.array(t.hex(), 'Redeem and witness scripts of inputs'), []),
  descriptors: t.standard(t.array(t.string(), 'Descriptors of inputs, with checksums'), []),
};

/** Fields that are refused where they are null, and not left out. */
const explicit = <const F extends t.Fields>(fields: F): F =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...field, explicit: true }]),
  ) as unknown as F;

/** What all three methods take. `send` knows the names with underscores only. */
export const FUND_OPTIONS = {
  ...explicit({
    add_inputs: t.optional(
      t.boolean('Add coins of the wallet where the inputs are not enough'),
      'false when inputs are given, true otherwise',
    ),
    include_unsafe: t.flag('Also spend unconfirmed coins that others made'),
    minconf: t.standard(t.integer('Confirmations that an added coin has at least'), 0),
    maxconf: t.optional(t.integer('Confirmations that an added coin has at most')),
    'change_address|changeAddress': t.optional(t.string('Address for the change'), 'automatic'),
    'change_position|changePosition': t.optional(t.integer('Index of the change output'), 'random'),
    change_type: t.optional(
      t.string('Kind of the change address, as for getnewaddress'),
      'like what is paid',
    ),
    'include_watching|includeWatching': t.flag('No longer used'),
    'lock_unspents|lockUnspents': t.flag('Lock the coins that are chosen'),
    feeRate: t.optional(t.unread<number | string>(t.amount('Fee rate in BTC/kvB'))),
    'subtract_fee_from_outputs|subtractFeeFromOutputs': t.standard(
      t.custom<readonly (number | string)[], JsonRead>(
        t.array(
          t.integer('Index of an output, change not counted'),
          'Outputs that pay the fee in equal parts',
        ),
        (value) => {
          if (Array.isArray(value)) return value;
          throw refuse.misc('JSON value is not an object or array as expected');
        },
      ),
      [],
    ),
    max_tx_weight: t.standard(t.integer('Weight that the transaction may have'), MAX_STANDARD_TX_WEIGHT),
    replaceable: t.optional(t.boolean('May be replaced by one that pays more (BIP125)'), 'wallet default'),
    solving_data: t.standard(t.object(solvingData, 'What tells the size of foreign inputs'), {
      pubkeys: [],
      scripts: [],
      descriptors: [],
    }),
  }),
  ...feeFields,
};

const weight = t.custom<number, number>(
  t.long('The largest weight of the input once it is signed, 165 to 400000'),
  (value) => {
    if (!(value instanceof JsonNumber)) throw invalid('missing weight key');
    const weight = integerFrom(value, INT64);
    if (weight < 165)
      throw invalid(
        'weight cannot be less than 165 (41 bytes (size of outpoint + sequence + empty scriptSig) * 4 (witness scaling factor)) + 1 (empty witness)',
      );
    if (weight > MAX_STANDARD_TX_WEIGHT)
      throw invalid(
        `weight cannot be greater than the maximum standard tx weight of ${MAX_STANDARD_TX_WEIGHT}`,
      );
    return weight;
  },
);

/** Inputs where coins may be added. */
export const inputsSchema = inputsWith(
  explicit({ weight: t.deferred(t.optional(weight, 'found by itself')) }),
  'What is spent in any case',
);

export const RAW_OPTIONS = {
  ...FUND_OPTIONS,
  ...explicit({
    input_weights: t.standard(
      t.array(
        t.object({ ...outPoint, weight }, '', { loose: true }),
        'Inputs that are spent, with their weights',
      ),
      [],
    ),
  }),
};

/** A field that Core reads before it checks the types of all: errors do not name it. */
export const early = <S extends t.Schema>(schema: S): S => ({ ...schema, json: undefined });
export const PSBT_OPTIONS = { ...FUND_OPTIONS, replaceable: early(FUND_OPTIONS.replaceable) };

type FundOptions = t.HeldFields<typeof FUND_OPTIONS>;

/** The same of what is told to be paid. @param outputs as `outputs` */
export const payersAmong = (outputs: JsonRead, told: JsonRead | undefined): ReadonlySet<number> =>
  feePayersFrom(
    told,
    outputPairs(outputs).map(([key]) => key),
  );

/**
 * Indexes of the outputs that pay the fee, each told once, by its index or its address.
 * @param destinations addresses of the outputs, in their order; empty where there is none
 * @throws RpcError -8
 */
export function feePayersFrom(
  told: JsonRead | undefined,
  destinations: readonly string[],
): ReadonlySet<number> {
  const fail = (what: string) => refuse.parameter(`Invalid parameter 'subtract fee from output', ${what}`);
  const payers = new Set<number>();
  for (const value of told === undefined || told === null ? [] : arrayFrom(told)) {
    if (typeof value !== 'string' && !(value instanceof JsonNumber))
      throw fail(`invalid value type: ${typeName(value)}`);
    const position = typeof value === 'string' ? destinations.indexOf(value) : integerFrom(value);
    if (typeof value === 'string' && position < 0) throw fail(`destination ${value} not found in tx outputs`);
    if (payers.has(position)) throw fail(`duplicated position: ${position}`);
    if (position < 0) throw fail(`negative position: ${position}`);
    if (position >= destinations.length) throw fail(`position too large: ${position}`);
    payers.add(position);
  }
  return payers;
}

/** @param list `input_weights` */
export const weighed = (list: readonly (OutPoint & { readonly weight: number })[]): WeighedInputs =>
  new Map(list.map(({ weight, ...outpoint }) => [outPointText(outpoint), { outpoint, weight }]));

/** Weights that stand with inputs. @throws RpcError -8 */
export const weightsOfInputs = (inputs: t.Held<typeof inputsSchema> | undefined): WeighedInputs =>
  weighed(
    (inputs?.() ?? []).flatMap(({ txid, vout, weight }) => {
      const told = weight();
      return told === undefined ? [] : [{ txid, vout, weight: told }];
    }),
  );

/** @throws RpcError -8 where weights stand with the inputs */
export function refuseInputWeights(options: { has(name: string): boolean }): void {
  if (options.has('input_weights'))
    throw refuse.parameter('Input weights should be specified in inputs rather than in options.');
}

interface Funding {
  /** What is spent in any case, and all that is paid. */
  readonly draft: Transaction;
  /** Undefined: close to the tip. */
  readonly lockTime: number | undefined;
  /** Outputs that pay the fee. */
  readonly payers: ReadonlySet<number>;
  /** Where they are not among those of the draft, they are spent as well, as Bitcoin Core has it. */
  readonly weights: WeighedInputs;
  readonly options: FundOptions;
  /** Unless the options say otherwise. */
  readonly addInputs: boolean;
  /** A rate that the caller insists on may be below the wallet's minimum. */
  readonly anyRate: boolean;
}

/** In the wallet's turn; locks the coins if that is asked for. @throws RpcError */
export async function fundTransaction(
  wallet: Wallet,
  funding: Funding,
  context: RpcContext,
): Promise<PlannedTransaction> {
  const { draft, payers, weights, options, lockTime } = funding;
  const { change_address: changeAddress, change_position: changePosition, change_type: type } = options;
  const { minconf, maxconf, replaceable, max_tx_weight: maximumWeight } = options;
  const recipients = draft.outputs.map(({ value, scriptPubKey: script }, i) => {
    return { script, value, subtractFee: payers.has(i) };
  });
  const what = 'Change address must be a valid bitcoin address';
  const changeScript = changeAddress ? addressScript(changeAddress, context.parameters, what) : undefined;
  if (changePosition !== undefined && (changePosition < 0 || changePosition > recipients.length))
    throw refuse.parameter('changePosition out of bounds');
  if (type !== undefined && changeAddress !== undefined)
    throw refuse.parameter('Cannot specify both change address and address type options');
  const changeType = type === undefined ? undefined : addressTypeFrom(type, 'change');
  const oldRate = options.feeRate === undefined ? undefined : readOldRate(options);
  if (minconf < 0) throw refuse.parameter('Negative minconf');
  if (maxconf !== undefined && maxconf < minconf)
    throw refuse.parameter(`maxconf can't be lower than minconf: ${maxconf} < ${minconf}`);
  const choice = readFeeChoice(wallet, options, replaceable);
  const provider = solvingProvider(options.solving_data, context);
  if (recipients.length === 0) throw refuse.parameter('TX must have at least one output');
  const inputs = await presetInputs(wallet, draft, weights, provider);
  const plan = refuseAs(refuse.wallet, () => {
    const rate = oldRate ?? (funding.anyRate ? choice.feeRate : undefined);
    return planTransaction(wallet, {
      ...{
        recipients,
        inputs,
        changeScript,
        changeType,
        changePosition,
        replaceable,
        lockTime,
        maximumWeight,
      },
      feeRate: rate ?? chosenRate(wallet, choice).rate,
      version: draft.version,
      addInputs: options.add_inputs ?? funding.addInputs,
      includeUnsafe: options.include_unsafe,
      minimumDepth: minconf,
      maximumDepth: maxconf,
    });
  });
  if (options.lock_unspents) for (const { prevout } of plan.tx.inputs) wallet.locks.add(prevout, false);
  return plan;
}

/** `feeRate`, in BTC/kvB: the form of old. */
function readOldRate({
  fee_rate: rate,
  conf_target: target,
  estimate_mode: mode,
  feeRate,
}: FundOptions): FeeRate {
  if (rate !== undefined)
    throw refuse.parameter('Cannot specify both fee_rate (sat/vB) and feeRate (BTC/kvB)');
  if (target !== undefined)
    throw refuse.parameter(
      'Cannot specify both conf_target and feeRate. Please provide either a confirmation target in blocks for automatic fee estimation, or an explicit fee rate.',
    );
  if (mode !== 'unset') throw refuse.parameter('Cannot specify both estimate_mode and feeRate');
  return satPerKvB(amountFrom(feeRate));
}

function solvingProvider(
  { pubkeys, scripts, descriptors }: t.HeldFields<typeof solvingData>,
  { parameters }: RpcContext,
): SigningProvider {
  const provider = new SigningProvider();
  for (const text of pubkeys) {
    const key = publicKeyFrom(text);
    provider.addKey(key, null, null);
    provider.addScript(p2wpkh(hash160(key)));
  }
  for (const text of scripts) {
    if (!isHex(text)) throw refuse.key(`'${text}' is not hex`);
    provider.addScript(fromHex(text));
  }
  for (const text of descriptors) {
    const { descriptors: all, secrets } = refusing(
      DescriptorError,
      ({ message }) => refuse.parameter(`Unable to parse descriptor '${text}': ${message}`),
      () => parseDescriptor(text, parameters, true),
    );
    for (const descriptor of all) {
      const expansion = descriptor.expand(0, secrets.lookup);
      if (expansion !== null) provider.merge(expansion.provider);
    }
  }
  return provider;
}
