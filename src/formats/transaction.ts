/** Transactions as Bitcoin Core's RPCs show them (TxToUniv). */
import { toDisplayHex, toHex } from '../core/encoding/bytes.ts';
import { JsonText } from '../core/encoding/json-writer.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { toAssembly } from '../core/script/assembly.ts';
import { formatCoins } from '../core/transaction/amount.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { Transaction, TxIn, TxOut } from '../core/transaction/transaction.ts';
import { scriptFields } from './script.ts';

interface TransactionView {
  /** What its inputs spend: shown, as is the fee. */
  readonly prevouts?: readonly Coin[] | undefined;
  /** Satoshis of what they spend, where that is not shown but the fee is. */
  readonly spent?: bigint | undefined;
  readonly hex?: boolean;
  /** Outputs that are said to be change. */
  readonly isChange?: (output: TxOut) => boolean;
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
  { prevouts, spent = totalOf(prevouts), hex: withHex, isChange }: TransactionView,
): string {
  const coinbase = tx.isCoinbase;
  const inputs = tx.inputs.map((input, i) =>
    coinbase ? coinbaseText(input) : inputText(input, prevouts?.[i], parameters),
  );
  const outputs = tx.outputs.map((output, n) => outputText(output, n, parameters, isChange));
  const fee = spent === undefined || coinbase ? '' : `,"fee":${formatCoins(feeOf(tx, spent))}`;
  return (
    `"txid":"${tx.txid}","hash":"${tx.wtxid}","version":${tx.version},"size":${tx.bytes.length},` +
    `"vsize":${tx.virtualSize},"weight":${tx.weight},"locktime":${tx.lockTime},` +
    `"vin":[${inputs.join(',')}],"vout":[${outputs.join(',')}]${fee}${withHex ? `,"hex":"${toHex(tx.bytes)}"` : ''}`
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
  return `{"generated":${coinbase},"height":${height},"value":${formatCoins(value)},"scriptPubKey":{${script}}}`;
}

function outputText(
  output: TxOut,
  n: number,
  parameters: NetworkParameters,
  isChange?: TransactionView['isChange'],
): string {
  const script = scriptFields(output.scriptPubKey, parameters);
  const change = isChange?.(output) ? ',"ischange":true' : '';
  return `{"value":${formatCoins(output.value)},"n":${n},"scriptPubKey":{${script}}${change}}`;
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
