/**
 * The file that a devnet is started from: which nodes there are, what is in their wallets, how they are linked, how
 * often blocks come; and, in one that was exported, all that they had. Owns its fields and their checks.
 */
import { readFileSync, statSync } from 'node:fs';
import { Fields } from '../../../core/parameters/fields.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { parseNetworkFile } from '../../../core/parameters/network-file.ts';
import { NetworkFileError } from '../../../core/parameters/network-file-error.ts';
import { REGTEST } from '../../../core/parameters/presets.ts';
import { UsageError } from '../cli/usage-error.ts';
import { COMMAND, type LinkState, type NodeState, TAB } from './network-state.ts';

export interface NodeSpec extends NodeState {
  /** Coins, by the name of the wallet, to be made and filled. */
  readonly wallets: Readonly<Record<string, number>>;
}

export interface NetworkSpec {
  /** Undefined for those of a devnet. */
  readonly parameters: NetworkParameters | undefined;
  /** Seconds since the epoch, at which the clocks go on; undefined: now. */
  readonly time: number | undefined;
  /** Seconds; 0 mines only on demand. */
  readonly blockTime: number;
  readonly paymentsPerMinute: number;
  readonly nodes: readonly NodeSpec[];
  readonly links: readonly LinkState[];
  readonly blocks: readonly string[];
}

const FILE = 'devnet file';
export const MAX_NODES = 20;
const MAX_COINS = 21_000_000;
const MAX_DELAY = 3_600_000;
const LATEST = 0xffffffff;
/** Bytes of a file: a text of more than half a gigabyte cannot be held. */
const MAX_FILE = 500_000_000;
const NAME = new RegExp(`^(?!${TAB}$)[a-z][a-z0-9-]{0,31}$`);
export const NAME_FORM = `a name of up to 32 letters a-z, digits and hyphens, and not ${TAB}`;
const HEX = /^([0-9a-f]{2}){1,4000000}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export const isNodeName = (name: string): boolean => NAME.test(name);

/** @throws UsageError that names the file, and the field that is wrong */
export function readSpec(path: string): NetworkSpec {
  try {
    if (statSync(path).size > MAX_FILE) throw new UsageError(`${path} has more than ${MAX_FILE} bytes`);
    return parseSpec(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof NetworkFileError || error instanceof SyntaxError)
      throw new UsageError(`${path}: ${message}`);
    if (code === undefined) throw error;
    throw new UsageError(`${path} could not be read (${code})`);
  }
}

/** @throws NetworkFileError that names the field */
export function parseSpec(json: unknown): NetworkSpec {
  const fields = new Fields(json, '', FILE);
  const parameters = fields.optional('network', (field) => {
    const network = fields.any(field);
    if (network === 'regtest') return REGTEST;
    if (typeof network === 'string') throw fields.error(field, "must be 'regtest' or a network file");
    return parseNetworkFile(network);
  });
  const nodes = fields.list('nodes', readNode);
  if (nodes.length < 1 || nodes.length > MAX_NODES) throw fields.error('nodes', `must be 1 to ${MAX_NODES}`);
  const names = nodes.map(({ name }) => name);
  for (const [i, name] of names.entries())
    if (names.indexOf(name) < i) throw fields.error(`nodes[${i}].name`, `is that of another node, '${name}'`);
  const links = fields.optional('links', (field) =>
    fields.list(field, (value, path) => readLink(value, path, names)),
  );
  const spec = {
    parameters,
    time: fields.optional('time', (field) => fields.integer(field, 0, LATEST)),
    blockTime: fields.integerOr('blockTime', 0, 3_600, 0),
    paymentsPerMinute: fields.integerOr('paymentsPerMinute', 0, 600, 0),
    nodes,
    links: links ?? everyPair(names),
    blocks:
      fields.optional('blocks', (field) => fields.list(field, textOf(HEX, 'a block in lower-case hex'))) ??
      [],
  };
  fields.finish();
  return spec;
}

export const everyPair = (names: readonly string[]): LinkState[] =>
  names.flatMap((b, i) => names.slice(0, i).map((a): LinkState => ({ between: [a, b] })));

function readNode(value: unknown, path: string): NodeSpec {
  const fields = new Fields(value, path, FILE);
  const texts = (field: string, pattern: RegExp, form: string): readonly string[] =>
    fields.optional(field, () => fields.list(field, textOf(pattern, form))) ?? [];
  const node = {
    name: fields.text('name', NAME, NAME_FORM),
    wallets: fields.optional('wallets', (field) => fields.record(field, readCoins)) ?? {},
    tips: texts('tips', /^[0-9a-f]{64}$/, 'a block hash of 64 lower-case hex digits'),
    mempool: texts('mempool', HEX, 'a transaction in lower-case hex'),
    backups:
      fields.optional('backups', (field) => fields.record(field, textOf(BASE64, 'a backup in base64'))) ?? {},
  };
  fields.finish();
  return node;
}

function readCoins(value: unknown, path: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_COINS) || Number(value.toFixed(8)) !== value)
    throw new NetworkFileError(
      path,
      `must be an amount of 0 to ${MAX_COINS} coins, of eight decimals at most`,
    );
  return value;
}

/** Two names, or more of a link in an object. */
function readLink(value: unknown, path: string, names: readonly string[]): LinkState {
  const fields = new Fields(Array.isArray(value) ? { between: value } : value, path, FILE);
  const between = fields.list('between', (name) => String(name));
  const [a, b] = between;
  if (between.length !== 2 || a === b || !between.every((name) => names.includes(name)))
    throw new NetworkFileError(Array.isArray(value) ? path : `${path}.between`, 'must name two of the nodes');
  const link = {
    between: [a!, b!] as const,
    delay: fields.integerOr('delay', 0, MAX_DELAY, 0),
    drop: fields.optional('drop', (field) => fields.list(field, textOf(COMMAND, 'a command'))) ?? [],
    cut: fields.has('cut') && fields.boolean('cut'),
  };
  fields.finish();
  const { delay, drop, cut } = link;
  return {
    between: link.between,
    ...(delay > 0 && { delay }),
    ...(drop.length > 0 && { drop }),
    ...(cut && { cut }),
  };
}

const textOf =
  (pattern: RegExp, form: string) =>
  (value: unknown, path: string): string => {
    if (typeof value !== 'string' || !pattern.test(value))
      throw new NetworkFileError(path, `must be ${form}`);
    return value;
  };
