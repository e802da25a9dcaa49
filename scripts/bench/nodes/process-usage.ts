/** What a process has used, as Linux tells of it. */
import { readFileSync } from 'node:fs';

export interface Usage {
  /** Of all its threads, in user mode and for it in the kernel. */
  readonly cpuSeconds: number;
  /** Most that it ever had resident. */
  readonly peakMegabytes: number;
}

/** The kernel counts time in these for everyone (USER_HZ). */
const TICKS_A_SECOND = 100;

/** Null where the process is gone, or the system has no /proc. */
export function readUsage(pid: number): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    // A dead process that nobody has asked for yet has no memory.
    if (peak === null) return null;
    // Counted from behind the name, which may hold anything: proc(5) numbers utime 14 and stime 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[14 - 3]) + Number(fields[15 - 3]);
    return { cpuSeconds: ticks / TICKS_A_SECOND, peakMegabytes: (Number(peak[1]) * 1024) / 1e6 };
  } catch {
    return null;
  }
}
