/** A process that goes on in the background, as -daemon asks: the same command again, which holds no terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';

/** Names the descriptor by which the process that was left tells the one that left it. */
const LINE = 'PENNY_BACKGROUND';
const DESCRIPTOR = 3;

/** Is this the process that was left in the background? */
export const isInBackground = (): boolean => process.env[LINE] !== undefined;

/** Once, by the process in the background: it stands. Nothing where nobody waits. */
export function tellStarted(): void {
  if (!isInBackground()) return;
  try {
    writeSync(DESCRIPTOR, '.');
  } catch {
    // Whoever has started it is gone.
  }
  closeSync(DESCRIPTOR);
}

/** @param wait until it stands, or has failed to @returns the exit code */
export async function goToBackground(wait: boolean): Promise<number> {
  process.stdout.write('Penny starting\n');
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [LINE]: String(DESCRIPTOR) },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  if (!wait) {
    child.unref();
    return 0;
  }
  const started = once(child.stdio[DESCRIPTOR]!, 'data').then(() => true);
  if (await Promise.race([started, once(child, 'exit').then(() => false)])) return 0;
  process.stderr.write('Error during initialization - check debug.log for details\n');
  return 1;
}
