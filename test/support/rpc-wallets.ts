/** RPC calls to the wallets of a node in memory; what they answer is held to what the methods declare. */
import { expect } from 'vitest';
import type { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { METHODS } from '../../src/methods.ts';
import { findMethod } from '../../src/rpc/registry.ts';
import { mismatches } from './result-matches.ts';

interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export function walletCaller(memory: MemoryNode) {
  const ask = async (wallet: string | null, method: string, params: readonly unknown[]): Promise<Reply> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params });
    const { signal } = new AbortController();
    const path = wallet === null ? '/' : `/wallet/${wallet}`;
    const answer = await memory.node.rpc.handle(body, { path, user: '', signal });
    return JSON.parse(answer.body) as Reply;
  };
  return {
    // biome-ignore lint/suspicious/noExplicitAny: answers have many shapes, and the tests say which
    async call(wallet: string | null, method: string, ...parameters: readonly unknown[]): Promise<any> {
      const { result, error } = await ask(wallet, method, parameters);
      if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
      expect(mismatches(result as never, findMethod(METHODS, method)!.result), method).toEqual([]);
      return result;
    },
    async errorOf(wallet: string | null, method: string, ...parameters: readonly unknown[]) {
      return (await ask(wallet, method, parameters)).error;
    },
  };
}
