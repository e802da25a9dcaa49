/** Spending all there is: sendall. */

import { JsonNumber, JsonObject } from '../../../core/encoding/json.ts';
import { encodeAddress } from '../../../core/script/address.ts';
import { chosenRate } from '../../../wallet/fee-rate.ts';
import { planSweep } from '../../../wallet/sweep.ts';
import { construction, constructTransaction, outputPairs } from '../../construct-transaction.ts';
import { feeFields, readFeeChoice } from '../../fee-choice.ts';
import { FUND_OPTIONS, inputsSchema } from '../../fund-options.ts';
import { group, type JsonRead, refuse, t, walletMethod } from '../../kit.ts';
import { refuseAs } from '../../refusals.ts';
import { inTurn } from '../../wallet-access.ts';
import { finish, finished, readFees, sendingOptions } from './spending.ts';

const sweepOptions = {
  ...sendingOptions,
  ...feeFields,
  include_watching: FUND_OPTIONS['include_watching|includeWatching'],
  inputs: t.optional({ ...inputsSchema, help: 'Exactly these coins are spent' }),
  locktime: t.optional(t.long('A height or a time'), 'close to the tip'),
  lock_unspents: FUND_OPTIONS['lock_unspents|lockUnspents'],
  send_max: t.flag('Leave out coins that cost more than they are worth'),
  minconf: FUND_OPTIONS.minconf,
  maxconf: FUND_OPTIONS.maxconf,
  version: construction.version,
  replaceable: FUND_OPTIONS.replaceable,
  solving_data: FUND_OPTIONS.solving_data,
};

/** Recipients as pairs, and the addresses that share what is left. @throws RpcError -8 */
function readRecipients(list: readonly JsonRead[]) {
  const sharers = new Set<string>();
  const pairs = list.map((item) => {
    if (typeof item !== 'string') return item;
    sharers.add(item);
    return new JsonObject([[item, new JsonNumber('0')]]);
  });
  if (sharers.size === 0)
    throw refuse.parameter('Must provide at least one address without a specified amount');
  return { pairs, sharers };
}

export const walletSweepingMethods = group('Wallet', {
  sendall: walletMethod({
    help: 'Spends all coins that are confirmed or own change, or those that are named. What is not paid with an amount is shared.',
    parameters: {
      recipients: t.items(
        t.unread<string | Readonly<Record<string, number | string>>>(
          t.string('An address, or {ADDRESS: amount}'),
          ['string', 'object'],
        ),
      ),
      ...feeFields,
      options: t.unreadOptions(sweepOptions),
    },
    result: finished,
    example: `'["ADDRESS"]'`,
    handler: inTurn(async ({ recipients, options: given, ...beside }, wallet, { parameters }) => {
      const merged = readFees(given, beside);
      const { pairs, sharers } = readRecipients(recipients);
      const asked = merged(given.read());
      if (!asked.psbt) wallet.vault.requireUnlocked();
      const { minconf, maxconf, version, inputs, locktime } = asked;
      const replaceable = asked.replaceable ?? wallet.parts.policy.replaceable;
      const choice = readFeeChoice(wallet, asked, replaceable);
      if (minconf < 0) throw refuse.parameter(`Invalid minconf (minconf cannot be negative): ${minconf}`);
      if (maxconf !== undefined && maxconf < minconf)
        throw refuse.parameter(`maxconf can't be lower than minconf: ${maxconf} < ${minconf}`);
      const refusal = choice.feeRate === undefined ? refuse.wallet : refuse.parameter;
      const { rate: feeRate } = refuseAs(refusal, () => chosenRate(wallet, choice));
      const wanted = { inputs, outputs: pairs, locktime: locktime ?? 0, replaceable, version };
      const draft = constructTransaction(wanted, parameters);
      if (given.has('inputs') && given.has('send_max'))
        throw refuse.parameter('Cannot combine send_max with specific inputs.');
      if (given.has('inputs') && (given.has('minconf') || given.has('maxconf')))
        throw refuse.parameter('Cannot combine minconf or maxconf with specific inputs.');
      const names = outputPairs(pairs).map(([name]) => name);
      const plan = planSweep(wallet, {
        recipients: draft.outputs.map(({ scriptPubKey: script, value }, i) => {
          const address = encodeAddress(script, parameters) ?? names[i]!;
          return { address, script, value: sharers.has(names[i]!) ? null : value };
        }),
        inputs: given.has('inputs') ? draft.inputs : null,
        feeRate,
        replaceable,
        version,
        onlyWorthwhile: asked.send_max,
        minimumDepth: minconf,
        maximumDepth: maxconf,
        lockTime: locktime,
      });
      if (asked.lock_unspents) for (const { prevout } of plan.tx.inputs) wallet.locks.add(prevout, false);
      return finish(wallet, plan, asked.add_to_wallet && !asked.psbt);
    }),
  }),
});
