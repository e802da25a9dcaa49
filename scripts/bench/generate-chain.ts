/**
 * `npm run bench:chain -- --blocks N --txs-per-block M --mix p2wpkh=60,p2tr=20,p2pkh=10,multisig=10 --seed S
 * --out FILE [--coins N] [--threads N]`: writes a chain to measure on, in Core's blk format. Bitcoin Core
 * reads it with `-regtest -loadblock=FILE`.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { type Progress, writeChain } from './chain/file.ts';
import { KINDS } from './chain/spends.ts';

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

/** `p2wpkh=60,p2tr=20` as shares. */
function parseMix(text: string): Record<string, number> {
  const shares = text.split(',').map((part) => part.split('=') as [string, string]);
  const isKnown = (kind: string): boolean => KINDS.some((known) => known === kind);
  const wrong = shares.find(([kind, share]) => !isKnown(kind) || !(Number(share) > 0));
  if (wrong !== undefined)
    throw new Error(`--mix: ${wrong.join('=')} is not one of ${KINDS.join(', ')} with a share`);
  return Object.fromEntries(shares.map(([kind, share]) => [kind, Number(share)]));
}

bindFastHashes();
const blocks = Number(values.blocks);
const started = performance.now();

function tell({ height, transactions, bytes }: Progress): void {
  if (height % 100 !== 0 && height !== blocks) return;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const megabytes = (bytes / 1e6).toFixed(1);
  console.error(`${height}/${blocks} blocks, ${transactions} transactions, ${megabytes} MB, ${seconds} s`);
}

const options = {
  blocks,
  txsPerBlock: Number(values['txs-per-block']),
  mix: parseMix(values.mix),
  seed: values.seed,
  threads: Number(values.threads),
  ...(values.coins !== undefined && { coins: Number(values.coins) }),
};
await writeChain(values.out, options, tell);
