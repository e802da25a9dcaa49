/** Reads miniscript text. What is not miniscript gives null; a bad key throws. */

import { fromHex, isHex } from '../../core/encoding/bytes.ts';
import { MAX_PUBKEYS_PER_MULTISIG } from '../../core/script/templates.ts';
import { parseUint32, TextCursor } from './expression.ts';
import {
  type Fragment,
  MAX_NESTING,
  type Miniscript,
  type MiniscriptContext,
  miniscript,
  WRAPPERS,
} from './miniscript.ts';

const HASH_SIZE: Readonly<Record<string, number>> = Object.freeze({
  sha256: 32,
  hash256: 32,
  ripemd160: 20,
  hash160: 20,
});
/** pk() and pkh() stand for the fragments with their check. */
const KEY_FRAGMENT: Readonly<Record<string, Fragment>> = Object.freeze({
  pk: 'pk_k',
  pkh: 'pk_h',
  pk_k: 'pk_k',
  pk_h: 'pk_h',
});
const TWO_ARGUMENTS = ['and_v', 'and_b', 'or_b', 'or_c', 'or_d', 'or_i', 'and_n'];
const MAX_KEYS = { multi: MAX_PUBKEYS_PER_MULTISIG, multi_a: 999 };
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
    if (name in KEY_FRAGMENT) return this.#readKeyFragment(name);
    cursor.skip(`${name}(`);
    const node = this.#readArguments(name, depth);
    return node !== null && cursor.skip(')') ? node : null;
  }

  #readArguments(name: string, depth: number): Miniscript<K> | null {
    const context = this.#context;
    switch (name) {
      case 'older':
      case 'after': {
        const k = parseUint32(this.#cursor.takeExpression());
        return k === null || k < 1 || k >= 0x80000000 ? null : miniscript<K>(name, context, { k });
      }
      case 'multi':
      case 'multi_a':
        return this.#readMulti(name);
      case 'andor': {
        const subs = this.#readSubs(depth);
        return subs?.length === 3 ? this.#make(name, ...subs) : null;
      }
      case 'thresh':
        return this.#readThresh(depth);
    }
    if (name in HASH_SIZE) {
      const hex = this.#cursor.takeExpression();
      if (!isHex(hex) || hex.length !== 2 * HASH_SIZE[name]!) return null;
      return miniscript<K>(name as Fragment, context, { data: fromHex(hex) });
    }
    if (!TWO_ARGUMENTS.includes(name)) return null;
    const subs = this.#readSubs(depth);
    if (subs?.length !== 2) return null;
    return name === 'and_n'
      ? this.#make('andor', ...subs, this.#make('0'))
      : this.#make(name as Fragment, ...subs);
  }

  #readKeyFragment(name: string): Miniscript<K> | null {
    const text = this.#cursor.takeExpression();
    if (!text.endsWith(')')) return null;
    const keys = [this.#key(text.slice(name.length + 1, -1))];
    const node = miniscript<K>(KEY_FRAGMENT[name]!, this.#context, { keys });
    return name.startsWith('pk_') ? node : this.#make('c', node);
  }

  #readKey(): K {
    return this.#key(this.#cursor.takeExpression());
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

  #readMulti(name: 'multi' | 'multi_a'): Miniscript<K> | null {
    // multi() counts as a script operation that tapscript no longer has, multi_a() one that only it has.
    if ((name === 'multi_a') !== (this.#context === 'tapscript')) return null;
    const k = parseUint32(this.#cursor.takeExpression());
    const keys: K[] = [];
    while (this.#cursor.skip(',')) keys.push(this.#readKey());
    if (k === null || k < 1 || k > keys.length || keys.length > MAX_KEYS[name]) return null;
    return miniscript<K>(name, this.#context, { k, keys });
  }

  #readThresh(depth: number): Miniscript<K> | null {
    const k = parseUint32(this.#cursor.takeExpression());
    const subs = this.#cursor.skip(',') ? this.#readSubs(depth) : null;
    if (subs === null || k === null || k < 1 || k > subs.length) return null;
    return miniscript<K>('thresh', this.#context, { k, subs });
  }
}
