/** Bitcoin Core's program on this machine. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/**
 * @param given where the user says that it is; absent looks on the PATH
 * @throws Error if a given one cannot be run
 */
export function findBitcoind(given?: string): string | undefined {
  if (given !== undefined) {
    accessSync(given, constants.X_OK);
    return resolve(given);
  }
  const places = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return places.map((directory) => join(directory, 'bitcoind')).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function bitcoindVersion(bitcoind: string): string {
  return execFileSync(bitcoind, ['-version'], { encoding: 'utf8' }).split('\n', 1)[0]!;
}
