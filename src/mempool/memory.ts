/**
 * What transactions take of memory while they wait: as Bitcoin Core counts it, so that the same ones are let go at
 * the same -maxmempool, and as Node's objects do, which is about three times as much.
 */
import type { MempoolEntry } from './entry.ts';

/** Sizes of Core's structures on 64 bits, map nodes and graph entries with them: measured by `getmempoolinfo`. */
const CORE_ENTRY = 704;
const CORE_INPUT = 176;
const CORE_OUTPUT = 48;
/** A stack of witnesses has this much for each item, besides its bytes. */
const CORE_STACK_ITEM = 24;
/** Scripts up to this size lie in the structure itself. */
const CORE_SHORT_SCRIPT = 36;

/** What the C library takes for so many bytes. */
const allocated = (bytes: number): number => (bytes === 0 ? 0 : ((bytes + 31) >> 4) << 4);
const script = ({ length }: Uint8Array): number => (length > CORE_SHORT_SCRIPT ? allocated(length) : 0);

/** Bytes, as Core would count them. */
export function usageOf({ tx: { inputs, outputs } }: MempoolEntry): number {
  let sum = CORE_ENTRY + CORE_INPUT * inputs.length + CORE_OUTPUT * outputs.length;
  for (const { scriptSig, witness } of inputs) {
    sum += script(scriptSig) + allocated(CORE_STACK_ITEM * witness.length);
    for (const item of witness) sum += allocated(item.length);
  }
  for (const { scriptPubKey } of outputs) sum += script(scriptPubKey);
  return sum;
}

/**
 * Bytes that an entry takes of Node beside its serialization, and each of its inputs and outputs: measured on Node 20
 * with up to 20 of either, and a tenth more for what others note about it.
 */
const ENTRY_OVERHEAD = 2_300;
const INPUT_OVERHEAD = 600;
const OUTPUT_OVERHEAD = 220;
/** By which Node takes more of common transactions, of one or two inputs and outputs, than Core counts. */
export const NODE_FACTOR = 3;

/** Bytes of Node's memory, by estimate. */
export function memoryOf({ tx: { bytes, inputs, outputs } }: MempoolEntry): number {
  return bytes.length + ENTRY_OVERHEAD + INPUT_OVERHEAD * inputs.length + OUTPUT_OVERHEAD * outputs.length;
}
