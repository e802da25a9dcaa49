/** All methods there are. */
import { blockStatsMethods } from './methods/block-stats.ts';
import { blockTemplateMethods } from './methods/block-template.ts';
import { blockMethods } from './methods/blocks.ts';
import { chainControlMethods } from './methods/chain-control.ts';
import { chainStateMethods } from './methods/chain-state.ts';
import { coinMethods } from './methods/coins.ts';
import { controlMethods } from './methods/control.ts';
import { decodeScriptMethods } from './methods/decode-script.ts';
import { descriptorMethods } from './methods/descriptors.ts';
import { feeMethods } from './methods/fees.ts';
import { generatingMethods } from './methods/generating.ts';
import { getRawTransactionMethods } from './methods/get-raw-transaction.ts';
import { indexMethods } from './methods/indexes.ts';
import { keyMethods } from './methods/keys.ts';
import { mempoolMethods } from './methods/mempool.ts';
import { messageMethods } from './methods/messages.ts';
import { miningMethods } from './methods/mining.ts';
import { networkMethods } from './methods/network.ts';
import { peerMethods } from './methods/peers.ts';
import { proofMethods } from './methods/proofs.ts';
import { psbtMethods } from './methods/psbt.ts';
import { rawTransactionMethods } from './methods/raw-transactions.ts';
import { scanMethods } from './methods/scan.ts';
import { signRawTransactionMethods } from './methods/sign-raw-transaction.ts';
import { submissionMethods } from './methods/submission.ts';
import { waitingMethods } from './methods/waiting.ts';
import { walletAddressMethods } from './methods/wallet/addresses.ts';
import { walletBalanceMethods } from './methods/wallet/balances.ts';
import { walletCoinMethods } from './methods/wallet/coins.ts';
import { walletDescriptorMethods } from './methods/wallet/descriptors.ts';
import { walletFundingMethods } from './methods/wallet/funding.ts';
import { walletHistoryMethods } from './methods/wallet/history.ts';
import { walletManagementMethods } from './methods/wallet/management.ts';
import { walletSpendingMethods } from './methods/wallet/spending.ts';
import { createRegistry, type Registry } from './registry.ts';

export const METHODS: Registry = createRegistry(
  blockMethods,
  blockStatsMethods,
  blockTemplateMethods,
  chainControlMethods,
  chainStateMethods,
  coinMethods,
  controlMethods,
  decodeScriptMethods,
  descriptorMethods,
  feeMethods,
  generatingMethods,
  getRawTransactionMethods,
  indexMethods,
  keyMethods,
  mempoolMethods,
  messageMethods,
  miningMethods,
  networkMethods,
  peerMethods,
  proofMethods,
  psbtMethods,
  rawTransactionMethods,
  scanMethods,
  signRawTransactionMethods,
  submissionMethods,
  waitingMethods,
  walletAddressMethods,
  walletBalanceMethods,
  walletCoinMethods,
  walletDescriptorMethods,
  walletFundingMethods,
  walletHistoryMethods,
  walletManagementMethods,
  walletSpendingMethods,
);
