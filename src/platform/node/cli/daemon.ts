/**
 * The `pennyd` command: a node in bitcoind's place. It takes bitcoind's arguments and `bitcoin.conf`, is on `main`
 * where no network is named, and ends with the same exit codes and the same use of standard output and error.
 */
import { refuseRest } from './arguments.ts';
import { goToBackground, isInBackground, tellStarted } from './background.ts';
import { PENNYD, readConfiguration } from './configuration.ts';
import { formatCoreOptions, formatOptions } from './help.ts';
import { NODE } from './node-options.ts';
import { finish, runToEnd } from './outcome.ts';
import { VERSION } from './version.ts';

const TITLE = `Penny daemon version v${VERSION}\n`;

export const run = (started: () => void): Promise<void> =>
  runToEnd(async () => {
    const words = process.argv.slice(2);
    const isAsked = (...names: string[]) => words.some((word) => names.includes(word.replace(/^--?/, '')));
    if (isAsked('version')) finish(TITLE);
    if (isAsked('help', 'h', '?', 'help-debug'))
      finish(
        `${TITLE}\nUsage: pennyd [options]\n\n${formatOptions(NODE.groups)}${isAsked('help-debug') ? formatCoreOptions() : ''}`,
      );
    const configuration = readConfiguration(words, NODE, PENNYD);
    refuseRest(configuration.rest);
    const { daemon, daemonwait } = configuration.values;
    if ((daemon || daemonwait) && !isInBackground()) process.exitCode = await goToBackground(daemonwait);
    else
      process.exitCode = await (await import('./node-command.ts')).runNode(configuration, undefined, () => {
        tellStarted();
        started();
      });
  });
