/**
 * `npm run differential -- --bitcoind PATH [--seed N] [--count N]`: gives the same spends and blocks to Penny and to
 * Bitcoin Core, and shows where verdict or reason differ. Spends go to `testmempoolaccept` of nodes that want
 * standard transactions and of nodes that do not, and in proposed blocks; blocks are proposed, or mined and submitted.
 * Exit code 1 if anything differs.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Block } from '../../src/core/block/block.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { blockOf, spoiltBlock } from './blocks.ts';
import { growBranches } from './branches.ts';
import { Draw } from './draw.ts';
import type { Call, Difference, Pair } from './pair.ts';
import { PoolStory } from './pool.ts';
import { drawRequest } from './requests.ts';
import { changedBytes, Signed } from './spends.ts';
import { World } from './world.ts';

const COINS = 400;
const SIGNED = 250;
const SPOILT = 7;
const BLOCKS = 500;
const VIEWS = 300;
const REQUESTS = 200;
const MINED = 40;
const POOL = 120;
const ROOTS = 12;
/** Height from which the subsidy, halved again and again, is no longer enough: then a new chain is begun. */
const LONGEST = 800;
/** Calls of one batch. */
const BATCH = 250;
/** How often the same pair of reasons is shown. */
const SHOWN = 3;

const { values } = parseArgs({
  options: {
    bitcoind: { type: 'string', default: 'bitcoind' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '10000' },
  },
});

class Report {
  verdicts = 0;
  different = 0;
  readonly #kinds = new Map<string, number>();

  add(pair: Pair, difference: Difference): void {
    this.different++;
    const [core, penny] = [short(difference.core), short(difference.penny)];
    const kind = `${difference.call.method} (${pair.name}): Core ${core}, Penny ${penny}`;
    const seen = (this.#kinds.get(kind) ?? 0) + 1;
    this.#kinds.set(kind, seen);
    if (seen > SHOWN) return;
    console.log(`\nDIFFERENT ${kind}`);
    console.log(`  ${difference.call.about}\n  Core  ${difference.core}\n  Penny ${difference.penny}`);
    console.log(`  ${difference.call.method} ${difference.call.parameters.slice(0, 40_000)}`);
  }

  summary(seconds: number): string {
    const rate = Math.round(this.verdicts / seconds);
    const kinds = [...this.#kinds]
      .sort(([, a], [, b]) => b - a)
      .map(([kind, times]) => `  ${times} x ${kind}`);
    return [`${this.verdicts} verdicts, ${rate} a second; ${this.different} differ`, ...kinds].join('\n');
  }
}

/** Ids and numbers would make a kind of each difference. */
function short(given: string): string {
  // The answer to a request of any bytes has a status before it.
  const answer = given.replace(/^\d+ /, '');
  if (!answer.startsWith('{')) return given.slice(0, 60);
  const { result, error } = JSON.parse(answer) as { result?: unknown; error?: { message: string } };
  const one = Array.isArray(result) ? (result[0] as Record<string, unknown>) : undefined;
  const verdict = one?.['reject-reason'] ?? (one?.allowed === true ? 'accepted' : undefined);
  const text = error?.message ?? verdict ?? JSON.stringify(result ?? null);
  return String(text)
    .slice(0, 200)
    .replaceAll(/[0-9a-f]{64}/g, 'HASH');
}

async function ask(pair: Pair, calls: readonly Call[], report: Report): Promise<void> {
  for (let at = 0; at < calls.length; at += BATCH) {
    const batch = calls.slice(at, at + BATCH);
    report.verdicts += batch.length;
    for (const difference of await pair.ask(batch)) report.add(pair, difference);
  }
}

/** A round: new coins, spends of them in three ways, and blocks. */
async function round(world: World, draw: Draw, report: Report): Promise<void> {
  const coins = await world.fund(draw, COINS);
  const floor = world.place.height - 1;
  const { place } = world;
  const now = { height: place.height - 1, time: place.medianTimePast };
  const spends: { readonly tx: Transaction; readonly about: string }[] = [];
  for (let i = 0; i < SIGNED; i++) {
    const signed = new Signed(draw, coins, now);
    const about = signed.coins.map(({ lock }) => `${lock.kind} ${toHex(lock.scriptPubKey)}`).join('; ');
    spends.push({ tx: signed.plain(draw), about });
    for (let k = 0; k < SPOILT; k++) spends.push({ tx: signed.spoilt(draw), about });
  }
  const [standard, anything] = world.pairs as [Pair, Pair];
  const accept = spends.map(({ tx, about }) => ({
    method: 'testmempoolaccept',
    parameters: `[["${toHex(tx.bytes)}"],0]`,
    about,
  }));
  await ask(standard, accept, report);
  await ask(anything, accept, report);
  const propose = (block: { readonly bytes: Uint8Array }, about: string): Call => ({
    method: 'getblocktemplate',
    parameters: `[{"mode":"proposal","data":"${toHex(block.bytes)}"}]`,
    about,
  });
  await ask(
    anything,
    spends.map(({ tx, about }) => propose(blockOf(place, [tx]), about)),
    report,
  );

  const plain = spends.filter((_, i) => i % (SPOILT + 1) === 0).map(({ tx }) => tx);
  const good = await accepted(anything, plain);
  const blocks = draw.list(BLOCKS, () => spoiltBlock(draw, place, good, false));
  await ask(
    standard,
    blocks.map((block) => propose(block, 'a spoilt block')),
    report,
  );
  for (const pair of world.pairs)
    await fillPool(world, pair, draw, (await accepted(pair, plain)).slice(0, ROOTS), report);
  await ask(
    anything,
    draw.list(VIEWS, () => view(draw, draw.one(spends).tx)),
    report,
  );
  for (let i = 0; i < REQUESTS; i++) {
    report.verdicts++;
    const difference = await anything.askRaw(drawRequest(draw));
    if (difference !== undefined) report.add(anything, difference);
  }
  for (let i = 0; i < MINED; i++)
    await submit(world, spoiltBlock(draw, world.place, good, true), draw, report);
  await branch(world, draw, floor, good, report);
}

/** How a transaction is shown, or a script of it. */
function view(draw: Draw, tx: Transaction): Call {
  const scripts = [
    ...tx.inputs.flatMap(({ scriptSig, witness }) => [scriptSig, ...witness]),
    ...tx.outputs.map(({ scriptPubKey }) => scriptPubKey),
  ];
  const [method, bytes] = draw.once(2)
    ? ['decoderawtransaction', tx.bytes]
    : ['decodescript', scripts.length === 0 ? tx.bytes : draw.one(scripts)];
  const spoilt = draw.once(4) ? changedBytes(draw, bytes) : bytes;
  return { method, parameters: `["${toHex(spoilt)}"]`, about: 'shown' };
}

/** Those that Penny would take. */
async function accepted(pair: Pair, txs: readonly Transaction[]): Promise<Transaction[]> {
  const good: Transaction[] = [];
  for (const tx of txs) {
    const { result } = await pair.penny.call('testmempoolaccept', `[["${toHex(tx.bytes)}"],0]`);
    if ((result as { allowed: boolean }[])[0]!.allowed) good.push(tx);
  }
  return good;
}

/** A story of what comes into a pool; at its end all of it is mined, on every node. */
async function fillPool(
  world: World,
  pair: Pair,
  draw: Draw,
  good: readonly Transaction[],
  report: Report,
): Promise<void> {
  const story = new PoolStory(draw, good);
  const roots = good.map((tx) => ({
    method: 'sendrawtransaction',
    parameters: `["${toHex(tx.bytes)}",0,1]`,
    about: 'a root',
  }));
  await ask(pair, roots, report);
  // A difference would make more of them: one call after the other, until there is one.
  const before = report.different;
  for (let i = 0; i < POOL && report.different === before; i += 10)
    await ask(pair, draw.list(10, () => story.next()).flat(), report);
  const all = { method: 'getrawmempool', parameters: '[true]', about: 'the pool' };
  const best = { method: 'getblocktemplate', parameters: '[{"rules":["segwit"]}]', about: 'its best' };
  await ask(pair, [all, best], report);
  await world.clearPool(pair);
}

/** A mined block that is right lengthens the chain of all nodes. */
async function submit(world: World, block: Block, draw: Draw, report: Report): Promise<void> {
  const call = { method: 'submitblock', parameters: `["${toHex(block.bytes)}"]`, about: 'a mined block' };
  const before = world.place.height;
  const [standard, anything] = world.pairs as [Pair, Pair];
  await ask(standard, draw.once(4) ? [call, call] : [call], report);
  if (world.place.height === before) return;
  await ask(anything, [call], report);
  world.accepted(block);
}

/** Branches on the standard pair, with something in the pool; then the other one is told of all its blocks. */
async function branch(
  world: World,
  draw: Draw,
  floor: number,
  txs: readonly Transaction[],
  report: Report,
): Promise<void> {
  const [standard, anything] = world.pairs as [Pair, Pair];
  const offers = txs.slice(0, 60).map((tx) => ({
    method: 'sendrawtransaction',
    parameters: `["${toHex(tx.bytes)}",0,1]`,
    about: 'before branches',
  }));
  await ask(standard, offers, report);
  const before = report.different;
  const blocks = await growBranches(draw, standard, world.place, floor, txs, async (calls) => {
    const isSame = report.different === before;
    if (isSame) await ask(standard, calls, report);
    return isSame;
  });
  await ask(
    anything,
    blocks.map(({ bytes }) => ({
      method: 'submitblock',
      parameters: `["${toHex(bytes)}"]`,
      about: 'a branch',
    })),
    report,
  );
  for (const block of blocks) world.accepted(block);
  await world.clearPool(standard);
}

async function main(): Promise<number> {
  if (!existsSync(values.bitcoind) && values.bitcoind.includes('/')) {
    console.error(`there is no ${values.bitcoind}: give the path of a bitcoind with --bitcoind`);
    return 2;
  }
  bindFastHashes();
  const count = Number(values.count);
  const report = new Report();
  let world = await World.open(values.bitcoind);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stopping = true;
    });
  const start = Date.now();
  let shown = start;
  try {
    for (let seed = Number(values.seed); report.verdicts < count && !stopping; seed++) {
      if (world.place.height > LONGEST) {
        await world.close();
        world = await World.open(values.bitcoind);
      }
      await round(world, new Draw(seed), report);
      if (Date.now() - shown < 10_000) continue;
      shown = Date.now();
      console.log(`seed ${seed}: ${report.verdicts} verdicts, ${report.different} differ`);
    }
  } finally {
    await world.close();
  }
  console.log(report.summary((Date.now() - start) / 1000));
  return report.different === 0 ? 0 : 1;
}

process.exitCode = await main();
