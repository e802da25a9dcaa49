/** What a payment asks of a wallet. */
import type { FeeRate } from '../core/transaction/fee-rate.ts';
import type { OutPoint, TxIn, TxOut } from '../core/transaction/transaction.ts';
import type { OutputType } from './descriptors/kinds.ts';
import type { InputSize } from './solving.ts';

export interface Recipient {
  readonly script: Uint8Array;
  /** Satoshis */
  readonly value: bigint;
  /** The fee is taken from what this recipient gets. */
  readonly subtractFee: boolean;
}

export interface PresetInput {
  readonly outpoint: OutPoint;
  /** What the input has already; the rest is as the wallet makes it. */
  readonly given?: Partial<Omit<TxIn, 'prevout'>>;
  /** Of what will spend it; known without being told where the wallet can solve it. */
  readonly weight?: number;
  /** What solving data told of one that is not the wallet's. */
  readonly size?: InputSize;
  /** Output spent, where it is not the wallet's. */
  readonly external?: TxOut;
}

export interface SpendRequest {
  readonly recipients: readonly Recipient[];
  readonly feeRate: FeeRate;
  /** A set: a coin named twice is spent once. */
  readonly inputs?: readonly PresetInput[];
  /** May coins be added to the inputs given? */
  readonly addInputs?: boolean | undefined;
  readonly changeScript?: Uint8Array | undefined;
  readonly changeType?: OutputType | undefined;
  /** Index of the change output; drawn if not given. */
  readonly changePosition?: number | undefined;
  /** BIP125 */
  readonly replaceable?: boolean | undefined;
  readonly lockTime?: number | undefined;
  readonly version?: number | undefined;
  readonly includeUnsafe?: boolean | undefined;
  readonly minimumDepth?: number | undefined;
  readonly maximumDepth?: number | undefined;
  /** Weight that the signed transaction may have. */
  readonly maximumWeight?: number | undefined;
  /** Leave alone what was paid to addresses after they were spent from; what shares an address is spent together. */
  readonly avoidsReuse?: boolean | undefined;
}
