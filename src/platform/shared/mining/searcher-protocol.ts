/** What the mining threads share with the main thread: a job number, and each thread's count of hashes. */

/** Index in the Int32Array: the job that is wanted. A thread that works on another one stops. */
export const JOB = 0;

/** Bytes of the shared memory: the job number (8 bytes for alignment), then a counter for each thread. */
export const sharedSize = (threads: number): number => 8 + 8 * threads;

export interface Job {
  readonly number: number;
  /** 80 bytes. */
  readonly header: Uint8Array;
  readonly target: bigint;
  readonly from: number;
  readonly count: number;
  /** Percent of the time. */
  readonly load: number;
}

export interface JobResult {
  readonly number: number;
  readonly nonce: number | null;
}

export interface SearcherSetup {
  readonly shared: SharedArrayBuffer;
  readonly thread: number;
}
