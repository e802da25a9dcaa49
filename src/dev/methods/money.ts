/** Coins for the asking, and what they cost to send. */
import { satPerKvB } from '../../core/transaction/fee-rate.ts';
import { addressScript } from '../../rpc/construct-transaction.ts';
import { feeFields, requireTarget } from '../../rpc/fee-choice.ts';
import { method, type RpcContext, refuse, t, walletMethod } from '../../rpc/kit.ts';
import { amountFrom } from '../../rpc/values.ts';
import { devGroup } from '../dev-method.ts';
import { devParts } from '../dev-parts.ts';

const confirm = t.flag('Mine a block with the payment in it', true);
const paid = { result: t.hex('txid of the payment') };

async function pay(
  script: Uint8Array,
  amount: bigint,
  confirmed: boolean,
  context: RpcContext,
): Promise<string> {
  const { faucet } = devParts(context);
  if (amount <= 0n) throw refuse.type('Invalid amount');
  const { txid } = await faucet.pay(script, amount);
  if (confirmed && context.mempool.has(txid)) await context.miner.mineBlocks(1, faucet.script, 2 ** 32);
  await context.mempool.settled();
  await context.wallets.settled();
  return txid;
}

export const devMoneyMethods = {
  ...devGroup('Mining', {
    faucet: method({
      help: 'Pays an address from coins that a key of everybody has mined; where they are not enough, blocks are mined for more.',
      parameters: { address: t.string(), amount: t.amount(), confirm },
      ...paid,
      example: 'ADDRESS 10',
      handler: ({ address, amount, confirm: confirmed }, context) =>
        pay(addressScript(address, context.parameters, 'Error: Invalid address'), amount, confirmed, context),
    }),
  }),
  ...devGroup('Wallet', {
    fundwallet: walletMethod({
      help: 'The faucet pays a new address of the wallet.',
      parameters: { amount: t.optional(t.amount(), '10'), confirm },
      ...paid,
      example: '25',
      async handler({ amount = 1_000_000_000n, confirm: confirmed }, wallet, context) {
        const address = wallet.newAddress();
        await wallet.settled();
        return pay(addressScript(address, context.parameters, ''), amount, confirmed, context);
      },
    }),
  }),
  ...devGroup('Control', {
    setfees: method({
      help: 'What estimatesmartfee and wallets are told of fees, whatever was learned: on a quiet chain nothing is. Without a rate what was learned counts again.',
      parameters: {
        fee_rate: feeFields.fee_rate,
        conf_target: t.optional(
          t.integer('For this target and longer ones'),
          'for all, instead of what was set',
        ),
      },
      example: '25 2',
      handler({ fee_rate, conf_target }, { fees }) {
        if (conf_target !== undefined) requireTarget(conf_target);
        const rate = fee_rate === undefined ? null : satPerKvB(amountFrom(fee_rate, 3));
        fees.fix(rate, conf_target ?? null);
      },
    }),
  }),
};
