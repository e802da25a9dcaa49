/** A transaction from the inputs and outputs that a caller lists (Core's ConstructTransaction). */
import { concatBytes, EMPTY, toHex } from '../core/encoding/bytes.ts';
import { JsonNumber, JsonObject, type JsonRead } from '../core/encoding/json.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { AddressError, decodeAddress } from '../core/script/address.ts';
import { OP } from '../core/script/opcodes.ts';
import { pushData } from '../core/script/script.ts';
import { MAX_STANDARD_VERSION } from '../core/script/standard.ts';
import {
  NO_WITNESS,
  SEQUENCE_FINAL,
  SEQUENCE_NOT_FINAL,
  SEQUENCE_REPLACEABLE,
  Transaction,
  type TxOut,
} from '../core/transaction/transaction.ts';
import { type RpcError, refuse, refusing } from './errors.ts';
import { LIMITS } from './limits.ts';
import * as t from './schema.ts';
import { amountFrom, arrayFrom, bytesFrom, INT64, integerFrom } from './values.ts';

interface Construction {
  /** Read when it is their turn. */
  readonly inputs: (() => readonly Input[]) | undefined;
  /** `[{address: amount}, {data: hex}]`, or all in one object. */
  readonly outputs: JsonRead | undefined;
  readonly locktime: number;
  /** Undefined: replaceable, but explicit sequences may say otherwise. */
  readonly replaceable: boolean | undefined;
  readonly version: number;
}

/** @throws RpcError */
export function constructTransaction(wanted: Construction, parameters: NetworkParameters): Transaction {
  const { locktime: lockTime, replaceable, version } = wanted;
  if (lockTime < 0 || lockTime > 0xffffffff) throw invalid('locktime out of range');
  if (version < 1 || version > MAX_STANDARD_VERSION)
    throw invalid(`version out of range(1~${MAX_STANDARD_VERSION})`);
  const standard = standardSequence(replaceable ?? true, lockTime);
  const inputs = (wanted.inputs?.() ?? []).map(({ txid, vout, sequence = standard }) => {
    return { prevout: { txid, vout }, scriptSig: EMPTY, sequence, witness: NO_WITNESS };
  });
  const outputs = outputsFrom(wanted.outputs, parameters);
  if (replaceable && inputs.length > 0 && !inputs.some((input) => input.sequence <= SEQUENCE_REPLACEABLE))
    throw refuse.parameter('Invalid parameter combination: Sequence number(s) contradict replaceable option');
  return Transaction.from({ version, inputs, outputs, lockTime });
}

function standardSequence(replaceable: boolean, lockTime: number): number {
  if (replaceable) return SEQUENCE_REPLACEABLE;
  return lockTime === 0 ? SEQUENCE_FINAL : SEQUENCE_NOT_FINAL;
}

export const invalid = (what: string): RpcError => refuse.parameter(`Invalid parameter, ${what}`);

/** @throws RpcError also if an address, or `data`, is there twice. */
export function outputsFrom(value: JsonRead | undefined, parameters: NetworkParameters): TxOut[] {
  const outputs: TxOut[] = [];
  const scripts = new Set<string>();
  let hasData = false;
  for (const [key, item] of outputPairs(value)) {
    if (key === 'data') {
      if (hasData) throw invalid('duplicate key: data');
      hasData = true;
      const data = bytesFrom(item, 'Data');
      outputs.push({ value: 0n, scriptPubKey: concatBytes(Uint8Array.of(OP.RETURN), pushData(data)) });
      continue;
    }
    const satoshis = amountFrom(item);
    const scriptPubKey = addressScript(key, parameters);
    if (scripts.has(toHex(scriptPubKey))) throw invalid(`duplicated address: ${key}`);
    scripts.add(toHex(scriptPubKey));
    outputs.push({ value: satoshis, scriptPubKey });
  }
  return outputs;
}

/** @throws RpcError if it is no list of pairs */
export function outputPairs(value: JsonRead | undefined): readonly (readonly [string, JsonRead])[] {
  if (value === undefined || value === null) throw invalid('output argument must be non-null');
  if (value instanceof JsonObject) return value.entries;
  return arrayFrom(value).map((pair) => {
    if (!(pair instanceof JsonObject)) throw invalid('key-value pair not an object as expected');
    if (pair.entries.length !== 1) throw invalid('key-value pair must contain exactly one key');
    return pair.entries[0]!;
  });
}

/** @throws RpcError -5 in Core's words, `what` coming before the address. */
export function addressScript(
  address: string,
  parameters: NetworkParameters,
  what = 'Invalid Bitcoin address: ',
): Uint8Array {
  const refusal = () => refuse.key(`${what}${what.endsWith(' ') ? address : ''}`);
  return refusing(AddressError, refusal, () => decodeAddress(address, parameters));
}

/** Which output an object names, in Core's words where it does not. */
export const outPoint = {
  txid: t.hash(),
  vout: t.custom<number, number>(t.integer(), (value) => {
    if (!(value instanceof JsonNumber)) throw invalid('missing vout key');
    const vout = integerFrom(value);
    if (vout < 0) throw invalid('vout cannot be negative');
    return vout;
  }),
};

const sequence = t.custom<number, number | undefined>(t.long(), (value) => {
  if (!(value instanceof JsonNumber)) return undefined;
  const sequence = integerFrom(value, INT64);
  if (sequence < 0 || sequence > SEQUENCE_FINAL) throw invalid('sequence number is out of range');
  return sequence;
});

const input = { ...outPoint, sequence: t.optional(sequence, 'by replaceable and locktime') };
type Input = t.HeldFields<typeof input>;

/** What is spent. @param more of each input */
export const inputsWith = <F extends t.Fields>(more: F, help: string) =>
  t.deferred(t.array(t.object({ ...input, ...more }, '', { loose: true }), help, LIMITS.inputs));

/** A list, or for compatibility one object. */
export const outputsSchema = t.unread<
  Readonly<Record<string, number | string>> | readonly Readonly<Record<string, number | string>>[]
>(
  t.array(
    t.record(t.amount('BTC'), 'address'),
    'One object each: {ADDRESS: amount}, no address twice, or {"data": hex} once for an OP_RETURN output',
  ),
  ['array', 'object'],
);

/** Parameters of every method that constructs a transaction. */
export const construction = {
  inputs: inputsWith({}, 'What is spent'),
  outputs: outputsSchema,
  locktime: t.standard(t.long('A height, or from 500,000,000 on seconds since 1970; 0 for none'), 0),
  replaceable: t.optional(t.boolean('May be replaced by one that pays more (BIP125)'), 'true'),
  version: t.standard(t.uint32(), 2),
};
