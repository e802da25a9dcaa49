/** White paper section 5: a transaction against the coins it spends (Core's CheckTxInputs); no scripts. */

import { Invalid } from '../encoding/errors.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { formatMoney, isMoney, totalValue } from '../transaction/amount.ts';
import type { Coin } from '../transaction/coin.ts';
import type { Transaction } from '../transaction/transaction.ts';

/**
 * @param coins what each input spends, in order; undefined where there is no such coin.
 * @param height of the block that the transaction is, or would be, in.
 * @returns the fee in satoshis.
 * @throws Invalid; of kind `missing` if a coin is not there, `early` if a coinbase is not mature.
 */
export function checkSpentCoins(
  tx: Transaction,
  coins: readonly (Coin | undefined)[],
  height: number,
  parameters: Pick<NetworkParameters, 'coinbaseMaturity'>,
): bigint {
  if (coins.some((coin) => coin === undefined))
    throw new Invalid('missing', 'bad-txns-inputs-missingorspent', 'CheckTxInputs: inputs missing/spent');

  let valueIn = 0n;
  for (const coin of coins as readonly Coin[]) {
    const depth = height - coin.height;
    if (coin.coinbase && depth < parameters.coinbaseMaturity) {
      const detail = `tried to spend coinbase at depth ${depth}`;
      throw new Invalid('early', 'bad-txns-premature-spend-of-coinbase', detail);
    }
    valueIn += coin.output.value;
    if (!isMoney(coin.output.value) || !isMoney(valueIn))
      throw new Invalid('consensus', 'bad-txns-inputvalues-outofrange');
  }

  const valueOut = totalValue(tx.outputs);
  if (valueIn < valueOut) {
    const detail = `value in (${formatMoney(valueIn)}) < value out (${formatMoney(valueOut)})`;
    throw new Invalid('consensus', 'bad-txns-in-belowout', detail);
  }
  return valueIn - valueOut;
}
