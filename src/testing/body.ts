/** What a test's node is made of: memory and virtual time in this process, or a process of its own. Types only. */
import type { RpcClient } from '../client/client.ts';
import type { TestNode } from './api.ts';

export interface Body {
  readonly name: string;
  readonly rpc: RpcClient;
  readonly http: TestNode['http'];
  start(): Promise<void>;
  stop(): Promise<void>;
  advance(seconds: number): Promise<void>;
  /**
   * Looks now, and again whenever its chain or its mempool has changed, until it is so.
   * @throws Error that says what was waited for
   */
  wait(what: () => string, look: () => Promise<boolean>, timeout: number | undefined): Promise<void>;
  /** Of all that belongs to this body's network. */
  snapshot(): Promise<string>;
  revert(snapshot: string | undefined): Promise<void>;
  /** Writes it, with all of its network, to a file. */
  dump(path: string): Promise<void>;
}
