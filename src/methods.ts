/** All methods there are. */
import { devMiningMethods } from './dev/methods/mining.ts';
import { devMoneyMethods } from './dev/methods/money.ts';
import { devSnapshotMethods } from './dev/methods/snapshots.ts';
import { devTimeMethods } from './dev/methods/time.ts';
import { subscriptionMethods } from './events/methods.ts';
import { RPC_METHODS } from './rpc/methods.ts';

export const METHODS = {
  ...RPC_METHODS,
  ...subscriptionMethods,
  ...devMiningMethods,
  ...devMoneyMethods,
  ...devSnapshotMethods,
  ...devTimeMethods,
};
