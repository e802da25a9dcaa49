/** How a command ends: what went wrong as one line on the standard error, and an exit code. */
import { DiskError } from '../../../chain/storage.ts';
import { NetworkFileError } from '../../../core/parameters/network-file-error.ts';
import { FileError } from '../storage/new-file.ts';
import { UsageError } from './usage-error.ts';
import { refuseOldNode } from './version.ts';

/** Ends at once, with what was asked for on the terminal. */
export function finish(text: string): never {
  process.stdout.write(text);
  process.exit(0);
}

/** Runs a command and ends the process with its exit code. */
export async function runToEnd(run: () => Promise<unknown>): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', () => undefined);
  try {
    // What it has not would else be named by a stack, deep within.
    const refusal = refuseOldNode(process.versions.node);
    if (refusal !== null) throw new UsageError(refusal);
    await run();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The code alone takes some hundred while it is loaded.
    const isStarved = code === 'EMFILE' || code === 'ENFILE';
    const isExplained = [UsageError, NetworkFileError, FileError, DiskError].some(
      (kind) => error instanceof kind,
    );
    if (!isExplained && !isStarved) throw error;
    const reason = isStarved ? `Not enough file descriptors available (ulimit -n): ${message}` : message;
    process.stderr.write(`Error: ${reason}\n`);
    process.exitCode = 1;
  }
  // Whatever was left open must not keep a finished command alive; but a pipe takes no more than 64 KiB at once.
  process.stdout.write('', () => process.exit());
}
