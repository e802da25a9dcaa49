/** Paying more for what waits: bumpfee, psbtbumpfee. */
import type { Txid } from '../../../core/transaction/transaction.ts';
import { bumpFee } from '../../../wallet/bump-fee.ts';
import type { WalletTransaction } from '../../../wallet/history.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { signWithWallet } from '../../../wallet/solving.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { outputsFrom } from '../../construct-transaction.ts';
import type { RpcContext } from '../../context.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { type Result, result } from '../../result.ts';
import { anything, boolean, type HeldFields, optional, standard, uint32 } from '../../schema.ts';
import { btc, hashTextFrom } from '../../values.ts';
import { feeFields, inTurn, optionsParameter, readFeeChoice, readOptions } from '../../wallet-access.ts';
import { psbtVersionFrom } from '../psbt.ts';
import { broadcast } from './spending.ts';

const { conf_target: confTarget, ...otherFeeFields } = feeFields;
const BUMP_OPTIONS = {
  'conf_target|confTarget': confTarget,
  ...otherFeeFields,
  replaceable: standard(boolean('May be replaced again (BIP125)'), true),
  outputs: optional(anything('In place of the outputs that the transaction has')),
  original_change_index: optional(uint32('Index of the output that pays the difference'), 'found by itself'),
};
const PSBT_OPTIONS = {
  ...BUMP_OPTIONS,
  psbt_version: standard(uint32('The PSBT version to use, 0 or 2'), 2),
};

const txidParameter = param.hex('txid', 'The txid to be bumped');

const resultsWith = (first: Result): Result[] => [
  result.object('', '', [
    first,
    result.amount('origfee', 'The fee of the replaced transaction.'),
    result.amount('fee', 'The fee of the new transaction.'),
    result.array('errors', 'Errors encountered during processing (may be empty).', [result.string('', '')]),
  ]),
];

type BumpOptions = HeldFields<typeof BUMP_OPTIONS>;

function find(wallet: Wallet, txid: Txid): WalletTransaction {
  const entry = wallet.history.get(txid);
  if (entry !== undefined) return entry;
  throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Invalid or non-wallet transaction id');
}

async function plan(
  wallet: Wallet,
  txid: Txid,
  options: BumpOptions,
  allowForeign: boolean,
  { parameters }: RpcContext,
) {
  const refuse = (text: string): RpcError => new RpcError(RpcCode.INVALID_PARAMETER, text);
  const { replaceable, original_change_index: changeIndex, outputs: told } = options;
  const { rate: feeRate, target, conservative } = readFeeChoice(wallet, options, replaceable);
  if (Array.isArray(told) && told.length === 0)
    throw refuse('Invalid parameter, output argument cannot be an empty array');
  const outputs = told === undefined ? [] : outputsFrom(told, parameters);
  wallet.vault.requireUnlocked();
  const choice = { feeRate, target, conservative, replaceable, outputs, changeIndex, allowForeign };
  return bumpFee(wallet, find(wallet, txid), choice);
}

/** @throws RpcError -8 */
function refuseBothTargets(given: JsonObject | undefined): void {
  if (given?.has('confTarget') && given.has('conf_target'))
    throw new RpcError(
      RpcCode.INVALID_PARAMETER,
      'confTarget and conf_target options should not both be set. Use conf_target (confTarget is deprecated).',
    );
}

const bumpfee = defineMethod({
  name: 'bumpfee',
  category: 'Wallet',
  description:
    'Bumps the fee of a transaction T, replacing it with a new transaction B.\n' +
    'Returns the txid and wtxid of the bumped transaction.\n' +
    'The command will pay the additional fee by reducing change outputs or adding inputs when necessary.',
  parameters: [txidParameter, optionsParameter(BUMP_OPTIONS)],
  results: resultsWith(result.hex('txid', 'The id of the new transaction.')),
  examples: ['<txid>'],
  handler: inTurn(async ([text, given], wallet, context) => {
    if (!wallet.hasPrivateKeys)
      throw new RpcError(
        RpcCode.WALLET_ERROR,
        'bumpfee is not available with wallets that have private keys disabled. Use psbtbumpfee instead.',
      );
    const txid = hashTextFrom<Txid>(text, 'txid');
    refuseBothTargets(given);
    const options = readOptions(BUMP_OPTIONS, given, context);
    const { plan: planned, oldFee } = await plan(wallet, txid, options, false, context);
    const { tx, errors } = await signWithWallet(wallet, planned.tx, planned.spent);
    if (errors.size > 0) throw new RpcError(RpcCode.WALLET_ERROR, "Can't sign transaction.");
    const old = find(wallet, txid);
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
  parameters: [txidParameter, optionsParameter(PSBT_OPTIONS)],
  results: resultsWith(result.string('psbt', 'The base64-encoded unsigned PSBT of the new transaction.')),
  examples: ['<txid>'],
  handler: inTurn(async ([text, given], wallet, context) => {
    const txid = hashTextFrom<Txid>(text, 'txid');
    refuseBothTargets(given);
    const options = readOptions(PSBT_OPTIONS, given, context);
    const version = psbtVersionFrom(options.psbt_version);
    const { plan: planned, oldFee } = await plan(wallet, txid, options, true, context);
    const psbt = Psbt.fromTransaction(planned.tx, version);
    await fillPsbt(wallet, psbt, { sign: false, finalize: false, derivations: true });
    await wallet.settled();
    return { psbt: psbt.encodeBase64(), origfee: btc(oldFee), fee: btc(planned.fee), errors: [] };
  }),
});

export const walletBumpingMethods: readonly Method[] = [bumpfee, psbtbumpfee];
