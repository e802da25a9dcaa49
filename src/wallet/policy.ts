/** What the owner of a node decides once for all its wallets; options of Bitcoin Core's have the same meaning. */
import { type FeeRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import type { OutputType } from './descriptors/kinds.ts';

export interface WalletPolicy {
  /** Where the estimator has no data; 0 refuses. */
  readonly fallbackFee: FeeRate;
  /** `-mintxfee`: no transaction pays less. */
  readonly minimumFeeRate: FeeRate;
  /** `-maxtxfee`, satoshis: a fee above it is taken for a mistake. */
  readonly maximumFee: bigint;
  /** `-txconfirmtarget`: blocks within which a payment should confirm. */
  readonly confirmTarget: number;
  /** `-walletrbf`: transactions say that they may be replaced (BIP125). */
  readonly replaceable: boolean;
  /** `-spendzeroconfchange` */
  readonly spendUnconfirmedChange: boolean;
  /** `-avoidpartialspends`: all coins of an address are spent together, or none. */
  readonly groupsCoins: boolean;
  /** `-maxapsfee`, satoshis: what grouping them may cost where that is not asked for; negative does not try. */
  readonly maximumGroupFee: bigint;
  /** `-addresstype` */
  readonly addressType: OutputType;
  /** `-changetype`; null: like what is paid. */
  readonly changeType: OutputType | null;
  /** `-walletbroadcast`: off, what a wallet makes waits in it and its owner takes it to the network. */
  readonly broadcast: boolean;
  /** `-walletrejectlongchains`: off, what hangs together with too much to be accepted now is made, and waits. */
  readonly rejectLongChains: boolean;
}

export const DEFAULT_POLICY: Omit<WalletPolicy, 'fallbackFee'> = Object.freeze({
  minimumFeeRate: satPerKvB(1000n),
  maximumFee: 10_000_000n,
  confirmTarget: 6,
  replaceable: true,
  spendUnconfirmedChange: true,
  groupsCoins: false,
  maximumGroupFee: 0n,
  addressType: 'bech32',
  changeType: null,
  broadcast: true,
  rejectLongChains: true,
});

/** Scripts watched beyond the next unused one. As in Core; BIP44 asks for 20. */
export const DEFAULT_KEYPOOL = 1000;
