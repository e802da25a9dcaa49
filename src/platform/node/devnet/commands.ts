/** What a user types to a running devnet: `stop 2`, `start 2`. Owns the reading; not what is done then. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Verb } from './keeper.ts';

interface CommandListener {
  obey(verb: Verb, name: string): void;
  /** A line was typed that is no command. */
  help(): void;
  /** A line was typed: on a terminal the cursor has gone down with it. */
  typed(): void;
}

export function readCommands(input: NodeJS.ReadStream, { obey, help, typed }: CommandListener): void {
  input.on('error', () => {});
  const lines = createInterface({ input, terminal: false });
  lines.on('line', (line) => {
    typed();
    const [, verb, name] = /^\s*(start|stop)\s+([\w-]+)\s*$/.exec(line) ?? [];
    if (verb !== undefined) obey(verb as Verb, name!);
    else if (line.trim() !== '') help();
  });
  if (input.isTTY !== true) return;
  // The system stops a process of the background that reads from the terminal.
  const listen = (): void => {
    if (isInForeground()) lines.resume();
    else lines.pause();
  };
  listen();
  process.on('SIGCONT', listen);
}

/** Whether the terminal is ours; where nobody can say, it is. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return true;
  }
}
