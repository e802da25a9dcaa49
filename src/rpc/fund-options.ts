/** The options of every method that funds a transaction (Core's FundTxDoc), which share names and errors. */
import { fromDisplayHex } from '../core/encoding/bytes.ts';
import { type OutPoint, outPointText } from '../core/transaction/transaction.ts';
import { SigningProvider } from '../wallet/signing/provider.ts';
import { inputWeight } from '../wallet/solving.ts';
import type { PresetInput, SpendRequest } from '../wallet/spend.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { addressScript } from './construct-transaction.ts';
import type { RpcContext } from './context.ts';
import { RpcCode, RpcError } from './errors.ts';
import { JsonNumber, type JsonObject, type JsonRead } from './json.ts';
import { param } from './parameter.ts';
import { readDescriptor } from './refusals.ts';
import {
  arrayFrom,
  booleanFrom,
  feeRateFrom,
  hashTextFrom,
  integerFrom,
  objectFrom,
  stringFrom,
  typeName,
} from './values.ts';
import { addressTypeFrom, readFeeRate } from './wallet-access.ts';

interface FundOptions {
  readonly request: Omit<SpendRequest, 'recipients'>;
  /** Which outputs pay the fee, as `feePayersFrom` reads it. */
  readonly subtract: JsonRead | undefined;
  readonly lockCoins: boolean;
  readonly addInputs: boolean | undefined;
}

const NAMES = new Set([
  'add_inputs',
  'add_to_wallet',
  'psbt',
  'include_unsafe',
  'minconf',
  'maxconf',
  'change_address',
  'changeAddress',
  'change_position',
  'changePosition',
  'change_type',
  'include_watching',
  'includeWatching',
  'inputs',
  'locktime',
  'lock_unspents',
  'lockUnspents',
  'fee_rate',
  'feeRate',
  'subtract_fee_from_outputs',
  'subtractFeeFromOutputs',
  'conf_target',
  'estimate_mode',
  'replaceable',
  'solving_data',
  'input_weights',
  'max_tx_weight',
  'version',
  'psbt_version',
]);

/** Fee parameters that may also stand beside the options. */
export interface FeeParameters {
  readonly target?: JsonRead | undefined;
  readonly mode?: JsonRead | undefined;
  readonly rate?: JsonRead | undefined;
}

const given = (value: JsonRead | undefined): value is JsonRead => value !== undefined && value !== null;

export async function readFundOptions(
  wallet: Wallet,
  options: JsonObject,
  context: RpcContext,
  fees: FeeParameters = {},
): Promise<FundOptions> {
  for (const [name] of options.entries)
    if (!NAMES.has(name)) throw new RpcError(RpcCode.TYPE_ERROR, `Unexpected key ${name}`);
  /** A value by any of its names. */
  const read = <T>(names: string, convert: (value: JsonRead) => T): T | undefined => {
    for (const name of names.split('|')) {
      const value = options.get(name);
      if (given(value)) return convert(value);
    }
    return undefined;
  };
  const changeAddress = read('change_address|changeAddress', stringFrom);
  const changeType = read('change_type', stringFrom);
  if (changeAddress !== undefined && changeType !== undefined)
    throw new RpcError(
      RpcCode.INVALID_PARAMETER,
      'Cannot specify both change address and address type options',
    );
  const changeScript =
    changeAddress === undefined
      ? undefined
      : addressScript(changeAddress, context.parameters, 'Change address must be a valid bitcoin address');
  const oldRate = read('feeRate', feeRateFrom);
  const newRate = options.get('fee_rate') ?? fees.rate;
  if (oldRate !== undefined && given(newRate))
    throw new RpcError(
      RpcCode.INVALID_PARAMETER,
      'Cannot specify both fee_rate (sat/vB) and feeRate (BTC/kvB)',
    );
  const target = options.get('conf_target') ?? fees.target;
  const mode = options.get('estimate_mode') ?? fees.mode;
  const feeRate = oldRate ?? readFeeRate(wallet, target, mode, newRate).rate;
  const position = read('change_position|changePosition', (value) => integerFrom(value));
  const fields = {
    changeScript,
    changeType: changeType === undefined ? undefined : addressTypeFrom(changeType),
    changePosition: position === -1 ? undefined : position,
    replaceable: read('replaceable', booleanFrom),
    lockTime: read('locktime', (value) => integerFrom(value, [0, 0xffffffff])),
    version: read('version', (value) => integerFrom(value)),
    includeUnsafe: read('include_unsafe', booleanFrom),
    minimumDepth: read('minconf', (value) => integerFrom(value)),
    maximumDepth: read('maxconf', (value) => integerFrom(value)),
    inputs: await read('inputs', (value) => presetInputs(wallet, arrayFrom(value), options, context)),
  };
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return {
    request: { feeRate, ...present },
    subtract: read('subtract_fee_from_outputs|subtractFeeFromOutputs', (value) => value),
    lockCoins: read('lock_unspents|lockUnspents', booleanFrom) ?? false,
    addInputs: read('add_inputs', booleanFrom),
  };
}

/**
 * Indexes of the outputs that pay the fee, each told once, by its index or its address.
 * @param destinations addresses of the outputs, in their order; empty where there is none
 * @throws RpcError -8
 */
export function feePayersFrom(
  told: JsonRead | undefined,
  destinations: readonly string[],
): ReadonlySet<number> {
  const refuse = (what: string): RpcError =>
    new RpcError(RpcCode.INVALID_PARAMETER, `Invalid parameter 'subtract fee from output', ${what}`);
  const payers = new Set<number>();
  for (const value of given(told) ? arrayFrom(told) : []) {
    if (typeof value !== 'string' && !(value instanceof JsonNumber))
      throw refuse(`invalid value type: ${typeName(value)}`);
    const position = typeof value === 'string' ? destinations.indexOf(value) : integerFrom(value);
    if (typeof value === 'string' && position < 0)
      throw refuse(`destination ${value} not found in tx outputs`);
    if (payers.has(position)) throw refuse(`duplicated position: ${position}`);
    if (position < 0) throw refuse(`negative position: ${position}`);
    if (position >= destinations.length) throw refuse(`position too large: ${position}`);
    payers.add(position);
  }
  return payers;
}

/** Inputs that the caller chose; foreign ones with the weight that is told or that solving data gives. */
export async function presetInputs(
  wallet: Wallet,
  list: readonly JsonRead[],
  options: JsonObject,
  context: RpcContext,
): Promise<PresetInput[]> {
  const inputs = list.map((item) => {
    const object = objectFrom(item);
    const outpoint = {
      txid: fromDisplayHex(hashTextFrom(object.get('txid'), 'txid')),
      vout: integerFrom(object.get('vout')),
    };
    const sequence = object.get('sequence');
    const weight = object.get('weight');
    return {
      outpoint,
      sequence: given(sequence) ? integerFrom(sequence, [0, 0xffffffff]) : undefined,
      weight: given(weight) ? integerFrom(weight) : undefined,
    };
  });
  return completeInputs(wallet, inputs, options, context);
}

interface ChosenInput {
  readonly outpoint: OutPoint;
  readonly sequence: number | undefined;
  readonly weight: number | undefined;
}

export async function completeInputs(
  wallet: Wallet,
  inputs: readonly ChosenInput[],
  options: JsonObject,
  { chain, mempool, parameters }: RpcContext,
): Promise<PresetInput[]> {
  const weights = readWeights(options);
  const provider = readSolvingData(options, parameters);
  const confirmed = await chain.coins(inputs.map(({ outpoint }) => outpoint));
  return inputs.map(({ outpoint, sequence, weight }, i) => {
    const preset = sequence === undefined ? { outpoint } : { outpoint, sequence };
    const output = (mempool.output(outpoint) ?? confirmed[i])?.output;
    if (wallet.history.output(outpoint) !== undefined || output === undefined) return preset;
    const known = weight ?? weights.get(outPointText(outpoint)) ?? inputWeight(output.scriptPubKey, provider);
    return known === null ? preset : { ...preset, external: { output, weight: known } };
  });
}

function readWeights(options: JsonObject): Map<string, number> {
  const list = options.get('input_weights');
  return new Map(
    (given(list) ? arrayFrom(list) : []).map((item) => {
      const object = objectFrom(item);
      const txid = fromDisplayHex(hashTextFrom(object.get('txid'), 'txid'));
      return [
        outPointText({ txid, vout: integerFrom(object.get('vout')) }),
        integerFrom(object.get('weight')),
      ];
    }),
  );
}

function readSolvingData(options: JsonObject, parameters: RpcContext['parameters']): SigningProvider {
  const provider = new SigningProvider();
  const data = options.get('solving_data');
  const descriptors = given(data) ? objectFrom(data).get('descriptors') : undefined;
  for (const text of given(descriptors) ? arrayFrom(descriptors) : []) {
    const parsed = readDescriptor(stringFrom(text), parameters);
    for (const descriptor of parsed.descriptors) {
      const expansion = descriptor.expand(0, parsed.secrets.lookup);
      if (expansion !== null) provider.merge(expansion.provider);
    }
  }
  return provider;
}

/** The parameter `options`, told in words: its fields are read here. */
export const fundOptionsParameter = param.any(
  'object',
  'options',
  'add_inputs, include_unsafe, minconf, maxconf, changeAddress, changePosition, change_type, lockUnspents, fee_rate (sat/vB),\n' +
    'feeRate (BTC/kvB), subtractFeeFromOutputs, conf_target, estimate_mode, replaceable, solving_data, input_weights',
  { optional: true },
);
