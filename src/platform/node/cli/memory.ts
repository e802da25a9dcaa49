/**
 * Is there the memory that a node with these options takes? Where it lacks, V8 and LevelDB end a process in words of
 * their own, which nothing catches; the next start finds all that was acknowledged.
 */
import { getHeapStatistics } from 'node:v8';
import { NODE_FACTOR } from '../../../mempool/memory.ts';
import { ADDRESSES, lackOfAddresses } from './entry.ts';
import { UsageError } from './usage-error.ts';

const MIB = 2 ** 20;
/** Of V8's heap, without a mempool. */
const HEAP = 96 * MIB;

interface Wanted {
  /** MiB. */
  readonly dbcache: number;
  /** Bytes. */
  readonly maxmempool: number;
}

/** @returns bytes that the mempool may take of Node's memory: enough for what was asked for, or half of what objects have. @throws UsageError */
export function mempoolMemory({ dbcache, maxmempool }: Wanted): number {
  const heap = getHeapStatistics().heap_size_limit;
  const granted = Math.min(NODE_FACTOR * maxmempool, Math.floor(heap / 2 - HEAP / 4));
  const lack =
    heap < HEAP
      ? `memory available: objects may take ${Math.floor(heap / MIB)} MiB (--max-old-space-size), and need ${HEAP / MIB}`
      : lackOfAddresses(ADDRESSES + dbcache * MIB + granted);
  if (lack !== null) throw new UsageError(`Not enough ${lack}; -dbcache and -maxmempool are parts of it`);
  return granted;
}
