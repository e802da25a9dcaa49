/** Transactions as Bitcoin Core's RPCs show them (TxToUniv). */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { toAssembly } from '../../core/script/assembly.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { Transaction, TxIn, TxOut } from '../../core/transaction/transaction.ts';
import { JsonText } from '../json.ts';
import { type Result, result } from '../result.ts';
import { btc } from '../values.ts';
import { scriptFields, scriptResult } from './script.ts';

interface TransactionView {
  /** What its inputs spend: shown, as is the fee. */
  readonly prevouts?: readonly Coin[] | undefined;
  /** Satoshis of what they spend, where that is not shown but the fee is. */
  readonly spent?: bigint | undefined;
  readonly hex?: boolean;
}

export function transactionJson(
  tx: Transaction,
  parameters: NetworkParameters,
  view: TransactionView = {},
): JsonText {
  return new JsonText(`{${transactionFields(tx, parameters, view)}}`);
}

/** The text of its fields; nothing in them needs escapes. */
export function transactionFields(
  tx: Transaction,
  parameters: NetworkParameters,
  { prevouts, spent = totalOf(prevouts), hex }: TransactionView,
): string {
  const coinbase = tx.isCoinbase;
  const inputs = tx.inputs.map((input, i) =>
    coinbase ? coinbaseText(input) : inputText(input, prevouts?.[i], parameters),
  );
  const outputs = tx.outputs.map((output, n) => outputText(output, n, parameters));
  const fee = spent === undefined || coinbase ? '' : `,"fee":${btc(feeOf(tx, spent))}`;
  return (
    `"txid":"${tx.txid}","hash":"${tx.wtxid}","version":${tx.version},"size":${tx.bytes.length},` +
    `"vsize":${tx.virtualSize},"weight":${tx.weight},"locktime":${tx.lockTime},` +
    `"vin":[${inputs.join(',')}],"vout":[${outputs.join(',')}]${fee}${hex ? `,"hex":"${toHex(tx.bytes)}"` : ''}`
  );
}

function coinbaseText(input: TxIn): string {
  return `{"coinbase":"${toHex(input.scriptSig)}"${witnessField(input.witness)},"sequence":${input.sequence}}`;
}

function inputText(input: TxIn, spent: Coin | undefined, parameters: NetworkParameters): string {
  const { prevout, scriptSig, witness, sequence } = input;
  const { txid, vout } = prevout;
  const scriptSigText = `{"asm":"${toAssembly(scriptSig, true)}","hex":"${toHex(scriptSig)}"}`;
  const spentField = spent === undefined ? '' : `,"prevout":${coinText(spent, parameters)}`;
  return (
    `{"txid":"${toDisplayHex(txid)}","vout":${vout},"scriptSig":${scriptSigText}` +
    `${witnessField(witness)}${spentField},"sequence":${sequence}}`
  );
}

function coinText({ coinbase, height, output }: Coin, parameters: NetworkParameters): string {
  const { value, scriptPubKey } = output;
  const script = scriptFields(scriptPubKey, parameters);
  return `{"generated":${coinbase},"height":${height},"value":${btc(value)},"scriptPubKey":{${script}}}`;
}

function outputText({ value, scriptPubKey }: TxOut, n: number, parameters: NetworkParameters): string {
  const script = scriptFields(scriptPubKey, parameters);
  return `{"value":${btc(value)},"n":${n},"scriptPubKey":{${script}}}`;
}

function witnessField(witness: readonly Uint8Array[]): string {
  if (witness.length === 0) return '';
  let items = '';
  for (const item of witness) items += `${items === '' ? '' : ','}"${toHex(item)}"`;
  return `,"txinwitness":[${items}]`;
}

function totalOf(coins: readonly Coin[] | undefined): bigint | undefined {
  return coins?.reduce((sum, { output }) => sum + output.value, 0n);
}

function feeOf({ outputs }: Transaction, spent: bigint): bigint {
  return outputs.reduce((fee, { value }) => fee - value, spent);
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
