/** Runs the crash driver, kills it again and again at random moments (kill -9), and lets it end at last. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Writer } from '../../src/core/encoding/writer.ts';
import { forkStory, STORY_NETWORK, seededNumbers, utxoHash } from './fork-story.ts';
import { openMemoryChain } from './memory-chain.ts';

const ROOT = join(import.meta.dirname, '../..');

interface CrashResult {
  /** Kills before the chain stood, and after. */
  readonly early: number;
  readonly late: number;
  /** Tip and UTXO hash of the survivor, and of a chain that was never killed. */
  readonly got: string;
  readonly expected: string;
}

/** @param log hears what happens, for whoever watches. */
export async function runCrashes(kills: number, seed: number, blocks: number): Promise<CrashResult> {
  const directory = mkdtempSync(join(tmpdir(), 'penny-crash-'));
  try {
    const driver = await bundleDriver();
    const { file, expected } = await writeStory(directory, seed, blocks);
    const below = seededNumbers(seed);
    const counts = { early: 0, late: 0 };
    for (let life = 0; life < kills; life++) {
      // One in four dies while the chain is opened, if not before; the others some time after it stood.
      const death = below(4) === 0 ? { afterStart: 50 + below(250) } : { afterOpen: below(150) };
      const { opened, done } = await live([driver, join(directory, 'data'), file, String(life)], death);
      if (done !== undefined) throw new Error(`the story ended after ${life} kills: it is too short`);
      counts[opened ? 'late' : 'early']++;
    }
    const { done } = await live([driver, join(directory, 'data'), file, '1'], undefined);
    return { ...counts, got: done ?? 'nothing', expected };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One file, so that it starts in a tenth of a second. Beside node_modules, where its packages are found. */
async function bundleDriver(): Promise<string> {
  const outfile = join(ROOT, 'node_modules/.cache/penny/crash-driver.mjs');
  mkdirSync(join(ROOT, 'node_modules/.cache/penny'), { recursive: true });
  const entryPoints = [join(ROOT, 'test/support/crash-driver.ts')];
  const target = { bundle: true, platform: 'node', format: 'esm', target: 'node20' } as const;
  await build({ entryPoints, outfile, packages: 'external', logLevel: 'error', ...target });
  return outfile;
}

async function writeStory(directory: string, seed: number, length: number) {
  const chain = await openMemoryChain({ parameters: STORY_NETWORK });
  const writer = new Writer(1 << 20);
  for (const block of forkStory(seed, length)) {
    await chain.acceptBlock(block);
    writer.uint32(block.bytes.length).bytes(block.bytes);
  }
  const file = join(directory, 'story');
  writeFileSync(file, writer.finish());
  return { file, expected: `${chain.tip.hash} ${await utxoHash(chain)}` };
}

interface Life {
  readonly opened: boolean;
  /** What it printed at its end, if it came to that. */
  readonly done: string | undefined;
}

/** Milliseconds after which it is killed. */
interface Death {
  readonly afterStart?: number;
  readonly afterOpen?: number;
}

/** @param death undefined lets it live. */
function live(args: readonly string[], death: Death | undefined): Promise<Life> {
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  let timer: NodeJS.Timeout | undefined;
  const dieIn = (milliseconds: number | undefined): void => {
    if (milliseconds !== undefined) timer = setTimeout(() => process_.kill('SIGKILL'), milliseconds);
  };
  dieIn(death?.afterStart);
  process_.stdout.on('data', (text) => {
    if (output === '') dieIn(death?.afterOpen);
    output += text;
  });
  process_.stderr.on('data', (text) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    process_.on('error', reject);
    process_.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`it did not start by itself: ${errors}`));
      else resolve({ opened: output.includes('open'), done: /^done (.*)$/m.exec(output)?.[1] });
    });
  });
}
