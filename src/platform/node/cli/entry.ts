/**
 * Before a command is loaded: is there what that takes? Imports nothing of ours but the loader, for Node opens files
 * of code dozens at a time, and where it may not it ends with a stack of its own. Below some twenty descriptors, or
 * 700 MiB of addresses, it cannot even read this.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { type Command, type CommandName, loadBundle } from './bundle.ts';

/** For the modules that are loaded before errors are named (`outcome.ts`). */
const DESCRIPTORS = 64;
/** Bytes that Node and its threads reserve, whatever they use of them. */
export const ADDRESSES = 2 ** 30;

/** Milliseconds that a node has stood before its compiled code is kept, if it goes on for so long. */
const SETTLED = 1_000;

/** @param load where there is no bundle */
export async function enter(name: CommandName, load: () => Promise<Command>): Promise<void> {
  // Both take a third of a millisecond to find out.
  const lack = lackOfDescriptors() ?? lackOfAddresses();
  if (lack !== null) {
    process.stderr.write(`Error: Not enough ${lack}\n`);
    process.exitCode = 1;
    return;
  }
  const bundle = loadBundle();
  const { run } = await (bundle?.command(name) ?? load());
  await run(() => {
    if (bundle === null) return;
    setTimeout(bundle.keep, SETTLED).unref();
    process.once('exit', bundle.keep);
  });
}

function lackOfDescriptors(): string | null {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS) opened.push(openSync(devNull, 'r'));
    return null;
  } catch (error) {
    return `file descriptors available (ulimit -n): ${(error as Error).message}`;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** @param needed bytes */
export function lackOfAddresses(needed = ADDRESSES): string | null {
  const allowed = addressLimit();
  if (allowed >= needed) return null;
  const [may, takes] = [allowed, needed].map((bytes) => Math.floor(bytes / 2 ** 20));
  return `memory available: a process may use ${may} MiB of addresses (ulimit -v), and takes ${takes} MiB`;
}

/** Bytes; infinite where there is no limit, or the system does not say. */
function addressLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    return Number(/^Max address space +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
