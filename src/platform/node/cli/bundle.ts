/**
 * The commands as one file, which `npm run build` makes of all their modules, and what V8 made of that, kept beside it
 * from the first node on: to find, read and compile some 600 modules takes longer than all else in a start.
 * Imports nothing of ours.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

export interface Command {
  /** @param started called once, if it is a node, when that stands */
  run(started: () => void): Promise<void>;
}

interface Bundle {
  command(name: CommandName): Promise<Command>;
  /** Keeps what has been compiled for later starts, the first time; where nothing can be written, they do without. */
  keep(): void;
}

export type CommandName = 'commands' | 'daemon';

const FILE = fileURLToPath(new URL('./penny.cjs', import.meta.url));
/** Versions of V8 know only their own. */
const KEPT = fileURLToPath(new URL(`./penny-${process.version}-${process.arch}.cache`, import.meta.url));
const SUM = 32;

/** Null where there is none, or it is not of these files: run from `src`, or after `tsc` alone. */
export function loadBundle(): Bundle | null {
  const source = readIfThere(FILE);
  if (source === undefined || statSync(FILE).mtimeMs < statSync(fileURLToPath(import.meta.url)).mtimeMs)
    return null;
  // V8 itself compares no more than the source's length, and believes the rest.
  const sumOf = (code: Buffer): Buffer => createHash('sha256').update(source).update(code).digest();
  const kept = readIfThere(KEPT);
  const code = kept?.subarray(SUM);
  const cachedData = code !== undefined && sumOf(code).equals(kept!.subarray(0, SUM)) ? code : undefined;
  const script = new Script(source.toString('latin1'), { filename: FILE, ...(cachedData && { cachedData }) });
  let isKept = cachedData !== undefined && script.cachedDataRejected !== true;
  const commands = script.runInThisContext()(createRequire(FILE), FILE) as Record<
    CommandName,
    () => Promise<Command>
  >;
  return {
    command: (name) => commands[name](),
    keep: () => {
      if (isKept) return;
      isKept = true;
      const made = script.createCachedData();
      const beside = `${KEPT}.${process.pid}`;
      try {
        writeFileSync(beside, Buffer.concat([sumOf(made), made]));
        renameSync(beside, KEPT);
      } catch {
        // Installed by somebody else, or no room.
      }
    },
  };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
