/**
 * A log in Bitcoin Core's form, one line an entry. Owns which debug categories are on and how an entry reads; not when
 * it was, nor where it is written.
 */
import type { LoggerControl } from '../../rpc/context.ts';
import type { LogLevel } from '../../seams.ts';

/** Bitcoin Core's debug categories, of some of which Penny has nothing to say, and `mining`, which is its own. */
export const LOG_CATEGORIES = [
  'addrman',
  'bench',
  'blockstorage',
  'cmpctblock',
  'coindb',
  'estimatefee',
  'http',
  'i2p',
  'ipc',
  'kernel',
  'leveldb',
  'mempool',
  'mempoolrej',
  'mining',
  'net',
  'privatebroadcast',
  'proxy',
  'prune',
  'qt',
  'rand',
  'reindex',
  'rpc',
  'scan',
  'selectcoins',
  'tor',
  'txpackages',
  'txreconciliation',
  'validation',
  'walletdb',
  'zmq',
] as const;

export abstract class CategoryLogger implements LoggerControl {
  readonly categories: readonly string[] = LOG_CATEGORIES;
  abstract readonly path: string;
  readonly #enabled: Set<string>;

  /** @param enabled categories whose debug lines are written */
  constructor(enabled: readonly string[]) {
    this.#enabled = new Set(enabled);
  }

  log(level: LogLevel, category: string, message: string, fields?: Readonly<Record<string, unknown>>): void {
    if (level === 'debug' && !this.#enabled.has(category)) return;
    this.write(level, `${label(level, category)}${oneLine(message)}${describe(fields)}`);
  }

  protected abstract write(level: LogLevel, line: string): void;

  isEnabled(category: string): boolean {
    return this.#enabled.has(category);
  }

  setEnabled(category: string, enabled: boolean): void {
    if (enabled) this.#enabled.add(category);
    else this.#enabled.delete(category);
  }
}

function label(level: LogLevel, category: string): string {
  if (level === 'debug') return `[${category}] `;
  return level === 'info' ? '' : `[${category === '' ? '' : `${category}:`}${level}] `;
}

/** Text from peers may hold line breaks, which would forge log lines. */
function oneLine(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function describe(fields: Readonly<Record<string, unknown>> | undefined): string {
  if (fields === undefined) return '';
  return Object.entries(fields)
    .map(
      ([name, value]) =>
        ` ${name}=${oneLine(value instanceof Error ? (value.stack ?? value.message) : String(value))}`,
    )
    .join('');
}
