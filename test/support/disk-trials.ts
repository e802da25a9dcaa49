/**
 * Damage to a data directory, one file at a time, and what a node makes of it: it must refuse by name, or know all
 * that it knew. The node is a real one on real files, in this process; only its peers and its clock's other side
 * are missing.
 */

import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { ThreadSearcher } from '../../src/mining/thread-searcher.ts';
import { createNode, type Node } from '../../src/node.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { MemoryNetwork } from '../../src/platform/memory/memory-transport.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { NodeStorage } from '../../src/platform/node/storage/node-storage.ts';
import { NodeWalletStorage } from '../../src/platform/node/storage/node-wallet-storage.ts';
import { NO_FILES } from '../../src/simulation/simulated-node.ts';
import { seededNumbers } from './fork-story.ts';

export const NOBODY = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const WALLETS = ['alice', 'bob', 'carol'];

interface Listed {
  readonly txid: string;
  readonly amount: number;
  readonly label: string;
  readonly category: string;
}

export interface Run {
  readonly node: Node;
  readonly log: string[];
  call<T = string>(method: string, ...params: readonly unknown[]): Promise<T>;
  walletCall<T = string>(wallet: string, method: string, ...params: readonly unknown[]): Promise<T>;
  stop(): Promise<void>;
}

/** @throws what the node refuses to start with */
export async function start(directory: string): Promise<Run> {
  bindFastHashes();
  const clock = new SystemClock();
  const log: string[] = [];
  const storage = await NodeStorage.open(directory, REGTEST);
  const logger = {
    log: (level: string, _category: string, text: string) => {
      if (level !== 'debug') log.push(text);
    },
    ...{ categories: [], isEnabled: () => false, setEnabled: () => {}, path: '' },
  };
  try {
    const node = await createNode(
      {
        parameters: REGTEST,
        chain: { batchCoins: 20, checkBlocks: 3 },
        indexes: { transactions: true, filters: true, coinStatistics: true, addresses: true },
        network: { bind: [], connect: [], addNodes: [], userAgent: '/Penny:test/' },
        wallet: { fallbackFee: satPerKvB(20_000n) },
      },
      {
        ...{ clock, logger, storage, random: systemRandom },
        walletStorage: new NodeWalletStorage(directory),
        scriptVerifier: new InlineScriptVerifier(nobleEngine, clock),
        searcher: new ThreadSearcher(clock),
        createSearcher: () => new ThreadSearcher(clock),
        transport: new MemoryNetwork({}, { clock, random: systemRandom }).transport('10.0.0.1'),
        files: NO_FILES,
      },
    );
    const ask = async <T>(path: string, method: string, params: readonly unknown[]): Promise<T> => {
      const caller = { path, user: '', signal: new AbortController().signal };
      const { body } = await node.rpc.handle(JSON.stringify({ method, params, id: 1 }), caller);
      const { result, error } = JSON.parse(body);
      if (error !== null && error !== undefined) throw new Error(error.message);
      return result;
    };
    return {
      node,
      log,
      call: (method, ...params) => ask('/', method, params),
      walletCall: (wallet, method, ...params) => ask(`/wallet/${wallet}`, method, params),
      stop: async () => {
        await node.stop();
        await storage.close();
      },
    };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** Three wallets with a history between them, a stale branch, bans, peers, a mempool. */
async function populate({ call, walletCall }: Run): Promise<void> {
  for (const name of WALLETS) await call('createwallet', name, false, false, '', false, true, true);
  const address = async (wallet: string, label = '') => walletCall(wallet, 'getnewaddress', label);
  await call('generatetoaddress', 5, await address('alice', 'mine'));
  await call('generatetoaddress', 100, NOBODY);
  for (let round = 0; round < 8; round++) {
    await walletCall('alice', 'sendtoaddress', await address('bob', `rent ${round}`), 1 + round / 10);
    await walletCall('alice', 'sendtoaddress', await address('carol'), 0.5);
    await call('generatetoaddress', 1, NOBODY);
  }
  const stale = await call('getbestblockhash');
  await walletCall('bob', 'sendtoaddress', await address('alice'), 0.25);
  await call('invalidateblock', stale);
  await call('generatetoaddress', 3, await address('bob'));
  await call('reconsiderblock', stale);
  for (const subnet of ['192.0.2.7', '198.51.100.0/24', '2001:db8::/32'])
    await call('setban', subnet, 'add', 10_000_000);
  for (let i = 1; i < 40; i++) await call('addpeeraddress', `203.0.113.${i}`, 18444);
  for (const [from, to] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
    ['alice', 'carol'],
  ] as const)
    await walletCall(from, 'sendtoaddress', await address(to, 'waits'), 0.1);
}

/** All that a node knows, by part; an answer that is refused is the refusal. */
async function knowledge(
  { node, call, walletCall }: Run,
  wanted?: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  const note = async (part: string, ask: () => Promise<unknown>): Promise<void> => {
    const text = await ask().then(JSON.stringify, (error: Error) => `refused: ${error.message}`);
    known.set(part, `${known.get(part) ?? ''}${text}\n`);
  };
  for (const index of Object.values(node.indexes)) await index.synchronize().catch(() => {});
  await note('coins', async () => {
    const { disk_size: _, ...info } = await call<{ disk_size: number }>(
      'gettxoutsetinfo',
      'hash_serialized_3',
      null,
      false,
    );
    return info;
  });
  await note('snapshots', () => call('listsnapshots'));
  const { height } = node.chain;
  const txids: string[] = [];
  for (let at = 0; at <= height; at++) {
    const hash = await call('getblockhash', at);
    await note('blocks', () => call('getblock', hash, 0));
    await note('undo', async () =>
      (await call<{ tx: { fee: number }[] }>('getblock', hash, 3)).tx.map(({ fee }) => fee),
    );
    await note('filters', () => call('getblockfilter', hash));
    await note('statistics', () => call('gettxoutsetinfo', 'muhash', at));
    if (wanted === undefined && at > 0) txids.push(...(await call<{ tx: string[] }>('getblock', hash, 1)).tx);
  }
  if (wanted === undefined) known.set('txids', txids.join());
  for (const txid of wanted?.get('txids')?.split(',') ?? txids)
    await note('transactions', () => call('getrawtransaction', txid));
  for (const method of ['getaddresshistory', 'getaddressutxos'])
    await note('addresses', () => call(method, NOBODY, 1_000));
  await note('addresses', () => call('getaddressbalance', NOBODY));
  await note('tips', () => call('getchaintips'));
  await note('mempool', async () => (await call<string[]>('getrawmempool')).sort());
  await note('bans', async () =>
    (await call<{ address: string }[]>('listbanned')).map(({ address }) => address),
  );
  for (const name of WALLETS) {
    if (!(await call<string[]>('listwallets')).includes(name)) await call('loadwallet', name).catch(() => {});
    const part = `wallet ${name}`;
    await note(part, async () => {
      const { lastprocessedblock: _, ...balances } = await walletCall<{ lastprocessedblock: unknown }>(
        name,
        'getbalances',
      );
      return balances;
    });
    const transactions = () => walletCall<Listed[]>(name, 'listtransactions', '*', 1000);
    await note(part, async () =>
      (await transactions())
        .map(({ txid, amount, label, category }) => [txid, amount, label, category].join())
        .sort(),
    );
    await note(part, () => walletCall(name, 'listlabels'));
    await note(part, () => walletCall(name, 'listdescriptors', true));
    await note(part, () => walletCall(name, 'exportmnemonic'));
    await note(part, async () => {
      const [unspent] = await walletCall<{ address: string }[]>(name, 'listunspent', 0);
      return unspent && walletCall(name, 'exportkey', unspent.address);
    });
  }
  return known;
}

/** What a node may say of damage: never a message of LevelDB's or Node's alone. */
const NAMED = [
  /^(chainstate is damaged: restart with -reindex-chainstate|block index is damaged: restart with -reindex) \(.+\)$/s,
  /^(blk|rev)\d{5}\.dat is damaged: restart with -reindex \(.+\)$/s,
  /^(blk|rev)\d{5}\.dat cannot be read: /,
  /^the store of snapshots is damaged: stop the node and remove its folder, snapshots \(.+\)$/s,
  /\/blocks\/xor\.dat is damaged: put it back as it was \(.+\)$/,
  /\/(settings|network)\.json is damaged \(.+\)$/s,
  /^indexes\/[\w/]+ is damaged \(.+\); it is built anew at the next start$/s,
  /\/xor\.dat is damaged: put it back as it was \(.+\)$/s,
  /^the data directory .+ (belongs to the network|cannot be used: .+)/,
  /Wallet ".*" is damaged: /,
];
/** By part: what the log says where a node goes on without it. */
const LEFT_OUT: readonly (readonly [part: RegExp, log: RegExp])[] = [
  [/^mempool$/, /^mempool\.dat cannot be read \(.+\); starting without it$/],
  [/^bans$/, /^banlist\.json is (damaged and was left aside|not there\. Recreating the banlist database)/],
  // What was never synced: a power cut looks so.
  [/./, /^blk\d{5}\.dat has lost block/],
];

interface Trials {
  readonly same: number;
  readonly refused: number;
  /** Of these, how often the process of a node that ran was ended by a signal. */
  readonly crashed: number;
  /** What went wrong without a word, or with the wrong one. */
  readonly wrong: readonly string[];
}

interface Place {
  /** Of the file, in the directory that is damaged. */
  readonly path: string;
  /** Another file of its kind there; the same one if there is none. */
  readonly sibling: string;
  /** The same file as it was before, and that of another node; where there is none, of the same kind. */
  readonly older: string;
  readonly foreign: string;
}
type Below = (bound: number) => number;
/** @returns what it did */
type Damage = (place: Place, below: Below) => string;

const flip: Damage = ({ path }, below) => {
  const { size } = statSync(path);
  if (size === 0) return 'nothing to flip';
  const [at, bit] = [below(size), below(8)];
  // In place, as a disk does it: who has the file open sees it.
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.of(byte[0]! ^ (1 << bit)), 0, 1, at);
  closeSync(file);
  return `bit ${bit} of byte ${at} of ${size} flipped`;
};
const cut: Damage = ({ path }, below) => {
  const { size } = statSync(path);
  const at = below(size + 1);
  truncateSync(path, at);
  return `cut to ${at} of ${size}`;
};
const replace = (path: string, other: string, what: string): string => {
  if (other === path) return 'nothing';
  rmSync(path);
  cpSync(other, path);
  return `replaced by ${what}`;
};
const instead = (path: string, what: string, make: () => void): string => {
  rmSync(path);
  make();
  return `${what} instead`;
};
const DAMAGES: readonly (readonly [name: string, Damage])[] = [
  ...Array.from({ length: 12 }, () => ['flip', flip] as const),
  ...Array.from({ length: 4 }, () => ['cut', cut] as const),
  [
    'emptied',
    ({ path }) => {
      truncateSync(path, 0);
      return 'emptied';
    },
  ],
  [
    'removed',
    ({ path }) => {
      rmSync(path);
      return 'removed';
    },
  ],
  [
    'appended',
    ({ path }, below) => {
      const length = 1 + below(300);
      appendFileSync(path, Buffer.from(Array.from({ length }, () => below(256))));
      return `${length} bytes appended`;
    },
  ],
  [
    'repeated',
    ({ path }, below) => {
      const bytes = readFileSync(path);
      const from = below(bytes.length + 1);
      appendFileSync(path, bytes.subarray(from));
      return `repeated from byte ${from} of ${bytes.length} on`;
    },
  ],
  [
    'zeros',
    ({ path }, below) => {
      const { size } = statSync(path);
      const from = below(size + 1);
      truncateSync(path, from);
      truncateSync(path, size);
      return `zeros from byte ${from} of ${size} on`;
    },
  ],
  ['directory', ({ path }) => instead(path, 'a directory', () => mkdirSync(path))],
  ['pipe', ({ path }) => instead(path, 'a pipe', () => execFileSync('mkfifo', [path]))],
  ['link', ({ path }) => instead(path, 'a link to nowhere', () => symlinkSync(`${path}.nowhere`, path))],
  ['loop', ({ path }) => instead(path, 'a link to itself', () => symlinkSync(path, path))],
  ['device', ({ path }) => instead(path, 'a device', () => symlinkSync('/dev/zero', path))],
  [
    'closed',
    ({ path }) => {
      chmodSync(path, 0);
      return 'closed to its owner';
    },
  ],
  [
    'exchanged',
    ({ path, sibling }) => {
      renameSync(path, `${path}.away`);
      if (sibling !== path) renameSync(sibling, path);
      renameSync(`${path}.away`, sibling);
      return `exchanged with ${sibling}`;
    },
  ],
  ['sibling', ({ path, sibling }) => replace(path, sibling, sibling)],
  ['older', ({ path, older }) => replace(path, older, 'an older one')],
  ['foreign', ({ path, foreign }) => replace(path, foreign, "another node's")],
];
/** Of these, what is whole can say what was, or is with others, and nobody can know better. */
const STALE = /^(older|foreign)$/;
const SIDE_FILE = /^(mempool|fee_estimates|peers|anchors)\.dat$|^(banlist|settings)\.json$/;

/** Files below a directory. */
function filesBelow(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesBelow(directory, path) : [path];
  });
}

/** Folder of a store, or the file itself with its numbers left out. */
function kindOf(path: string): string {
  const parts = path.split('/');
  return parts.length === 1
    ? path
    : path.replace(/\/[^/]*$/, '') === 'blocks'
      ? path.replace(/\d+/, '#')
      : parts
          .slice(0, -1)
          .filter((part) => part !== 'held')
          .join('/');
}

/** @param stopped false copies the directory of a node that runs, which is what kill -9 leaves */
export async function makeDirectory(directory: string, stopped: boolean): Promise<void> {
  const work = `${directory}.work`;
  mkdirSync(work, { recursive: true });
  let run = await start(work);
  await populate(run);
  await run.stop();
  cpSync(work, `${directory}.older`, { recursive: true });
  // Everything lies in tables then; some of it in logs again.
  run = await start(work);
  await run.call('snapshot', 'saved');
  await run.call('generatetoaddress', 2, NOBODY);
  await run.walletCall('alice', 'sendtoaddress', await run.walletCall('bob', 'getnewaddress', 'late'), 0.3);
  if (stopped) await run.stop();
  cpSync(work, directory, { recursive: true });
  if (!stopped) await run.stop();
  rmSync(work, { recursive: true });
}

interface TrialOptions {
  /** For each kind of file. */
  readonly trials: number;
  readonly seed: number;
  /** Kinds that match. */
  readonly only?: RegExp;
  /** Damages that match. */
  readonly damages?: RegExp;
  /** Directories with other histories, and the same files. */
  readonly older: string;
  readonly foreign: string;
  /** Damages the directory of a node that runs, which goes on in another process. */
  readonly live?: boolean;
}

/** What is done to a file of some kind, by a seed of its own. */
interface Job extends Pick<TrialOptions, 'older' | 'foreign' | 'seed' | 'damages'> {
  readonly directory: string;
  readonly kind: string;
  /** What the node knows once it is taken back, if it is to be. */
  readonly saved?: Knowledge;
}

/** @yields kind by kind */
export async function* runDiskTrials(
  directory: string,
  { trials, seed, only = /./, damages = /./, older, foreign, live = false }: TrialOptions,
): AsyncGenerator<[kind: string, Trials]> {
  const copy = `${directory}.trial`;
  const renew = (): void => {
    rmSync(copy, { recursive: true, force: true });
    cpSync(directory, copy, { recursive: true });
  };
  renew();
  const whole = await start(copy);
  const expected = await knowledge(whole);
  await whole.call('revert');
  const saved = await knowledge(whole, expected);
  saved.set('txids', expected.get('txids')!);
  await whole.stop();

  const below = seededNumbers(seed);
  const worker = live ? new TrialProcess(expected) : undefined;
  for (const kind of new Set(filesBelow(directory).map(kindOf))) {
    if (!only.test(kind)) continue;
    const counts = { same: 0, refused: 0, crashed: 0, wrong: [] as string[] };
    for (let trial = 0; trial < trials; trial++) {
      renew();
      const more = kind === 'snapshots' ? { saved } : {};
      const job = { directory: copy, kind, older, foreign, damages, seed: below(2 ** 31), ...more };
      const { told, outcome, crashed, problems } = await (worker?.run(job) ?? runTrial(job, expected));
      if (crashed) counts.crashed++;
      if (problems.length > 0) counts.wrong.push(`${told}: ${problems.join('; ')}`);
      else counts[outcome]++;
    }
    yield [kind, counts];
  }
  worker?.end();
  rmSync(copy, { recursive: true, force: true });
}

type Knowledge = ReadonlyMap<string, string>;

interface Outcome {
  readonly outcome: 'same' | 'refused';
  readonly problems: readonly string[];
}

interface Result extends Outcome {
  readonly told: string;
  readonly crashed?: boolean;
}

/** Of what is there by now. */
function damage({ directory, kind, older, foreign, seed, damages = /./ }: Job): {
  told: string;
  isStale: boolean;
} {
  const below = seededNumbers(seed);
  const like = (other: string): string[] => filesBelow(other).filter((each) => kindOf(each) === kind);
  const files = like(directory);
  const file = files[below(files.length)]!;
  const path = join(directory, file);
  const siblings = files.filter((each) => each !== file);
  const of = (other: string): string => {
    if (existsSync(join(other, file))) return join(other, file);
    const all = like(other);
    return all.length === 0 ? path : join(other, all[below(all.length)]!);
  };
  const sibling = join(directory, siblings[below(siblings.length)] ?? file);
  const possible = DAMAGES.filter(([name]) => damages.test(name));
  const [name, act] = possible[below(possible.length)]!;
  const told = act({ path, sibling, older: of(older), foreign: of(foreign) }, below);
  return { told: `${file}: ${told}`, isStale: STALE.test(name) && SIDE_FILE.test(file) };
}

async function runTrial(job: Job, expected: Knowledge): Promise<Result> {
  const { told, isStale } = damage(job);
  const { outcome, problems } = await attempt(job, expected);
  return { told, outcome, problems: isStale ? [] : problems };
}

/** A node that runs meanwhile, is asked, reorganised and asked again, and started again. @param tell before anything else */
export async function runLiveTrial(
  job: Job,
  expected: Knowledge,
  tell: (told: string) => void,
): Promise<Result> {
  const run = await start(job.directory);
  const failures: string[] = [];
  run.node.chain.fatal.subscribe(({ message }) => failures.push(message));
  const { told, isStale } = damage(job);
  tell(told);
  const problems: string[] = [];
  let outcome: Outcome['outcome'] = 'same';
  const judge = async (known = expected): Promise<void> => {
    const differing = await differences(run, known);
    if (differing.outcome === 'refused') outcome = 'refused';
    // After that it would be ended.
    if (failures.length === 0) problems.push(...differing.problems);
  };
  await judge();
  if (job.saved !== undefined) {
    expected = await reverted(run, expected, job.saved);
    await judge(expected);
  }
  const at = run.node.chain.entryAt(run.node.chain.height - 4)!.hash;
  await run.call('invalidateblock', at).catch(() => {});
  await run.call('reconsiderblock', at).catch(() => {});
  // What waits for the block after the tip goes, and the wallets offer it again at the next start.
  const [waiting, rest] = [/^(mempool|wallet)/, [...expected]];
  await judge(new Map(rest.filter(([part]) => !waiting.test(part))));
  problems.push(...failures.filter((message) => !isNamed(message)));
  await run.stop().catch((error: Error) => {
    if (!isNamed(error.message)) problems.push(`stopped with: ${error.message}`);
  });
  const again = await attempt(job, expected);
  if (failures.length > 0 || again.outcome === 'refused') outcome = 'refused';
  return { told, outcome, problems: isStale ? [] : [...problems, ...again.problems] };
}

/** Trials in a process that damage may end: LevelDB reads mapped files, and asserts what it writes. */
class TrialProcess {
  readonly #expected: Knowledge;
  #child: ChildProcess | undefined;

  constructor(expected: Knowledge) {
    this.#expected = expected;
  }

  async run(job: Job): Promise<Result> {
    this.#child ??= fork(join(import.meta.dirname, 'disk-worker.ts'), {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const child = this.#child;
    child.send({ job, expected: this.#expected });
    let told = '';
    const result = await new Promise<Result | undefined>((resolve) => {
      child.removeAllListeners();
      child.on('message', (message: string | Result) => {
        if (typeof message === 'string') told = message;
        else resolve(message);
      });
      child.on('exit', () => resolve(undefined));
    });
    if (result !== undefined) return result;
    this.#child = undefined;
    if (told === '') throw new Error('the process of the trials has ended by itself');
    return { told, crashed: true, ...(await attempt(job, this.#expected)) };
  }

  end(): void {
    this.#child?.kill();
  }
}

const isNamed = (text: string): boolean => NAMED.some((form) => form.test(text));

/** @returns what must be known after an attempt to take it back: it succeeds, or changes nothing and says why */
async function reverted({ call }: Run, expected: Knowledge, saved: Knowledge): Promise<Knowledge> {
  try {
    await call('revert', 'saved');
    return saved;
  } catch (error) {
    const { message } = error as Error;
    return isNamed(message) ? expected : new Map([...expected, ['revert', message]]);
  }
}

async function attempt({ directory, saved }: Job, expected: Knowledge): Promise<Outcome> {
  let run: Run;
  const hadSettings = existsSync(join(directory, 'settings.json'));
  try {
    run = await start(directory);
  } catch (error) {
    const { message } = error as Error;
    return { outcome: 'refused', problems: isNamed(message) ? [] : [`refused with: ${message}`] };
  }
  // Wallets that nobody tells the node to load offer nothing to the mempool.
  if (!hadSettings) expected = new Map([...expected].filter(([part]) => part !== 'mempool'));
  try {
    const first = await differences(run, expected);
    if (saved === undefined) return first;
    const second = await differences(run, await reverted(run, expected, saved));
    return {
      outcome: second.outcome === 'refused' ? 'refused' : first.outcome,
      problems: [...first.problems, ...second.problems],
    };
  } finally {
    await run.stop();
  }
}

/** Between what a node knows and what it knew; problems are those that it did not name. */
async function differences(run: Run, expected: Knowledge): Promise<Outcome> {
  const problems: string[] = [];
  let outcome: Outcome['outcome'] = 'same';
  const known = await knowledge(run, expected);
  for (const [part, text] of expected) {
    if (part === 'txids' || known.get(part) === text) continue;
    outcome = 'refused';
    const lines = (known.get(part) ?? '').split('\n');
    const other = lines.filter((line, i) => line !== text.split('\n')[i]);
    const isTold =
      other.every((line) => line.startsWith('refused: ') && isNamed(line.slice(9))) ||
      LEFT_OUT.some(([name, form]) => name.test(part) && run.log.some((line) => form.test(line))) ||
      (part.startsWith('wallet') &&
        run.log.some((line) => line.startsWith(`Wallet ${part.slice(7)} is not loaded: `)));
    if (!isTold)
      problems.push(
        `${part} differs: ${other.slice(0, 2).join(' ').slice(0, 300)} (log: ${run.log.join(' | ').slice(0, 300)})`,
      );
  }
  return { outcome, problems };
}
