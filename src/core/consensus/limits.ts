/** Limits that are the same on every network. */

/** BIP141 weight units of a block. */
export const MAX_BLOCK_WEIGHT = 4_000_000;
/** BIP141 signature operation cost of a block. */
export const MAX_BLOCK_SIGOPS_COST = 80_000;
/** BIP94: seconds that the first block of an interval may be before its parent. */
export const MAX_TIMEWARP = 600;
/** Seconds by which a block's time may be wrong: who looks for what came at some time begins earlier. */
export const TIMESTAMP_WINDOW = 7_200;
