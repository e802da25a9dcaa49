import type { TabNodeOptions, TabNodeState } from '../../../../src/platform/browser/protocol.ts';

/** What `harness.ts` puts into the page. */
export interface Harness {
  readonly states: TabNodeState[];
  start(script: string, options: TabNodeOptions): void;
  call(path: string, method: string, ...parameters: readonly unknown[]): Promise<unknown>;
  /** Hashes of the next blocks that events tell of. */
  blocks(count: number): Promise<string[]>;
  stop(): Promise<void>;
  /** Runs the suites of the seams. @param url where the other ends of connections are */
  suites(url: string): Promise<SuiteResults>;
}

/** What is said of the other end of a connection: one byte before its bytes. */
export const FarWord = Object.freeze({ listening: 0, opened: 1, message: 2, closed: 3 });
export type FarWord = (typeof FarWord)[keyof typeof FarWord];

export interface SuiteResults {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}
