/** Paying more for what waits: bumpfee, psbtbumpfee. */
import type { Txid } from '../../../core/transaction/transaction.ts';
import { bumpFee } from '../../../wallet/bump-fee.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { outputsFrom } from '../../construct-transaction.ts';
import type { RpcContext } from '../../context.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import { JsonObject, type JsonRead } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { type Result, result } from '../../result.ts';
import { booleanFrom, btc, hashTextFrom } from '../../values.ts';
import { inTurn, readFeeRate } from '../../wallet-access.ts';
import { broadcast, requirePrivateKeys, sign } from './spending.ts';

const parameters = [
  param.hex('txid', 'The txid to be bumped'),
  param.any('object', 'options', 'conf_target, fee_rate (sat/vB), replaceable, estimate_mode, outputs', {
    optional: true,
  }),
] as const;

const resultsWith = (first: Result): Result[] => [
  result.object('', '', [
    first,
    result.amount('origfee', 'The fee of the replaced transaction.'),
    result.amount('fee', 'The fee of the new transaction.'),
    result.array('errors', 'Errors encountered during processing (may be empty).', [result.string('', '')]),
  ]),
];

function plan(wallet: Wallet, txid: string, optionsValue: JsonRead | undefined, context: RpcContext) {
  const entry = wallet.history.get(hashTextFrom<Txid>(txid, 'txid'));
  if (entry === undefined)
    throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Invalid or non-wallet transaction id');
  const options = optionsValue instanceof JsonObject ? optionsValue : new JsonObject([]);
  const given = (name: string): JsonRead | undefined => options.get(name) ?? undefined;
  const wantsRate = ['fee_rate', 'conf_target', 'estimate_mode'].some((name) => given(name) !== undefined);
  const outputs = given('outputs');
  const replaceable = given('replaceable');
  return bumpFee(wallet, entry, {
    feeRate: wantsRate
      ? readFeeRate(wallet, given('conf_target'), given('estimate_mode'), given('fee_rate')).rate
      : undefined,
    replaceable: replaceable === undefined ? undefined : booleanFrom(replaceable),
    outputs: outputs === undefined ? undefined : outputsFrom(outputs, context.parameters),
  });
}

const bumpfee = defineMethod({
  name: 'bumpfee',
  category: 'Wallet',
  description:
    'Bumps the fee of a transaction T, replacing it with a new transaction B.\n' +
    'Returns the txid and wtxid of the bumped transaction.\n' +
    'The command will pay the additional fee by reducing change outputs or adding inputs when necessary.',
  parameters,
  results: resultsWith(result.hex('txid', 'The id of the new transaction.')),
  examples: ['<txid>'],
  handler: inTurn(async ([txid, options], wallet, context) => {
    requirePrivateKeys(wallet);
    const { plan: planned, oldFee } = plan(wallet, txid, options, context);
    const tx = sign(wallet, planned);
    const old = wallet.history.get(txid.toLowerCase() as Txid)!;
    const { comment, to } = old;
    await broadcast(wallet, tx, {
      replaces: old.tx.txid,
      ...(comment === undefined ? {} : { comment }),
      ...(to === undefined ? {} : { to }),
    });
    return { txid: tx.txid, origfee: btc(oldFee), fee: btc(planned.fee), errors: [] };
  }),
});

const psbtbumpfee = defineMethod({
  name: 'psbtbumpfee',
  category: 'Wallet',
  description:
    'Bumps the fee of a transaction T, replacing it with a new transaction B.\nReturns a PSBT instead of creating and signing a new transaction.',
  parameters,
  results: resultsWith(result.string('psbt', 'The base64-encoded unsigned PSBT of the new transaction.')),
  examples: ['<txid>'],
  handler: inTurn(async ([txid, options], wallet, context) => {
    const { plan: planned, oldFee } = plan(wallet, txid, options, context);
    const psbt = Psbt.fromTransaction(planned.tx);
    await fillPsbt(wallet, psbt, { sign: false, finalize: false, derivations: true });
    await wallet.settled();
    return { psbt: psbt.encodeBase64(), origfee: btc(oldFee), fee: btc(planned.fee), errors: [] };
  }),
});

export const walletBumpingMethods: readonly Method[] = [bumpfee, psbtbumpfee];
