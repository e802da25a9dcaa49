/** What is stepped through, an input of a transaction or scripts that one types, and its run by the rules of this page. */
import type { RpcClient } from '../../client/client.ts';
import { fromHex, isHex, toDisplayHex } from '../../core/encoding/bytes.ts';
import { ANY_FORM, decodeTransaction } from '../../core/script/decode-transaction.ts';
import { flagsFromNames, STANDARD_FLAGS } from '../../core/script/flags.ts';
import { nobleEngine } from '../../core/script/noble-engine.ts';
import { type TraceSubject, traceInput } from '../../core/script/trace.ts';
import { typedSubject } from '../../core/script/typed-scripts.ts';
import { COIN, parseMoney } from '../../core/transaction/amount.ts';
import type { TxOut } from '../../core/transaction/transaction.ts';
import { scriptTraceJson } from '../../formats/script-trace.ts';

/** Bytes of stacks and signed messages that are remembered: a script can fill any memory. */
const ROOM = 4_000_000;

export type Trace = ReturnType<typeof scriptTraceJson>;

/** As it is typed. */
export interface Typed {
  readonly scriptPubKey: string;
  readonly scriptSig: string;
  /** Hex, apart by spaces; `-` is an empty item. */
  readonly witness: string;
  /** Coins */
  readonly amount: string;
  readonly lockTime: string;
  readonly sequence: string;
}

export const runSubject = (subject: TraceSubject): Trace =>
  scriptTraceJson(traceInput(subject, nobleEngine, ROOM), subject.flags);

/** @throws Error that says what is none */
export function typedIn(typed: Typed): TraceSubject {
  const amount = parseMoney(typed.amount);
  if (amount === null) throw new Error(`${typed.amount} is no amount`);
  const witness = typed.witness.split(/[\s,]+/).filter((item) => item !== '');
  const strange = witness.find((item) => !isHex(item) && item !== '-');
  if (strange !== undefined) throw new Error(`${strange} is no hex`);
  const subject = typedSubject({
    ...typed,
    ...{ amount, lockTime: uint32(typed.lockTime), sequence: uint32(typed.sequence) },
    witness: witness.map((item) => fromHex(item === '-' ? '' : item)),
  });
  return { ...subject, flags: STANDARD_FLAGS };
}

function uint32(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
    throw new Error(`${text} is no number below 2^32`);
  return value;
}

interface Output {
  readonly value: number;
  readonly scriptPubKey: { readonly hex: string };
}

const outputFrom = ({ value, scriptPubKey: { hex } }: Output): TxOut => ({
  value: BigInt(Math.round(value * Number(COIN))),
  scriptPubKey: fromHex(hex),
});

/**
 * An input of a transaction, with the rules of its block, or else those of the mempool.
 * @param text its id, or all of it in hex @throws Error that says what is not known
 */
export async function findSubject(
  client: RpcClient,
  text: string,
  index: number,
  blockhash: string | undefined,
): Promise<TraceSubject> {
  const isId = text.length === 64;
  const found = isId
    ? await (blockhash === undefined
        ? client.getrawtransaction(text, 2)
        : client.getrawtransaction(text, 2, blockhash))
    : undefined;
  const hex = found?.hex ?? text;
  const tx = isHex(hex) ? decodeTransaction(hex, ANY_FORM) : null;
  if (tx === null) throw new Error('This is no transaction');
  if (tx.isCoinbase) throw new Error('A coinbase spends nothing');
  if (tx.inputs[index] === undefined) throw new Error(`There is no input ${index}`);
  const spent = await Promise.all(
    tx.inputs.map(async ({ prevout: { txid, vout } }, i) => {
      const output = found?.vin[i]?.prevout ?? (await findOutput(client, toDisplayHex(txid), vout));
      return output === undefined ? null : outputFrom(output);
    }),
  );
  if (spent[index] === null) throw new Error(`This node does not know what input ${index} spends`);
  const block = blockhash ?? found?.blockhash;
  const flags = block === undefined ? undefined : (await client.getdeploymentinfo(block)).script_flags;
  return { tx, index, spent, flags: flags === undefined ? STANDARD_FLAGS : flagsFromNames(flags) };
}

/** Unspent, or of a transaction that the node can find. */
async function findOutput(client: RpcClient, txid: string, vout: number): Promise<Output | undefined> {
  const coin = await client.gettxout(txid, vout, false).catch(() => null);
  if (coin !== null) return coin;
  const parent = await client.getrawtransaction(txid, 1).catch(() => undefined);
  return parent?.vout[vout];
}
