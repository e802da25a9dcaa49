/** Looks after the file that a devnet was started from: what it says when it has changed, or what is wrong with it. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock, Timer } from '../../../seams.ts';
import { type NetworkSpec, readSpec } from './state-file.ts';

/** Milliseconds without another change: editors write more than once. */
const REST = 200;

interface Listener {
  changed(spec: NetworkSpec): Promise<void>;
  /** Tells the user. */
  tell(event: string): void;
}

/** Its folder is watched, since many editors put a new file in the place of the old. */
export function watchSpec(path: string, clock: Clock, { changed, tell }: Listener): FSWatcher {
  let timer: Timer | undefined;
  let turn = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      await changed(readSpec(path));
      tell(`goes over to what ${path} says`);
    } catch (error) {
      tell(`${(error as Error).message}; all stays as it is`);
    }
  };
  const watcher = watch(dirname(path), (_, name) => {
    if (name !== null && name !== basename(path)) return;
    timer?.cancel();
    timer = clock.schedule(REST, () => {
      turn = turn.then(look);
    });
  });
  watcher.on('close', () => timer?.cancel());
  return watcher;
}
