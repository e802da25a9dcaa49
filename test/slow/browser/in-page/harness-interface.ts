import type { TabNodeOptions, TabNodeState } from '../../../../src/platform/browser/protocol.ts';

/** What `harness.ts` puts into the page. */
export interface Harness {
  readonly states: TabNodeState[];
  start(script: string, options: TabNodeOptions): void;
  call(path: string, method: string, ...parameters: readonly unknown[]): Promise<unknown>;
  /** Hashes of the next blocks that events tell of. */
  blocks(count: number): Promise<string[]>;
  stop(): Promise<void>;
}
