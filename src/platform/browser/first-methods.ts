/**
 * What the page asks of a node as soon as that runs: in the bundle of a tab it stands in place of all methods
 * (`src/methods.ts`), which follow when the node runs, or one of them is called.
 */
import { subscriptionMethods } from '../../events/methods.ts';
import { blockMethods } from '../../rpc/methods/blocks.ts';
import { chainStateMethods } from '../../rpc/methods/chain-state.ts';
import { mempoolMethods } from '../../rpc/methods/mempool.ts';
import { networkMethods } from '../../rpc/methods/network.ts';
import { walletManagementMethods } from '../../rpc/methods/wallet/management.ts';

export const METHODS = {
  ...networkMethods,
  ...blockMethods,
  ...chainStateMethods,
  ...mempoolMethods,
  ...subscriptionMethods,
  ...walletManagementMethods,
};
