/** All methods but those of the rooms above (`events/`, `dev/`), which join them in `src/methods.ts`. */
import { addedNodeMethods } from './methods/added-nodes.ts';
import { addressMethods } from './methods/addresses.ts';
import { blockTemplateMethods } from './methods/block-template.ts';
import { blockMethods } from './methods/blocks.ts';
import { chainControlMethods } from './methods/chain-control.ts';
import { chainStateMethods } from './methods/chain-state.ts';
import { clusterMethods } from './methods/clusters.ts';
import { coinMethods } from './methods/coins.ts';
import { controlMethods } from './methods/control.ts';
import { deploymentMethods } from './methods/deployments.ts';
import { descriptorActivityMethods } from './methods/descriptor-activity.ts';
import { descriptorMethods } from './methods/descriptors.ts';
import { dumpCoinsMethods } from './methods/dump-coins.ts';
import { feeMethods } from './methods/fees.ts';
import { followerMethods } from './methods/followers.ts';
import { generatingMethods } from './methods/generating.ts';
import { getRawTransactionMethods } from './methods/get-raw-transaction.ts';
import { keyMethods } from './methods/keys.ts';
import { knownAddressMethods } from './methods/known-addresses.ts';
import { loadCoinsMethods } from './methods/load-coins.ts';
import { mempoolMethods } from './methods/mempool.ts';
import { mempoolFileMethods } from './methods/mempool-file.ts';
import { miningMethods } from './methods/mining.ts';
import { networkMethods } from './methods/network.ts';
import { peerProbeMethods } from './methods/peer-probes.ts';
import { peerMethods } from './methods/peers.ts';
import { proofMethods } from './methods/proofs.ts';
import { psbtMethods } from './methods/psbt.ts';
import { psbtDescriptorMethods } from './methods/psbt-descriptors.ts';
import { rawTransactionMethods } from './methods/raw-transactions.ts';
import { scanMethods } from './methods/scan.ts';
import { signRawTransactionMethods } from './methods/sign-raw-transaction.ts';
import { statisticsMethods } from './methods/statistics.ts';
import { submissionMethods } from './methods/submission.ts';
import { tracingMethods } from './methods/tracing.ts';
import { walletAddressMethods } from './methods/wallet/addresses.ts';
import { walletBackupMethods } from './methods/wallet/backups.ts';
import { walletBalanceMethods } from './methods/wallet/balances.ts';
import { walletBumpingMethods } from './methods/wallet/bumping.ts';
import { walletCoinMethods } from './methods/wallet/coins.ts';
import { walletDescriptorMethods } from './methods/wallet/descriptors.ts';
import { walletEffectMethods } from './methods/wallet/effects.ts';
import { walletEncryptionMethods } from './methods/wallet/encryption.ts';
import { walletFundingMethods } from './methods/wallet/funding.ts';
import { walletHistoryMethods } from './methods/wallet/history.ts';
import { walletKeyMethods } from './methods/wallet/keys.ts';
import { walletManagementMethods } from './methods/wallet/management.ts';
import { walletPrunedFundMethods } from './methods/wallet/pruned-funds.ts';
import { walletSpendingMethods } from './methods/wallet/spending.ts';
import { walletSweepingMethods } from './methods/wallet/sweeping.ts';

export const RPC_METHODS = {
  ...addedNodeMethods,
  ...addressMethods,
  ...statisticsMethods,
  ...blockTemplateMethods,
  ...blockMethods,
  ...chainControlMethods,
  ...chainStateMethods,
  ...clusterMethods,
  ...coinMethods,
  ...controlMethods,
  ...deploymentMethods,
  ...descriptorActivityMethods,
  ...descriptorMethods,
  ...dumpCoinsMethods,
  ...loadCoinsMethods,
  ...feeMethods,
  ...generatingMethods,
  ...getRawTransactionMethods,
  ...followerMethods,
  ...keyMethods,
  ...knownAddressMethods,
  ...peerProbeMethods,
  ...mempoolMethods,
  ...mempoolFileMethods,
  ...miningMethods,
  ...networkMethods,
  ...peerMethods,
  ...proofMethods,
  ...psbtMethods,
  ...psbtDescriptorMethods,
  ...rawTransactionMethods,
  ...scanMethods,
  ...signRawTransactionMethods,
  ...submissionMethods,
  ...tracingMethods,
  ...walletAddressMethods,
  ...walletBackupMethods,
  ...walletBalanceMethods,
  ...walletBumpingMethods,
  ...walletCoinMethods,
  ...walletDescriptorMethods,
  ...walletEffectMethods,
  ...walletEncryptionMethods,
  ...walletFundingMethods,
  ...walletHistoryMethods,
  ...walletKeyMethods,
  ...walletManagementMethods,
  ...walletPrunedFundMethods,
  ...walletSpendingMethods,
  ...walletSweepingMethods,
};
