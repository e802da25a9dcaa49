/** Reads miniscript text. What is not miniscript gives null; a bad key throws. */

import { fromHex, isHex } from '../../core/encoding/bytes.ts';
import { MAX_PUBKEYS_PER_MULTISIG } from '../../core/script/templates.ts';
import { parseUint32, TextCursor } from './expression.ts';
import { FRAGMENTS, type Fragment, HASH_SIZE, type MiniscriptContext } from './fragments.ts';
import { MAX_NESTING, type Miniscript, miniscript, WRAPPERS } from './miniscript.ts';

/** pk() and pkh() stand for the fragments with their check. */
const KEY_FRAGMENTS: Readonly<Record<string, Fragment>> = Object.freeze({
  pk: 'pk_k',
  pkh: 'pk_h',
  pk_k: 'pk_k',
  pk_h: 'pk_h',
});
const MAX_KEYS = { p2wsh: MAX_PUBKEYS_PER_MULTISIG, tapscript: 999 };
const NOTHING = { takes: 'nothing', only: undefined } as const;
/** Characters: several hundred extended keys with their origins. */
const MAX_TEXT = 100_000;

/** @param key reads one key expression; its errors pass through. */
export function parseMiniscript<K>(
  text: string,
  context: MiniscriptContext,
  key: (text: string) => K,
): Miniscript<K> | null {
  if (text.length > MAX_TEXT) return null;
  const cursor = new TextCursor(text);
  const node = new Reader(cursor, context, key).read(0);
  return cursor.rest === '' ? node : null;
}

class Reader<K> {
  readonly #cursor: TextCursor;
  readonly #context: MiniscriptContext;
  readonly #key: (text: string) => K;

  constructor(cursor: TextCursor, context: MiniscriptContext, key: (text: string) => K) {
    this.#cursor = cursor;
    this.#context = context;
    this.#key = key;
  }

  read(depth: number): Miniscript<K> | null {
    if (depth > MAX_NESTING) return null;
    const wrappers = /^([a-z]+):/.exec(this.#cursor.rest)?.[1] ?? '';
    if (wrappers !== '') this.#cursor.skip(`${wrappers}:`);
    if (wrappers.includes('vv') || wrappers.length > MAX_NESTING - depth) return null;
    let node = this.#readFragment(depth + wrappers.length);
    for (const wrapper of [...wrappers].reverse()) {
      if (node === null) return null;
      node = this.#wrap(wrapper, node);
    }
    return node;
  }

  #make(fragment: Fragment, ...subs: Miniscript<K>[]): Miniscript<K> {
    return miniscript<K>(fragment, this.#context, { subs });
  }

  #wrap(wrapper: string, node: Miniscript<K>): Miniscript<K> | null {
    if (WRAPPERS.includes(wrapper)) return this.#make(wrapper as Fragment, node);
    if (wrapper === 't') return this.#make('and_v', node, this.#make('1'));
    if (wrapper === 'u') return this.#make('or_i', node, this.#make('0'));
    if (wrapper === 'l') return this.#make('or_i', this.#make('0'), node);
    return null;
  }

  #readFragment(depth: number): Miniscript<K> | null {
    const cursor = this.#cursor;
    if (cursor.skip('0')) return this.#make('0');
    if (cursor.skip('1')) return this.#make('1');
    const name = /^([a-z0-9_]+)\(/.exec(cursor.rest)?.[1];
    if (name === undefined) return null;
    const key = KEY_FRAGMENTS[name];
    if (key !== undefined) return this.#readKeyFragment(name, key);
    cursor.skip(`${name}(`);
    const node = this.#readArguments(name, depth);
    return node !== null && cursor.skip(')') ? node : null;
  }

  #readArguments(name: string, depth: number): Miniscript<K> | null {
    const cursor = this.#cursor;
    const fragment = (name === 'and_n' ? 'andor' : name) as Fragment;
    const { takes, only = this.#context } = Object.hasOwn(FRAGMENTS, fragment)
      ? FRAGMENTS[fragment]
      : NOTHING;
    if (only !== this.#context) return null;
    switch (takes) {
      case 'lock': {
        const k = parseUint32(cursor.takeExpression());
        return k === null || k < 1 || k >= 0x80000000 ? null : miniscript<K>(fragment, only, { k });
      }
      case 'hash': {
        const hex = cursor.takeExpression();
        if (!isHex(hex) || hex.length !== 2 * HASH_SIZE[name]!) return null;
        return miniscript<K>(fragment, only, { data: fromHex(hex) });
      }
      case 'keys': {
        const k = parseUint32(cursor.takeExpression());
        const keys: K[] = [];
        while (cursor.skip(',')) keys.push(this.#key(cursor.takeExpression()));
        if (k === null || k < 1 || k > keys.length || keys.length > MAX_KEYS[only]) return null;
        return miniscript<K>(fragment, only, { k, keys });
      }
      case 'all': {
        const k = parseUint32(cursor.takeExpression());
        const subs = cursor.skip(',') ? this.#readSubs(depth) : null;
        if (subs === null || k === null || k < 1 || k > subs.length) return null;
        return miniscript<K>(fragment, only, { k, subs });
      }
      case 2:
      case 3: {
        const subs = this.#readSubs(depth);
        if (subs !== null && name === 'and_n') subs.push(this.#make('0'));
        return subs?.length === takes ? this.#make(fragment, ...subs) : null;
      }
      default:
        return null;
    }
  }

  /** The key is all that is between the brackets, whatever that is. */
  #readKeyFragment(name: string, fragment: Fragment): Miniscript<K> | null {
    const text = this.#cursor.takeExpression();
    if (!text.endsWith(')')) return null;
    const keys = [this.#key(text.slice(name.length + 1, -1))];
    const node = miniscript<K>(fragment, this.#context, { keys });
    return fragment === name ? node : this.#make('c', node);
  }

  #readSubs(depth: number): Miniscript<K>[] | null {
    const subs: Miniscript<K>[] = [];
    do {
      const sub = this.read(depth + 1);
      if (sub === null) return null;
      subs.push(sub);
    } while (this.#cursor.skip(','));
    return subs;
  }
}
