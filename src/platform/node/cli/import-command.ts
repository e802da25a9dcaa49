/**
 * `penny import`, `penny export`, `penny reindex`: a node without peers that does one long task, answers
 * RPC meanwhile, shows how far it is, and ends. Blocks are in Bitcoin Core's blk format.
 */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { exportBlocks, importBlocks } from '../../../chain/import.ts';
import { FileSource } from '../storage/file-source.ts';
import { UsageError } from './arguments.ts';
import type { Configuration } from './configuration.ts';
import { type Mission, runNode } from './node-command.ts';
import { ProgressBar } from './progress-bar.ts';

const createBar = (): ProgressBar => new ProgressBar(process.stderr, 'blocks', () => performance.now());

/** Takes in the blocks of files; those that are known are passed over, so an interrupted import goes on. */
export function runImport(configuration: Configuration): Promise<number> {
  if (configuration.rest.length === 0) throw new UsageError('Which files should be imported?');
  const task: Mission['task'] = async (node, signal) => {
    const sources = await Promise.all(configuration.rest.map((path) => FileSource.open(path)));
    const bar = createBar();
    const result = await importBlocks(node.chain, sources, {
      onProgress: ({ done, total, blocks }) => bar.update(done / total, blocks),
      isCancelled: () => signal.aborted,
    });
    bar.end();
    for (const source of sources) await source.close();
    process.stdout.write(
      `${result.accepted} blocks imported, ${result.refused} refused, ${result.orphans} without a parent; height ${node.chain.height}\n`,
    );
    if (result.refused > 0) throw new Error('some blocks are invalid');
  };
  return runNode(configuration, { task });
}

/** Writes the active chain, from the genesis block on, to a new file. */
export function runExport(configuration: Configuration): Promise<number> {
  const [path, ...others] = configuration.rest;
  if (path === undefined || others.length > 0) throw new UsageError('To which file should be exported?');
  const task: Mission['task'] = async ({ chain }, signal) => {
    const bar = createBar();
    const { height } = chain;
    async function* counted(): AsyncGenerator<Uint8Array> {
      let written = 0;
      for await (const block of exportBlocks(chain)) {
        yield block;
        bar.update(written / Math.max(1, height), ++written);
      }
    }
    await pipeline(counted(), createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
    bar.end();
    process.stdout.write(`${height + 1} blocks exported to ${path}\n`);
  };
  return runNode(configuration, { task });
}

/** Builds the block index and the coins again from the block files, or the coins only. */
export function runReindex(configuration: Configuration): Promise<number> {
  const bar = createBar();
  return runNode(configuration, {
    reindex: configuration.settings.flag('chainstate-only', false) ? 'chainstate' : 'blocks',
    onReindex: ({ done, total, blocks }) => bar.update(done / total, blocks),
    task: async ({ chain }) => {
      bar.end();
      process.stdout.write(`height ${chain.height}, tip ${chain.tip.hash}\n`);
    },
  });
}
