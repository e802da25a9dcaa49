/**
 * `penny import`, `penny export`, `penny reindex`: a node without peers that does one long task, answers
 * RPC meanwhile, shows how far it is, and ends. Blocks are in Bitcoin Core's blk format.
 */
import { exportBlocks, importBlocks } from '../../../chain/import.ts';
import { NewFile } from '../storage/new-file.ts';
import type { Configuration } from './configuration.ts';
import { describeGaps, describeRubbish, openBlockFiles } from './import-files.ts';
import { type Mission, runNode } from './node-command.ts';
import type { REINDEX } from './node-options.ts';
import type { NodeConfiguration } from './node-settings.ts';
import { ProgressBar } from './progress-bar.ts';
import { UsageError } from './usage-error.ts';

const createBar = (): ProgressBar => new ProgressBar(process.stderr, 'blocks', () => performance.now());

/**
 * Takes in the blocks of files; those that are known are passed over, so an interrupted import goes on.
 * What is no block is passed over too; but a file without any of this chain is an error.
 */
export async function runImport(configuration: NodeConfiguration): Promise<number> {
  if (configuration.rest.length === 0) throw new UsageError('Which files should be imported?');
  const sources = await openBlockFiles(configuration.rest);
  const task: Mission['task'] = async ({ chain }, signal) => {
    const bar = createBar();
    const result = await importBlocks(chain, sources, {
      onProgress: ({ done, total, blocks }) => bar.update(done / total, blocks),
      isCancelled: () => signal.aborted,
    });
    bar.end();
    process.stdout.write(
      `${result.accepted} blocks imported, ${result.refused} refused, ${result.orphans} without a parent; height ${chain.height}\n`,
    );
    const faults: string[] = result.refused > 0 ? ['some blocks are invalid'] : [];
    for (const [i, found] of result.sources.entries()) {
      if (found.blocks > 0 && found.skipped > 0) process.stderr.write(`Warning: ${describeGaps(found)}\n`);
      if (found.blocks === 0 && !signal.aborted)
        faults.push(await describeRubbish(sources[i]!, configuration.parameters));
    }
    const blocks = result.sources.reduce((sum, found) => sum + found.blocks, 0);
    if (blocks > 0 && result.orphans === blocks)
      faults.push('no block has its parent in this chain or in these files: is it a chain of this network?');
    for (const source of sources) await source.close();
    if (faults.length > 0) throw new Error(faults.join('; '));
  };
  return runNode(configuration, { task });
}

/** Writes the active chain, from the genesis block on, to a new file. */
export async function runExport(configuration: NodeConfiguration): Promise<number> {
  const [path, ...others] = configuration.rest;
  if (path === undefined || others.length > 0) throw new UsageError('To which file should be exported?');
  const file = await NewFile.create(path);
  let isDone = false;
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
    await file.fill(counted(), signal).catch((error) => {
      throw signal.aborted ? new UsageError(`the export was broken off, and ${path} not written`) : error;
    });
    isDone = true;
    bar.end();
    process.stdout.write(`${height + 1} blocks exported to ${path}\n`);
  };
  try {
    return await runNode(configuration, { task });
  } finally {
    if (!isDone) await file.discard();
  }
}

/** Builds the block index and the coins again from the block files, or the coins only. */
export function runReindex(configuration: Configuration<typeof REINDEX.options>): Promise<number> {
  const [unexpected] = configuration.rest;
  if (unexpected !== undefined) throw new UsageError(`penny reindex takes no files ('${unexpected}')`);
  const bar = createBar();
  return runNode(configuration, {
    reindex: configuration.values['chainstate-only'] ? 'chainstate' : 'blocks',
    onReindex: ({ done, total, blocks }) => bar.update(done / total, blocks),
    task: async ({ chain }) => {
      bar.end();
      process.stdout.write(`height ${chain.height}, tip ${chain.tip.hash}\n`);
    },
  });
}
