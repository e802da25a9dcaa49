/** All methods but those of the rooms above (`events/`, `dev/`), which join them in `src/methods.ts`. */
import { addressMethods } from './methods/addresses.ts';
import { blockTemplateMethods } from './methods/block-template.ts';
import { blockMethods } from './methods/blocks.ts';
import { chainControlMethods } from './methods/chain-control.ts';
import { chainStateMethods } from './methods/chain-state.ts';
import { coinFileMethods } from './methods/coin-files.ts';
import { coinMethods } from './methods/coins.ts';
import { controlMethods } from './methods/control.ts';
import { descriptorActivityMethods } from './methods/descriptor-activity.ts';
import { keyMethods } from './methods/keys.ts';
import { mempoolMethods } from './methods/mempool.ts';
import { miningMethods } from './methods/mining.ts';
import { networkMethods } from './methods/network.ts';
import { peerMethods } from './methods/peers.ts';
import { psbtMethods } from './methods/psbt.ts';
import { rawTransactionMethods } from './methods/raw-transactions.ts';
import { scanMethods } from './methods/scan.ts';
import { statisticsMethods } from './methods/statistics.ts';
import { submissionMethods } from './methods/submission.ts';
import { transactionMethods } from './methods/transactions.ts';
import { walletAddressMethods } from './methods/wallet/addresses.ts';
import { walletBalanceMethods } from './methods/wallet/balances.ts';
import { walletBumpingMethods } from './methods/wallet/bumping.ts';
import { walletCoinMethods } from './methods/wallet/coins.ts';
import { walletFundingMethods } from './methods/wallet/funding.ts';
import { walletHistoryMethods } from './methods/wallet/history.ts';
import { walletKeyMethods } from './methods/wallet/keys.ts';
import { walletManagementMethods } from './methods/wallet/management.ts';
import { walletSafetyMethods } from './methods/wallet/safety.ts';
import { walletSpendingMethods } from './methods/wallet/spending.ts';
import { walletSweepingMethods } from './methods/wallet/sweeping.ts';

export const RPC_METHODS = {
  ...addressMethods,
  ...statisticsMethods,
  ...blockTemplateMethods,
  ...blockMethods,
  ...chainControlMethods,
  ...chainStateMethods,
  ...coinFileMethods,
  ...coinMethods,
  ...controlMethods,
  ...descriptorActivityMethods,
  ...keyMethods,
  ...mempoolMethods,
  ...miningMethods,
  ...networkMethods,
  ...peerMethods,
  ...psbtMethods,
  ...rawTransactionMethods,
  ...scanMethods,
  ...submissionMethods,
  ...transactionMethods,
  ...walletAddressMethods,
  ...walletBalanceMethods,
  ...walletBumpingMethods,
  ...walletCoinMethods,
  ...walletSafetyMethods,
  ...walletFundingMethods,
  ...walletHistoryMethods,
  ...walletKeyMethods,
  ...walletManagementMethods,
  ...walletSpendingMethods,
  ...walletSweepingMethods,
};
