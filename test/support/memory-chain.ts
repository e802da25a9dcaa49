/** A chain on memory parts: the real thing, without a disk, on a clock that a test moves. */
import { Chain, type ChainOptions } from '../../src/chain/chain.ts';
import type { Storage } from '../../src/chain/storage.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import type { Clock, Logger, Random, Timer } from '../../src/seams.ts';

/** Stands still unless it is moved; timers are not run. */
export class StillClock implements Clock {
  /** Milliseconds since the epoch. */
  time: number;
  /** Milliseconds. */
  passed = 0;

  constructor(seconds: number) {
    this.time = seconds * 1000;
  }

  now(): number {
    return this.time;
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  elapsed(): number {
    return this.passed;
  }

  monotonic(): number {
    return this.passed;
  }

  schedule(): Timer {
    return { cancel: () => {} };
  }

  async yield(): Promise<void> {}
}

export const silentLogger: Logger = { log: () => {} };

/** Not random at all: the same bytes every time. */
export const fixedRandom: Random = {
  bytes: (length) => new Uint8Array(length).fill(7),
  below: (bound) => Math.floor(bound / 2),
};

/** Has the index written, for which a chain takes its time. */
export const saveIndex = (chain: Chain): Promise<void> => chain.precious(chain.tip.hash);

interface MemoryChainOptions extends ChainOptions {
  readonly parameters?: NetworkParameters;
  readonly storage?: Storage;
  readonly clock?: Clock;
  readonly engine?: SignatureEngine;
}

/** The clock stands at 2030, so that no block is too new. */
export function openMemoryChain(options: MemoryChainOptions = {}): Promise<Chain> {
  const clock = options.clock ?? new StillClock(1_893_456_000);
  return Chain.open(options, {
    parameters: options.parameters ?? REGTEST,
    clock,
    random: fixedRandom,
    storage: options.storage ?? new MemoryStorage(),
    scriptVerifier: new InlineScriptVerifier(options.engine ?? nobleEngine, clock),
    logger: silentLogger,
  });
}
