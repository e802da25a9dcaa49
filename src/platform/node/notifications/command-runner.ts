/**
 * Runs the commands of others in the system's shell, some at once and the rest in turn. Owns how many: what fails,
 * takes long or cannot be run any more is told in the log, and harms nothing else.
 */
import { spawn } from 'node:child_process';
import type { Logger } from '../../../seams.ts';

interface CommandLimits {
  /** Commands that run at once, and that wait for their turn besides. */
  readonly atOnce: number;
  readonly waiting: number;
  /** Milliseconds after which the log says that a command still runs, and nobody waits for it any more. */
  readonly patience: number;
}

const LIMITS: CommandLimits = { atOnce: 16, waiting: 10_000, patience: 60_000 };

export class CommandRunner {
  readonly #logger: Logger;
  readonly #limits: CommandLimits;
  readonly #waiting: string[] = [];
  #running = 0;
  /** Commands that found no place to wait, since the last one that did. */
  #lost = 0;

  constructor(logger: Logger, limits: Partial<CommandLimits> = {}) {
    this.#logger = logger;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Now, or when enough of those before it have ended. */
  run(command: string): void {
    if (this.#running < this.#limits.atOnce) this.#begin(command);
    else if (this.#waiting.length < this.#limits.waiting) this.#waiting.push(command);
    else if (this.#lost++ === 0) this.#log(`Too many commands wait for others to end; not run: ${command}`);
  }

  #begin(command: string): void {
    this.#running++;
    void this.runNow(command, true).then(() => {
      this.#running--;
      this.#tellLost();
      const next = this.#waiting.shift();
      if (next !== undefined) this.#begin(next);
    });
  }

  #tellLost(): void {
    if (this.#lost > 1) this.#log(`${this.#lost - 1} more commands were not run`);
    this.#lost = 0;
  }

  /**
   * Runs a command at once. Resolves when it has ended.
   * @param toItsEnd false resolves already when it has taken long
   */
  runNow(command: string, toItsEnd = false): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn(command, { shell: true, stdio: ['ignore', 'inherit', 'inherit'] });
      const timer = setTimeout(() => {
        this.#log(`Command still runs after ${this.#limits.patience / 1000} seconds: ${command}`);
        if (!toItsEnd) resolve();
      }, this.#limits.patience);
      // A command may outlive the node.
      if (toItsEnd) timer.unref();
      child.unref();
      const end = (what: string | null): void => {
        clearTimeout(timer);
        if (what !== null) this.#log(`runCommand error: system(${command}) ${what}`);
        resolve();
      };
      child.once('error', ({ message }) => end(`failed: ${message}`));
      child.once('exit', (code, signal) => {
        if (signal !== null) end(`was ended by ${signal}`);
        else end(code === 0 ? null : `returned ${code}`);
      });
    });
  }

  /** Runs nothing more. */
  close(): void {
    this.#tellLost();
    const { length } = this.#waiting;
    if (length > 0) this.#log(`${length} commands that waited for others to end are not run`);
    this.#waiting.length = 0;
  }

  #log(message: string): void {
    this.#logger.log('warn', 'init', message);
  }
}
