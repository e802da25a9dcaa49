/**
 * Finds the miniscript that a script was made from, reading from its end as each fragment's last opcode
 * tells which it is. Keys are bytes; `pk_h` needs someone who knows the key of a hash.
 */

import { OP } from '../../core/script/opcodes.ts';
import { isMinimalPush, ScriptCursor } from '../../core/script/script.ts';
import { decodeScriptNumber } from '../../core/script/script-number.ts';
import { MAX_PUBKEYS_PER_MULTISIG } from '../../core/script/templates.ts';
import {
  type Fragment,
  HASH_OPCODES,
  MAX_NESTING,
  type Miniscript,
  type MiniscriptContext,
  miniscript,
} from './miniscript.ts';

interface Token {
  readonly opcode: number;
  readonly data: Uint8Array | null;
}

type Node = Miniscript<Uint8Array>;

/** Opcodes that do two things are read as both, one after the other. */
const VERIFY_FORMS: ReadonlyMap<number, number> = new Map([
  [OP.EQUALVERIFY, OP.EQUAL],
  [OP.CHECKSIGVERIFY, OP.CHECKSIG],
  [OP.CHECKMULTISIGVERIFY, OP.CHECKMULTISIG],
  [OP.NUMEQUALVERIFY, OP.NUMEQUAL],
]);
/** None of these ends an expression, so an and_v() cannot go on before them. */
const NO_END: readonly number[] = [OP.IF, OP.ELSE, OP.NOTIF, OP.TOALTSTACK, OP.SWAP];

function tokenize(script: Uint8Array): Token[] | null {
  const tokens: Token[] = [];
  const cursor = new ScriptCursor(script);
  while (cursor.next()) {
    const { opcode, data } = cursor;
    if (data !== null && !isMinimalPush(data, opcode)) return null;
    const plain = VERIFY_FORMS.get(opcode);
    if (plain === undefined) tokens.push({ opcode, data });
    // EQUAL VERIFY in two opcodes is not how miniscript writes it.
    else tokens.push({ opcode: plain, data: null }, { opcode: OP.VERIFY, data: null });
  }
  return cursor.malformed ? null : tokens;
}

/** @returns null if this is no miniscript, or types do not fit */
export function decodeMiniscript(
  script: Uint8Array,
  context: MiniscriptContext,
  keyByHash: (hash: Uint8Array) => Uint8Array | undefined,
): Node | null {
  const tokens = tokenize(script);
  if (tokens === null) return null;
  const reader = new BackwardReader(tokens, context, keyByHash);
  const node = reader.expression(0);
  return node !== null && reader.atStart && node.type.includes('B') ? node : null;
}

class BackwardReader {
  readonly #tokens: readonly Token[];
  readonly #context: MiniscriptContext;
  readonly #keyByHash: (hash: Uint8Array) => Uint8Array | undefined;
  /** Tokens from here on are read. */
  #end: number;

  constructor(
    tokens: readonly Token[],
    context: MiniscriptContext,
    keyByHash: (hash: Uint8Array) => Uint8Array | undefined,
  ) {
    this.#tokens = tokens;
    this.#context = context;
    this.#keyByHash = keyByHash;
    this.#end = tokens.length;
  }

  get atStart(): boolean {
    return this.#end === 0;
  }

  /** A token counted from the end; 1 is the last. */
  #peek(back = 1): Token | undefined {
    return this.#tokens[this.#end - back];
  }

  /** Takes these opcodes, in script order, off the end if they are there. */
  #take(...opcodes: readonly number[]): boolean {
    const { length } = opcodes;
    if (!opcodes.every((opcode, i) => this.#peek(length - i)?.opcode === opcode)) return false;
    this.#end -= length;
    return true;
  }

  #number(token: Token | undefined): number | null {
    if (token === undefined) return null;
    if (token.opcode >= OP.OP_1 && token.opcode <= OP.OP_16) return token.opcode - OP.OP_1 + 1;
    const { data } = token;
    if (data === null || data.length === 0 || data.length > 5) return null;
    const value = Number(decodeScriptNumber(data, false, 5));
    return value >= 1 && value < 0x80000000 ? value : null;
  }

  #isKey(token: Token | undefined): token is { opcode: number; data: Uint8Array } {
    const size = this.#context === 'tapscript' ? 32 : 33;
    return token?.data?.length === size && (size === 32 || token.data[0] === 2 || token.data[0] === 3);
  }

  #make(fragment: Fragment, ...subs: (Node | null)[]): Node | null {
    if (subs.includes(null)) return null;
    return miniscript(fragment, this.#context, { subs: subs as Node[] });
  }

  /** One expression, or several that and_v() joins. */
  expression(depth: number): Node | null {
    let node = this.#single(depth);
    if (node === null) return null;
    const parts = [node];
    while (!this.atStart && !NO_END.includes(this.#peek()!.opcode)) {
      const before = this.#single(depth);
      if (before === null) return null;
      parts.push(before);
    }
    // The parts were read last to first; and_v() nests to the left of what follows.
    node = parts.at(-1)!;
    for (let i = parts.length - 2; i >= 0; i--)
      node = miniscript('and_v', this.#context, { subs: [node, parts[i]!] });
    return node;
  }

  #single(depth: number): Node | null {
    if (depth > MAX_NESTING) return null;
    const last = this.#peek();
    if (last === undefined) return null;
    const context = this.#context;
    if (this.#take(OP.OP_0)) return this.#make('0');
    if (this.#isKey(last)) {
      this.#end--;
      return miniscript('pk_k', context, { keys: [last.data] });
    }
    if (this.#take(OP.VERIFY)) return this.#verified(depth);
    if (this.#take(OP.CHECKSIG)) return this.#make('c', this.#single(depth + 1));
    if (this.#take(OP.OP_0NOTEQUAL)) return this.#make('n', this.#single(depth + 1));
    if (this.#take(OP.CHECKSEQUENCEVERIFY)) return this.#lock('older');
    if (this.#take(OP.CHECKLOCKTIMEVERIFY)) return this.#lock('after');
    if (last.opcode === OP.EQUAL) return this.#hash() ?? this.#thresh(depth);
    if (last.opcode === OP.CHECKMULTISIG || last.opcode === OP.NUMEQUAL) return this.#multi();
    if (this.#take(OP.BOOLAND)) return this.#pair('and_b', depth);
    if (this.#take(OP.BOOLOR)) return this.#pair('or_b', depth);
    if (this.#take(OP.ENDIF)) return this.#branches(depth);
    return this.#take(OP.OP_1) ? this.#make('1') : null;
  }

  /** After VERIFY: a key hash, or anything wrapped by v. */
  #verified(depth: number): Node | null {
    const hash = this.#peek(2);
    const isKeyHash =
      this.#peek()?.opcode === OP.EQUAL &&
      hash?.data?.length === 20 &&
      this.#peek(3)?.opcode === OP.HASH160 &&
      this.#peek(4)?.opcode === OP.DUP;
    if (!isKeyHash) return this.#make('v', this.#single(depth + 1));
    const key = this.#keyByHash(hash!.data!);
    if (key === undefined) return null;
    this.#end -= 4;
    return miniscript('pk_h', this.#context, { keys: [key] });
  }

  #lock(fragment: 'older' | 'after'): Node | null {
    const k = this.#number(this.#peek());
    if (k === null) return null;
    this.#end--;
    return miniscript(fragment, this.#context, { k });
  }

  /** SIZE <32> EQUALVERIFY <hash function> <hash> EQUAL */
  #hash(): Node | null {
    const data = this.#peek(2)?.data;
    const opcode = this.#peek(3)?.opcode;
    const kind = (Object.keys(HASH_OPCODES) as (keyof typeof HASH_OPCODES)[]).find(
      (name) => HASH_OPCODES[name] === opcode,
    );
    const fits =
      data &&
      kind &&
      data.length === (kind.endsWith('256') ? 32 : 20) &&
      this.#peek(4)?.opcode === OP.VERIFY &&
      this.#peek(5)?.opcode === OP.EQUAL &&
      this.#number(this.#peek(6)) === 32 &&
      this.#peek(7)?.opcode === OP.SIZE;
    if (!fits) return null;
    this.#end -= 7;
    return miniscript(kind, this.#context, { data });
  }

  #multi(): Node | null {
    if (this.#context === 'tapscript') {
      const k = this.#number(this.#peek(2));
      const keys: Uint8Array[] = [];
      let at = 3;
      for (; this.#peek(at)?.opcode === OP.CHECKSIGADD || this.#peek(at)?.opcode === OP.CHECKSIG; at += 2) {
        const key = this.#peek(at + 1);
        if (!this.#isKey(key)) return null;
        keys.unshift(key.data);
        if (this.#peek(at)!.opcode === OP.CHECKSIG) break;
      }
      if (this.#peek()?.opcode !== OP.NUMEQUAL || this.#peek(at)?.opcode !== OP.CHECKSIG) return null;
      if (k === null || k > keys.length) return null;
      this.#end -= at + 1;
      return miniscript('multi_a', this.#context, { k, keys });
    }
    const count = this.#number(this.#peek(2));
    if (this.#peek()?.opcode !== OP.CHECKMULTISIG || count === null || count > MAX_PUBKEYS_PER_MULTISIG)
      return null;
    const keys: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const key = this.#peek(3 + i);
      if (!this.#isKey(key)) return null;
      keys.unshift(key.data);
    }
    const k = this.#number(this.#peek(3 + count));
    if (k === null || k > count) return null;
    this.#end -= 3 + count;
    return miniscript('multi', this.#context, { k, keys });
  }

  /** <first> <second> ADD ... <k> EQUAL */
  #thresh(depth: number): Node | null {
    const k = this.#number(this.#peek(2));
    if (k === null) return null;
    this.#end -= 2;
    const subs: Node[] = [];
    while (this.#take(OP.ADD)) {
      const sub = this.#wrapped(depth + 1);
      if (sub === null) return null;
      subs.unshift(sub);
    }
    const first = this.#single(depth + 1);
    if (first === null || k > subs.length + 1) return null;
    return miniscript('thresh', this.#context, { k, subs: [first, ...subs] });
  }

  #pair(fragment: 'and_b' | 'or_b', depth: number): Node | null {
    const second = this.#wrapped(depth + 1);
    return second === null ? null : this.#make(fragment, this.#single(depth + 1), second);
  }

  /** An expression that works below the top of the stack: a: or s: */
  #wrapped(depth: number): Node | null {
    const alternative = this.#take(OP.FROMALTSTACK);
    const inner = this.expression(depth + 1);
    if (!this.#take(alternative ? OP.TOALTSTACK : OP.SWAP)) return null;
    return this.#make(alternative ? 'a' : 's', inner);
  }

  /** After ENDIF: whatever has branches. */
  #branches(depth: number): Node | null {
    const last = this.expression(depth + 1);
    if (this.#take(OP.ELSE)) {
      const other = this.expression(depth + 1);
      if (this.#take(OP.IF)) return this.#make('or_i', other, last);
      return this.#take(OP.NOTIF) ? this.#make('andor', this.#single(depth + 1), last, other) : null;
    }
    if (this.#take(OP.IFDUP, OP.NOTIF)) return this.#make('or_d', this.#single(depth + 1), last);
    if (this.#take(OP.NOTIF)) return this.#make('or_c', this.#single(depth + 1), last);
    if (this.#take(OP.DUP, OP.IF)) return this.#make('d', last);
    return this.#take(OP.SIZE, OP.OP_0NOTEQUAL, OP.IF) ? this.#make('j', last) : null;
  }
}
