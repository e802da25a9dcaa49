/** Transactions as Bitcoin Core's RPCs show them (TxToUniv). */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { toAssembly } from '../../core/script/assembly.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { Transaction, TxIn } from '../../core/transaction/transaction.ts';
import type { JsonWritable } from '../json.ts';
import { type Result, result } from '../result.ts';
import { btc } from '../values.ts';
import { scriptJson, scriptResult } from './script.ts';

interface TransactionView {
  /** What its inputs spend, if known: the fee is shown then. */
  readonly spent?: readonly Coin[] | undefined;
  /** Shows each spent output. */
  readonly prevouts?: boolean;
  readonly hex?: boolean;
}

export function transactionJson(
  tx: Transaction,
  parameters: NetworkParameters,
  view: TransactionView = {},
): { readonly [key: string]: JsonWritable } {
  const { spent } = view;
  const coinbase = tx.isCoinbase;
  return {
    txid: tx.txid,
    hash: tx.wtxid,
    version: tx.version,
    size: tx.bytes.length,
    vsize: tx.virtualSize,
    weight: tx.weight,
    locktime: tx.lockTime,
    vin: tx.inputs.map((input, i) =>
      inputJson(input, coinbase, view.prevouts ? spent?.[i] : undefined, parameters),
    ),
    vout: tx.outputs.map((output, n) => ({
      value: btc(output.value),
      n,
      scriptPubKey: scriptJson(output.scriptPubKey, parameters),
    })),
    fee: spent === undefined || coinbase ? undefined : btc(feeOf(tx, spent)),
    hex: view.hex ? toHex(tx.bytes) : undefined,
  };
}

function inputJson(
  input: TxIn,
  coinbase: boolean,
  spent: Coin | undefined,
  parameters: NetworkParameters,
): JsonWritable {
  const txinwitness = input.witness.length === 0 ? undefined : input.witness.map(toHex);
  const { sequence } = input;
  if (coinbase) return { coinbase: toHex(input.scriptSig), txinwitness, sequence };
  return {
    txid: toDisplayHex(input.prevout.txid),
    vout: input.prevout.vout,
    scriptSig: { asm: toAssembly(input.scriptSig, true), hex: toHex(input.scriptSig) },
    txinwitness,
    prevout: spent && {
      generated: spent.coinbase,
      height: spent.height,
      value: btc(spent.output.value),
      scriptPubKey: scriptJson(spent.output.scriptPubKey, parameters),
    },
    sequence,
  };
}

function feeOf(tx: Transaction, spent: readonly Coin[]): bigint {
  let fee = 0n;
  for (const coin of spent) fee += coin.output.value;
  for (const output of tx.outputs) fee -= output.value;
  return fee;
}

/** Fields of a decoded transaction. */
export const transactionResult: readonly Result[] = [
  result.hex('txid', 'The transaction id'),
  result.hex('hash', 'The transaction hash (differs from txid for witness transactions)'),
  result.number('version', 'The version'),
  result.number('size', 'The serialized transaction size'),
  result.number('vsize', 'The virtual transaction size (differs from size for witness transactions)'),
  result.number('weight', "The transaction's weight (between vsize*4-3 and vsize*4)"),
  result.time('locktime', 'The lock time'),
  result.array('vin', '', [
    result.object('', '', [
      result.hex('coinbase', 'The coinbase value (only if coinbase transaction)', { optional: true }),
      result.hex('txid', 'The transaction id (if not coinbase transaction)', { optional: true }),
      result.number('vout', 'The output number (if not coinbase transaction)', { optional: true }),
      result.object(
        'scriptSig',
        'The script (if not coinbase transaction)',
        [result.string('asm', 'Disassembly of the signature script'), result.hex('hex', 'The raw bytes')],
        { optional: true },
      ),
      result.array('txinwitness', '', [result.hex('hex', 'hex-encoded witness data (if any)')], {
        optional: true,
      }),
      result.object(
        'prevout',
        'The previous output, if asked for and known',
        [
          result.boolean('generated', 'Coinbase or not'),
          result.number('height', 'The height of the prevout'),
          result.amount('value', 'The value in BTC'),
          result.object('scriptPubKey', '', scriptResult),
        ],
        { optional: true },
      ),
      result.number('sequence', 'The script sequence number'),
    ]),
  ]),
  result.array('vout', '', [
    result.object('', '', [
      result.amount('value', 'The value in BTC'),
      result.number('n', 'index'),
      result.object('scriptPubKey', '', scriptResult),
    ]),
  ]),
  result.amount('fee', 'transaction fee in BTC, omitted if block undo data is not available', {
    optional: true,
  }),
  result.hex('hex', 'The hex-encoded transaction data', { optional: true }),
];
