/** Verifying inputs: each kind of spend, what interpreter and digests cost without the curve, and threads. */
import { availableParallelism } from 'node:os';
import { Block } from '../../src/core/block/block.ts';
import type { ScriptCheck } from '../../src/core/consensus/connect-block.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { MANDATORY_FLAGS, ScriptFlag } from '../../src/core/script/flags.ts';
import { SighashContext } from '../../src/core/script/sighash.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import { verifyInput } from '../../src/core/script/verify.ts';
import { readTxOut } from '../../src/core/transaction/transaction.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { loadSignatureEngine } from '../../src/platform/node/signatures/load-engine.ts';
import { startVerifier as startThread } from '../../src/platform/node/worker.ts';
import { WorkerScriptVerifier } from '../../src/platform/shared/verification/worker-script-verifier.ts';
import { makeSpend, SPEND_KINDS, type SpendKind } from '../../test/support/spends.ts';
import { measureRate, measureRateAsync } from './measure.ts';
import type { Bench, BenchRow } from './row.ts';
import { REAL_BLOCKS, readVector } from './vectors.ts';

/** Says yes at once: what is measured with it is everything but the curve. */
const noCurve: SignatureEngine = {
  name: 'no curve',
  verifyEcdsa: () => true,
  verifySchnorr: () => true,
  checkTweak: () => true,
  tweakKey: () => null,
};

function makeChecks(kind: SpendKind, transactions: number): ScriptCheck[] {
  return Array.from({ length: transactions }, (_, seed) => ({
    ...makeSpend([kind, kind], { seed }),
    flags: MANDATORY_FLAGS,
  }));
}

function countInputs(checks: readonly ScriptCheck[]): number {
  return checks.reduce((sum, { spent }) => sum + spent.length, 0);
}

function verifyAll(checks: readonly ScriptCheck[], engine: SignatureEngine): void {
  for (const { tx, spent, flags } of checks) {
    const context = new SighashContext(tx, spent);
    for (const [index, output] of spent.entries()) {
      const error = verifyInput(tx, index, output, flags, context, engine);
      if (error !== null) throw new Error(`input ${index} of ${tx.txid}: ${error}`);
    }
  }
}

function readRealBlock(name: string): ScriptCheck[] | null {
  const [raw, undo] = [readVector(name, 'raw'), readVector(name, 'undo.raw')];
  if (raw === null || undo === null) return null;
  const spent = new Reader(undo);
  // These blocks are older than taproot.
  const flags = MANDATORY_FLAGS & ~ScriptFlag.TAPROOT;
  return Block.decode(raw)
    .transactions.slice(1)
    .map((tx) => ({ tx, spent: tx.inputs.map(() => readTxOut(spent)), flags }));
}

export const bench: Bench = async ({ repeat, quick }) => {
  bindFastHashes();
  const { engine } = await loadSignatureEngine();
  const rows: BenchRow[] = [];
  const add = (name: string, values: readonly number[]): void =>
    void rows.push({ name, unit: 'inputs/s', values, higherIsBetter: true });

  for (const kind of SPEND_KINDS) {
    const checks = makeChecks(kind, quick ? 5 : 50);
    const inputs = countInputs(checks);
    const rounds = quick ? 1 : 10;
    for (const by of [engine, noCurve])
      add(
        `${kind}, ${by.name}`,
        measureRate(repeat, inputs * rounds, () => {
          for (let i = 0; i < rounds; i++) verifyAll(checks, by);
        }),
      );
  }

  const threads = Math.max(2, availableParallelism());
  const clock = new SystemClock();
  const verifier = new WorkerScriptVerifier(
    { workers: threads - 1 },
    { engine, clock, logger: { log: () => {} }, startThread },
  );
  for (const name of quick ? REAL_BLOCKS.slice(0, 1) : REAL_BLOCKS) {
    const checks = readRealBlock(name);
    if (checks === null) continue;
    const inputs = countInputs(checks);
    add(
      `block ${name} (${inputs} inputs), no curve`,
      measureRate(repeat, inputs, () => verifyAll(checks, noCurve)),
    );
    const values = await measureRateAsync(repeat, inputs, async () => {
      if ((await verifier.verify(checks)) !== null) throw new Error(`${name} is refused`);
    });
    add(`block ${name} (${inputs} inputs), ${engine.name}, ${threads} threads`, values);
  }
  await verifier.close();
  return rows;
};
