/** A ScriptVerifier on worker threads, with the calling thread's help. One job at a time, in order. */
import type { Worker } from 'node:worker_threads';
import type { ScriptFailure, ScriptVerifier } from '../../../chain/script-verifier.ts';
import type { ScriptCheck } from '../../../core/consensus/connect-block.ts';
import { SighashContext } from '../../../core/script/sighash.ts';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';
import { verifyInput } from '../../../core/script/verify.ts';
import type { Clock, Logger } from '../../../seams.ts';
import { InlineScriptVerifier } from '../../memory/inline-script-verifier.ts';
import { startWorker } from '../worker.ts';
import { JobWorker, shareChecks } from './job.ts';
import type { VerificationWorkerData } from './verification-worker.ts';

/** Milliseconds that this thread verifies before it lets everything else have its turn. */
const MAX_TURN = 10;
/** Fewer inputs than these are verified here: telling the workers costs as much. */
const WORTH_SHARING = 32;

export interface WorkerVerifierOptions {
  /** Worker threads besides the calling one. */
  readonly workers: number;
}

export interface WorkerVerifierDependencies {
  /** The workers load the engine of the same name. */
  readonly engine: SignatureEngine;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class WorkerScriptVerifier implements ScriptVerifier {
  readonly #dependencies: WorkerVerifierDependencies;
  readonly #inline: InlineScriptVerifier;
  readonly #workers = new Set<Worker>();
  #queue: Promise<unknown> = Promise.resolve();
  /** Called when a worker has found nothing more to take, or died. */
  #wake: () => void = () => {};
  #crashed = false;

  constructor({ workers }: WorkerVerifierOptions, dependencies: WorkerVerifierDependencies) {
    this.#dependencies = dependencies;
    this.#inline = new InlineScriptVerifier(dependencies.engine, dependencies.clock);
    for (let i = 0; i < workers; i++) this.#start();
  }

  #start(): void {
    const data: VerificationWorkerData = { engine: this.#dependencies.engine.name };
    const worker = startWorker(new URL('./verification-worker', import.meta.url), data);
    this.#workers.add(worker);
    worker.on('message', () => this.#wake());
    worker.on('error', (error) => this.#lose(worker, error));
    worker.unref();
  }

  /** The others, and this thread, go on without it. */
  #lose(worker: Worker, error: Error): void {
    this.#workers.delete(worker);
    this.#crashed = true;
    this.#dependencies.logger.log('error', 'validation', `script verification thread died: ${error.stack}`);
    this.#wake();
  }

  verify(checks: readonly ScriptCheck[]): Promise<ScriptFailure | null> {
    const inputs = checks.reduce((sum, { spent }) => sum + spent.length, 0);
    if (inputs < WORTH_SHARING || this.#workers.size === 0) return this.#inline.verify(checks);
    const result = this.#queue.then(() => this.#holdProcess(() => this.#run(checks)));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** A process that has nothing else to do may end, but not in the middle of a job. */
  async #holdProcess<T>(task: () => Promise<T>): Promise<T> {
    for (const worker of this.#workers) worker.ref();
    try {
      return await task();
    } finally {
      for (const worker of this.#workers) worker.unref();
    }
  }

  async #run(checks: readonly ScriptCheck[]): Promise<ScriptFailure | null> {
    const { clock, engine } = this.#dependencies;
    const job = shareChecks(checks);
    this.#crashed = false;
    for (const worker of this.#workers) worker.postMessage(job);
    const own = new JobWorker(job, engine, (index) => checks[index]!);
    for (let turn = clock.monotonic(); own.step(); )
      if (clock.monotonic() - turn >= MAX_TURN) {
        await clock.yield();
        turn = clock.monotonic();
      }
    while (!own.finished && !this.#crashed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    // What a dead worker had taken is nobody's: begin again without it.
    if (!own.finished) return this.#inline.verify(checks);
    return own.failure === null ? null : this.#explain(checks, own.failure);
  }

  /** The threads say only which input; why is found out here. */
  #explain(
    checks: readonly ScriptCheck[],
    { check, input }: { check: number; input: number },
  ): ScriptFailure {
    const { tx, spent, flags } = checks[check]!;
    const context = new SighashContext(tx, spent);
    const error = verifyInput(tx, input, spent[input]!, flags, context, this.#dependencies.engine);
    if (error === null) throw new Error(`threads disagree about input ${input} of ${tx.txid}`);
    return { check, input, error };
  }

  async close(): Promise<void> {
    await this.#queue;
    const workers = [...this.#workers];
    this.#workers.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
