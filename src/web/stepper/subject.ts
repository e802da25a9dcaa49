/** What is stepped through: an input of a transaction, or scripts that one types. */
import { type RpcClient, RpcError } from '../../client/client.ts';
import type { TraceSubject } from '../../core/script/trace.ts';
import type { TxOut } from '../../core/transaction/transaction.ts';
import type { Rules } from './rules.ts';

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

export const firstTyped = ({ SEQUENCE_FINAL }: Rules): Typed => ({
  ...{ scriptPubKey: 'OP_ADD 5 OP_EQUAL', scriptSig: '2 3', witness: '' },
  ...{ amount: '0', lockTime: '0', sequence: String(SEQUENCE_FINAL) },
});

/** @throws Error that says what is none */
export function typedIn(
  { parseMoney, isHex, fromHex, typedSubject, STANDARD_FLAGS }: Rules,
  typed: Typed,
): TraceSubject {
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

const outputFrom = ({ COIN, fromHex }: Rules, { value, scriptPubKey: { hex } }: Output): TxOut => ({
  value: BigInt(Math.round(value * Number(COIN))),
  scriptPubKey: fromHex(hex),
});

/**
 * An input of a transaction, with the rules of its block, or else those of the mempool.
 * @param text its id, or all of it in hex @throws Error that says what is not known
 */
export async function findSubject(
  rules: Rules,
  client: RpcClient,
  text: string,
  index: number,
  blockhash: string | undefined,
): Promise<TraceSubject> {
  const { isHex, decodeTransaction, ANY_FORM, toDisplayHex, STANDARD_FLAGS, flagsFromNames } = rules;
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
      return output === undefined ? null : outputFrom(rules, output);
    }),
  );
  if (spent[index] === null) throw new Error(`This node does not know what input ${index} spends`);
  const block = blockhash ?? found?.blockhash;
  const flags = block === undefined ? undefined : (await client.getdeploymentinfo(block)).script_flags;
  return { tx, index, spent, flags: flags === undefined ? STANDARD_FLAGS : flagsFromNames(flags) };
}

/** Unspent, or of a transaction that the node can find. */
async function findOutput(client: RpcClient, txid: string, vout: number): Promise<Output | undefined> {
  const coin = await client.gettxout(txid, vout, false);
  if (coin !== null) return coin;
  const parent = await client.getrawtransaction(txid, 1).catch((error: Error) => {
    // Of a node that does not answer nothing is known.
    if (error instanceof RpcError) return undefined;
    throw error;
  });
  return parent?.vout[vout];
}
