/**
 * `npm run bench:chain -- --blocks N --txs-per-block M --mix p2wpkh=60,p2tr=20,p2pkh=10,multisig=10 --seed S
 * --out FILE [--coins N] [--threads N]`: writes a chain to measure on, in Core's blk format. Bitcoin Core
 * reads it with `-regtest -loadblock=FILE`.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { orEnd, parseMix, wholeNumber } from './arguments.ts';
import { type Progress, writeChain } from './chain/file.ts';
import type { GenerateOptions } from './chain/generate.ts';

function readOptions(): GenerateOptions & { readonly out: string } {
  const { values } = parseArgs({
    options: {
      blocks: { type: 'string', default: '2000' },
      'txs-per-block': { type: 'string', default: '500' },
      mix: { type: 'string', default: 'p2wpkh=60,p2tr=20,p2pkh=10,multisig=10' },
      seed: { type: 'string', default: '1' },
      coins: { type: 'string' },
      threads: { type: 'string', default: String(availableParallelism()) },
      out: { type: 'string', default: 'bench-chain.dat' },
    },
  });
  return {
    blocks: wholeNumber('blocks', values.blocks, 1),
    txsPerBlock: wholeNumber('txs-per-block', values['txs-per-block'], 0),
    mix: parseMix(values.mix),
    seed: values.seed,
    threads: wholeNumber('threads', values.threads, 1),
    ...(values.coins !== undefined && { coins: wholeNumber('coins', values.coins, 1) }),
    out: values.out,
  };
}

const { out, ...options } = orEnd(readOptions);
const started = performance.now();

function tell({ height, transactions, bytes }: Progress): void {
  if (height % 100 !== 0 && height !== options.blocks) return;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const megabytes = (bytes / 1e6).toFixed(1);
  console.error(
    `${height}/${options.blocks} blocks, ${transactions} transactions, ${megabytes} MB, ${seconds} s`,
  );
}

bindFastHashes();
await writeChain(out, options, tell);
