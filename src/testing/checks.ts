/** What a test asks for is looked at as it is asked for: an option spelled wrong would be left out in silence. */
import { COMMAND } from '../platform/node/devnet/network-state.ts';
import { isNodeName, NAME_FORM } from '../platform/node/devnet/state-file.ts';

/** @throws TypeError, RangeError */
type Check = (value: unknown, name: string) => void;
export type Checks = Readonly<Record<string, Check>>;

const must =
  (what: string, is: (value: unknown) => boolean): Check =>
  (value, name) => {
    if (is(value)) return;
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    throw new (typeof value === 'number' ? RangeError : TypeError)(`${name} is ${what}, not ${shown}`);
  };

const MOST_COINS = 21_000_000;
const MOST_BLOCKS = 100_000;
const MOST_NODES = 100;
/** A century. */
const MOST_SECONDS = 3_155_760_000;
const MOST_MILLISECONDS = 2 ** 31 - 1;

const isWithin = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most;
const number = (least: number, most: number, unit = ''): Check =>
  must(`${least} to ${most}${unit}`, (value) => isWithin(value, least, most));
export const whole = (least: number, most: number, unit = ''): Check =>
  must(`${least} to ${most}${unit}`, (value) => Number.isInteger(value) && isWithin(value, least, most));
export const coins = number(0, MOST_COINS, ' coins');
export const seconds = number(0, MOST_SECONDS, ' seconds');
export const blocks = whole(0, MOST_BLOCKS);
export const text = must('text', (value) => typeof value === 'string');
export const hash = must('64 hex digits', (value) => /^[\da-f]{64}$/i.test(String(value)));
export const flag = must('true or false', (value) => typeof value === 'boolean');
const list = must('a list', Array.isArray);
const anything: Check = () => {};

const isCommand = (value: unknown): boolean => typeof value === 'string' && COMMAND.test(value);

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All keys are known, and what is given is of use. @param of what the options are of, for people */
export function checkOptions(given: unknown, checks: Checks, of: string): void {
  if (!isObject(given)) throw new TypeError(`the options of ${of} are an object, not ${String(given)}`);
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined)
      throw new TypeError(`${of} has no option ${name}, only ${Object.keys(checks).join(', ')}`);
    if (value !== undefined) check(value, name);
  }
}

const balances: Check = (value, name) => {
  if (!isObject(value))
    throw new TypeError(`${name} are coins by the name of a wallet, not ${String(value)}`);
  for (const [wallet, amount] of Object.entries(value)) coins(amount, `${name}.${wallet}`);
};
const SETTINGS: Checks = {
  name: must(NAME_FORM, (value) => typeof value === 'string' && isNodeName(value)),
  wallets: balances,
};
const COMMON: Checks = {
  network: must(
    'regtest, or the content of a network file',
    (value) => value === 'regtest' || isObject(value),
  ),
  process: flag,
  seed: whole(0, 2 ** 32 - 1),
  time: whole(1, 2 ** 32 - 1),
  log: must('a function', (value) => typeof value === 'function'),
};
export const DUMPS: Checks = { dumps: text };
export const NODE: Checks = { ...COMMON, ...SETTINGS, rpcPort: whole(0, 65_535) };
export const NETWORK: Checks = {
  ...COMMON,
  nodes(value) {
    const each: readonly unknown[] = Array.isArray(value) ? value : [];
    whole(1, MOST_NODES)(Array.isArray(value) ? value.length : value, 'the number of nodes');
    for (const [i, settings] of each.entries()) checkOptions(settings, SETTINGS, `nodes[${i}]`);
  },
  links: list,
};
export const WAIT: Checks = { timeout: number(0, MOST_MILLISECONDS, ' ms') };
const delay = whole(0, 3_600_000, ' ms');
export const LINK: Checks = {
  delay: (value) => delay(value, "a link's delay"),
  drop: must('a list of commands', (value) => Array.isArray(value) && value.every(isCommand)),
};
export const MINE: Checks = { to: text, interval: seconds };
export const REORGANISE: Checks = { blocks: whole(1, MOST_BLOCKS), keep: anything };
