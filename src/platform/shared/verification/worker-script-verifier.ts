/**
 * A ScriptVerifier on worker threads, with the calling thread's help. The workers are told of each job at once
 * and take one after the other, so that none waits for the calling thread between two blocks.
 */
import type { ScriptFailure, ScriptVerifier } from '../../../chain/script-verifier.ts';
import type { ScriptCheck } from '../../../core/consensus/connect-block.ts';
import { SighashContext } from '../../../core/script/sighash.ts';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';
import { verifyInput } from '../../../core/script/verify.ts';
import type { Clock, Logger } from '../../../seams.ts';
import { InlineScriptVerifier } from '../../memory/inline-script-verifier.ts';
import type { StartThread, Thread } from '../thread.ts';
import { JobWorker, shareChecks, type VerifierSetup } from './job.ts';

/** Milliseconds that this thread verifies before it lets everything else have its turn. */
const MAX_TURN = 10;
/** Fewer inputs than these are verified here: telling the workers costs as much. */
const WORTH_SHARING = 32;

interface WorkerVerifierOptions {
  /** Worker threads besides the calling one. */
  readonly workers: number;
}

interface WorkerVerifierDependencies {
  /** The workers load the engine of the same name. */
  readonly engine: SignatureEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startThread: StartThread<VerifierSetup, void>;
}

/** Checks that are being verified. */
interface Job {
  readonly checks: readonly ScriptCheck[];
  /** This thread's part. */
  readonly own: JobWorker;
  readonly resolve: (failure: ScriptFailure | null) => void;
  readonly reject: (error: Error) => void;
  /** A thread died meanwhile: what it had taken is nobody's. */
  broken: boolean;
}

export class WorkerScriptVerifier implements ScriptVerifier {
  readonly #dependencies: WorkerVerifierDependencies;
  readonly #inline: InlineScriptVerifier;
  readonly #workers = new Set<Thread>();
  /** Workers that wait for the first job that is worth them: most nodes see none for long. */
  #unstarted: number;
  /** Oldest first. */
  readonly #jobs: Job[] = [];
  #running: Promise<void> | undefined;
  /** Called when there is a new job, or a worker has found nothing more to take in one, or died. */
  #wake: () => void = () => {};

  constructor({ workers }: WorkerVerifierOptions, dependencies: WorkerVerifierDependencies) {
    this.#dependencies = dependencies;
    this.#inline = new InlineScriptVerifier(dependencies.engine, dependencies.clock);
    this.#unstarted = workers;
  }

  #start(): void {
    const { engine, startThread } = this.#dependencies;
    const thread: Thread = startThread(
      { engine: engine.name },
      { message: () => this.#wake(), failed: (error) => this.#lose(thread, error) },
    );
    this.#workers.add(thread);
  }

  /** The others, and this thread, go on without it. */
  #lose(thread: Thread, error: Error): void {
    this.#workers.delete(thread);
    for (const job of this.#jobs) job.broken = true;
    this.#dependencies.logger.log('error', 'validation', `script verification thread died: ${error.stack}`);
    this.#wake();
  }

  verify(checks: readonly ScriptCheck[]): Promise<ScriptFailure | null> {
    const inputs = checks.reduce((sum, { spent }) => sum + spent.length, 0);
    if (inputs < WORTH_SHARING) return this.#inline.verify(checks);
    for (; this.#unstarted > 0; this.#unstarted--) this.#start();
    if (this.#workers.size === 0) return this.#inline.verify(checks);
    const shared = shareChecks(checks);
    for (const worker of this.#workers) worker.post(shared);
    const own = new JobWorker(shared, this.#dependencies.engine, (index) => checks[index]!);
    return new Promise((resolve, reject) => {
      this.#jobs.push({ checks, own, resolve, reject, broken: false });
      this.#running ??= this.#run();
      this.#wake();
    });
  }

  /** Until no job is left. A process that has nothing else to do may end, but not in the middle of one. */
  async #run(): Promise<void> {
    for (const worker of this.#workers) worker.hold(true);
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      // Whoever waited for the last one goes first: it may have more for the workers.
      await this.#dependencies.clock.yield();
      try {
        job.resolve(await this.#finish(job));
      } catch (error) {
        job.reject(error as Error);
      }
      this.#jobs.shift();
    }
    for (const worker of this.#workers) worker.hold(false);
    this.#running = undefined;
  }

  async #finish(job: Job): Promise<ScriptFailure | null> {
    const { checks, own } = job;
    const { clock } = this.#dependencies;
    for (let turn = clock.monotonic(); !own.finished; ) {
      if (!this.#step()) {
        if (job.broken) return this.#inline.verify(checks);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if (clock.monotonic() - turn >= MAX_TURN) await clock.yield();
      else continue;
      turn = clock.monotonic();
    }
    return own.failure === null ? null : this.#explain(checks, own.failure);
  }

  /** Takes some inputs of the oldest job that has any left; false if none has. */
  #step(): boolean {
    return this.#jobs.some(({ own }) => own.step());
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
    await this.#running;
    this.#unstarted = 0;
    const workers = [...this.#workers];
    this.#workers.clear();
    await Promise.all(workers.map((worker) => worker.close()));
  }
}
