/** What the methods that submit transactions have in common: limits on fees and burns, transactions in hex. */
import { isUnspendable } from '../core/script/script.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import { decodeTransaction, hasValidOperations, WITNESS_FORM } from './decode.ts';
import { RpcCode, RpcError } from './errors.ts';
import type { JsonRead } from './json.ts';
import { param } from './parameter.ts';
import { result } from './result.ts';
import { stringFrom } from './values.ts';

/** Transactions in one package. */
const MAX_PACKAGE_COUNT = 25;
/** Satoshis per 1,000 vbytes that a mistake may cost at most, unless told. */
export const DEFAULT_MAX_FEE_RATE = 10_000_000n;

export const maxFeeRateParameter = param.any(
  'amount',
  'maxfeerate',
  'Reject transactions whose fee rate is higher than the specified value, expressed in BTC/kvB.\nFee rates larger than 1BTC/kvB are rejected.\nSet to 0 to accept any fee rate.',
  { default: '0.10' },
);
export const maxBurnParameter = param.any(
  'amount',
  'maxburnamount',
  "Reject transactions with provably unspendable outputs (e.g. 'datacarrier' outputs that use the OP_RETURN opcode) greater than the specified value, expressed in BTC.\nIf burning funds through unspendable outputs is desired, increase this value.\nThis check is based on heuristics and does not guarantee spendability of outputs.",
  { default: '0.00' },
);
export const feesResult = (optional: boolean) =>
  result.object(
    'fees',
    'Transaction fees',
    [
      result.amount('base', 'transaction fee in BTC'),
      result.amount(
        'effective-feerate',
        'the effective feerate in BTC per KvB. May differ from the base feerate if, for example, there are modified fees from prioritisetransaction or a package feerate was used.',
        { optional },
      ),
      result.array(
        'effective-includes',
        'transactions whose fees and vsizes are included in effective-feerate.',
        [result.hex('', 'transaction wtxid in hex')],
        { optional },
      ),
    ],
    { optional: true },
  );

/** A default is the text that the help shows; what the caller gives is JSON. */
export const orDefault = <T>(value: JsonRead | undefined, read: (value: JsonRead) => T, standard: T): T =>
  value === undefined || value === null ? standard : read(value);

export function readTransactions(list: readonly JsonRead[]): Transaction[] {
  if (list.length === 0 || list.length > MAX_PACKAGE_COUNT)
    throw new RpcError(
      RpcCode.INVALID_PARAMETER,
      `Array must contain between 1 and ${MAX_PACKAGE_COUNT} transactions.`,
    );
  return list.map((item) => {
    const hex = stringFrom(item);
    const tx = decodeTransaction(hex, WITNESS_FORM);
    if (tx === null)
      throw new RpcError(
        RpcCode.DESERIALIZATION_ERROR,
        `TX decode failed: ${hex} Make sure the tx has at least one input.`,
      );
    return tx;
  });
}

/** @throws RpcError -25 if an output that nobody can spend is worth more than this. */
export function checkBurn(tx: Transaction, limit: bigint): void {
  for (const { scriptPubKey, value } of tx.outputs)
    if ((isUnspendable(scriptPubKey) || !hasValidOperations(scriptPubKey)) && value > limit)
      throw new RpcError(
        RpcCode.VERIFY_ERROR,
        'Unspendable output exceeds maximum configured by user (maxburnamount)',
      );
}
