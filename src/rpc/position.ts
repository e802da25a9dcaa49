/** Up to where a subscriber to events knows everything, as calls and answers have it. Types only. */

/** Sequences of the mempool hold for one run of the node, its `boot`. */
export type Position = {
  /** The hash of its last block, or several, newest first, of which the first that the node knows counts. */
  readonly block?: string | readonly string[];
  readonly boot?: string;
  readonly mempool?: number;
} & { readonly [wallet: `wallet:${string}`]: number };
