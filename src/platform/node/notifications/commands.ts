/** Which command is run when (Core's -blocknotify and its kin), and how what it is told gets into its text. */
import type { Parts } from '../../../node.ts';
import type { WalletParts } from '../../../wallet/wallet-parts.ts';
import type { CommandRunner } from './command-runner.ts';

/** Commands for the system's shell, with places for what they are told. */
export interface NotifyOptions {
  /** %s: what a person should know, quoted. */
  readonly alert?: string;
  /** %s: hash of the new tip. */
  readonly block?: string;
  /** %s: txid, %w: name of the wallet, quoted, %b: block hash or `unconfirmed`, %h: its height or -1. */
  readonly wallet?: string;
  readonly startup?: string;
  readonly shutdown?: readonly string[];
}

/** One word for the shell, whatever is in it. On Windows there is no safe way, and Core does not fill in %w. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** All at once: what is filled in is not looked at again. */
export function fillIn(command: string, values: Readonly<Record<string, string>>): string {
  return command.replace(/%[a-z]/g, (place) => values[place] ?? place);
}

/** Warnings are this node's own words; a shell sees no more of them than Core lets it. */
const plain = (text: string): string => text.replace(/[^A-Za-z0-9 .,;\-_/:?@()]/g, '');

export class Commands {
  readonly #options: NotifyOptions;
  readonly #runner: CommandRunner;
  readonly #windows: boolean;

  constructor(options: NotifyOptions, runner: CommandRunner, platform: NodeJS.Platform = process.platform) {
    this.#options = options;
    this.#runner = runner;
    this.#windows = platform === 'win32';
  }

  /** Listens to the chain from now on. */
  attach({ chain }: Pick<Parts, 'chain'>): void {
    const { alert, block } = this.#options;
    // To look for warnings takes a tenth of a small block's time: only for who wants to know.
    if (alert) this.#watch(chain);
    if (!block) return;
    chain.tipChanged.subscribe(({ tip }) => {
      if (!chain.isInitialBlockDownload) this.#run('block', { '%s': tip.hash });
    });
  }

  #watch(chain: Parts['chain']): void {
    let known: readonly string[] = chain.warnings;
    const warn = (): void => {
      const { warnings } = chain;
      for (const warning of warnings)
        if (!known.includes(warning)) this.#run('alert', { '%s': `'${plain(warning)}'` });
      known = warnings;
    };
    chain.refused.subscribe(warn);
    chain.tipChanged.subscribe(warn);
  }

  readonly noted: NonNullable<WalletParts['noted']> = (wallet, { tx, block }) => {
    this.#run('wallet', {
      '%s': tx.txid,
      '%b': block?.hash ?? 'unconfirmed',
      '%h': String(block?.height ?? -1),
      ...(!this.#windows && { '%w': shellWord(wallet) }),
    });
  };

  #run(event: 'alert' | 'block' | 'wallet', values: Readonly<Record<string, string>>): void {
    const command = this.#options[event];
    if (command !== undefined && command !== '') this.#runner.run(fillIn(command, values));
  }

  started(): void {
    if (this.#options.startup) this.#runner.run(this.#options.startup);
  }

  /** Resolves when the commands for it have ended, or take too long. */
  async stopping(): Promise<void> {
    const { shutdown = [] } = this.#options;
    await Promise.all(shutdown.filter(Boolean).map((command) => this.#runner.runNow(command)));
  }
}
