/** The data directory of a devnet: marked as such, so that only what a devnet made is ever deleted. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../cli/arguments.ts';
import type { NodePlan } from './plan.ts';

const MARKER = 'devnet.json';
/** Milliseconds. */
const KILL_TIMEOUT = 10_000;
const KILL_POLL = 50;

/**
 * Makes the directory ready, empty unless it is kept, and writes the network file into it.
 * @returns path of the network file
 * @throws UsageError if the directory holds anything that is not a devnet's
 */
export function prepareDirectory(directory: string, keep: boolean, network: unknown): string {
  const marker = join(directory, MARKER);
  if (existsSync(directory) && readdirSync(directory).length > 0 && !existsSync(marker)) {
    throw new UsageError(
      `${directory} is not a devnet's data directory and not empty: choose another by --datadir`,
    );
  }
  if (!keep) removeDirectory(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(marker, `${JSON.stringify(network, null, 2)}\n`);
  return marker;
}

/** Deletes a devnet's directory, and no other. */
export function removeDirectory(directory: string): void {
  if (existsSync(join(directory, MARKER))) rmSync(directory, { recursive: true, force: true });
}

/**
 * Ends nodes of this devnet that a former run left behind (it was killed, say).
 * @returns names of the nodes that were ended
 */
export async function endLeftovers(nodes: readonly NodePlan[]): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const node of nodes) {
    const pid = leftover(node);
    if (pid === null) continue;
    process.kill(pid, 'SIGTERM');
    for (let waited = 0; isAlive(pid); waited += KILL_POLL) {
      if (waited >= KILL_TIMEOUT) process.kill(pid, 'SIGKILL');
      await delay(KILL_POLL);
    }
    ended.push(node.name);
  }
  return ended;
}

/** The process id of a node that still runs on this directory. */
function leftover(node: NodePlan): number | null {
  const file = join(node.directory, 'devnet', 'penny.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8'));
  return Number.isSafeInteger(pid) && pid > 1 && isAlive(pid) && runsOn(pid, node.directory) ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The number may by now be another process's; where that cannot be told, it is left alone. */
function runsOn(pid: number, directory: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(`-datadir=${directory}`);
  } catch {
    return false;
  }
}
