/**
 * `npm run bench:chain -- --blocks N --txs-per-block M --mix p2wpkh=60,p2tr=20,p2pkh=10,multisig=10 --seed S
 * --out FILE [--coins N] [--threads N]`: writes a chain to measure on, in Core's blk format. Bitcoin Core
 * reads it with `-regtest -loadblock=FILE`.
 */
import { closeSync, openSync, writevSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Writer } from '../../src/core/encoding/writer.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { generateChain } from './chain/generate.ts';
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
  const unknown = shares.find(
    ([kind, share]) => !KINDS.some((known) => known === kind) || !(Number(share) >= 0),
  );
  if (unknown !== undefined)
    throw new Error(`--mix: ${unknown.join('=')} is not one of ${KINDS.join(', ')} with a share`);
  return Object.fromEntries(shares.map(([kind, share]) => [kind, Number(share)]));
}

bindFastHashes();
const blocks = Number(values.blocks);
const started = performance.now();
const file = openSync(values.out, 'w');
let [height, transactions, bytes] = [0, 0, 0];
for await (const block of generateChain({
  blocks,
  txsPerBlock: Number(values['txs-per-block']),
  mix: parseMix(values.mix),
  seed: values.seed,
  threads: Number(values.threads),
  ...(values.coins !== undefined && { coins: Number(values.coins) }),
})) {
  const frame = new Writer(8).bytes(REGTEST.magic).uint32(block.bytes.length).finish();
  bytes += writevSync(file, [frame, block.bytes]);
  transactions += block.transactions.length;
  if (++height % 100 === 0 || height === blocks) {
    const seconds = (performance.now() - started) / 1000;
    console.error(
      `${height}/${blocks} blocks, ${transactions} transactions, ${(bytes / 1e6).toFixed(1)} MB, ${seconds.toFixed(0)} s`,
    );
  }
}
closeSync(file);
