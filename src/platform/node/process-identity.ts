/** Which process a process id means: the number alone may by now be another's. Owns what is asked of the system. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words, to be compared only; null where the system does not say. */
  readonly started: string | null;
}

/** Null if there is no such process, or only what is left of one that has ended (a zombie). */
export function identify(pid: number): ProcessIdentity | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return { pid, started: null };
  }
}

/** Whether that very process still runs; where the system tells no start times, whether one of its number does. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  const now = identify(pid);
  return now !== null && (now.started === null || started === null || now.started === started);
}

/** Only to a process that is certainly the one that is meant. */
export function sendSignal(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (target.started === null || identify(target.pid)?.started !== target.started) return;
  try {
    process.kill(target.pid, signal);
  } catch {
    // It has ended meanwhile, or is not ours to end.
  }
}

/** Ticks since the boot, and which boot. */
function fromProc(pid: number): ProcessIdentity | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // A process chooses its own name, in brackets: what comes after the last one is the kernel's.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return null;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return { pid, started: `${boot} ${fields[18]}` };
}

function fromPs(pid: number): ProcessIdentity | null {
  const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } } as const;
  const [state = '', ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], options)
    .trim()
    .split(/\s+/);
  return state.startsWith('Z') ? null : { pid, started: started.join(' ') };
}
