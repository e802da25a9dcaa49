/**
 * Who is measured: Penny from `dist`, with one signature engine or another, and Bitcoin Core beside it. Owns
 * the words in which each is told the same thing; everything else is done to both alike.
 */
import { PENNY } from '../../../test/functional/support/node-process.ts';
import type { BenchOptions } from '../row.ts';

/** A program and its words. */
export type CommandLine = readonly [string, ...string[]];

export interface Contender {
  /** How rows tell Pennys apart; empty for Penny as it comes. */
  readonly label: string;
  readonly isCore: boolean;
  /** A node with these options. */
  running(options: readonly string[]): CommandLine;
  /** A process that takes in the file's blocks and ends. */
  importing(file: string, options: readonly string[]): CommandLine;
  /** What it says on the terminal when the blocks are in; absent if only its RPC tells. */
  readonly imported?: RegExp;
  /** The value of `-connect` that means a listening node of its own kind. */
  peerAt(port: number): string;
}

/** @param engine forces a signature engine; absent the fastest that loads */
export function penny(engine?: string): Contender {
  const own = engine === undefined ? [] : [`-signature-engine=${engine}`];
  return {
    label: engine ?? '',
    isCore: false,
    running: (options) => [process.execPath, PENNY, 'node', ...own, ...options],
    importing: (file, options) => [process.execPath, PENNY, 'import', ...own, ...options, file],
    imported: /blocks imported/,
    peerAt: (port) => `ws://127.0.0.1:${port}`,
  };
}

export function core(bitcoind: string): Contender {
  // What only tests want on regtest, a check of the whole index at each block, would slow it down absurdly.
  // Its own transport is encrypted, Penny's is not.
  const own = ['-checkblockindex=0', '-checkmempool=0', '-v2transport=0', '-fallbackfee=0.0001'];
  return {
    label: 'bitcoind',
    isCore: true,
    running: (options) => [bitcoind, ...own, ...options],
    importing: (file, options) => [
      bitcoind,
      ...own,
      ...options,
      `-loadblock=${file}`,
      '-stopafterblockimport',
    ],
    peerAt: (port) => `127.0.0.1:${port}`,
  };
}

/** Penny as it comes, and Bitcoin Core where there is one. */
export function contenders({ bitcoind }: BenchOptions): Contender[] {
  return [penny(), ...(bitcoind === undefined ? [] : [core(bitcoind)])];
}
