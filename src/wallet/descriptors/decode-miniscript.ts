/**
 * Finds the miniscript that a script was made from, by matching the rows of `fragments.ts` from its end. Keys are
 * bytes; `pk_h` needs someone who knows the key of a hash.
 */
import { EMPTY } from '../../core/encoding/bytes.ts';
import { OP } from '../../core/script/opcodes.ts';
import { isMinimalPush, ScriptCursor } from '../../core/script/script.ts';
import { decodeScriptNumber } from '../../core/script/script-number.ts';
import { MAX_PUBKEYS_PER_MULTISIG } from '../../core/script/templates.ts';
import { FRAGMENTS, type Fragment, HASH_SIZE, type MiniscriptContext, type Part } from './fragments.ts';
import { MAX_NESTING, type Miniscript, miniscript } from './miniscript.ts';

interface Token {
  readonly opcode: number;
  readonly data: Uint8Array | null;
}

type Node = Miniscript<Uint8Array>;

/** Opcodes that do two things are read as both, one after the other. */
const VERIFY_FORMS: ReadonlyMap<unknown, number> = new Map([
  [OP.EQUALVERIFY, OP.EQUAL],
  [OP.CHECKSIGVERIFY, OP.CHECKSIG],
  [OP.CHECKMULTISIGVERIFY, OP.CHECKMULTISIG],
  [OP.NUMEQUALVERIFY, OP.NUMEQUAL],
]);
/** None of these ends an expression, so an and_v() cannot go on before them. */
const NO_END: readonly number[] = [OP.IF, OP.ELSE, OP.NOTIF, OP.TOALTSTACK, OP.SWAP];
/** These only stand where and_b(), or_b() and thresh() ask for them. */
const BELOW_TOP: readonly Fragment[] = ['a', 's'];

const ROWS = (Object.keys(FRAGMENTS) as Fragment[]).map((fragment) => ({
  fragment,
  only: FRAGMENTS[fragment].only,
  parts: FRAGMENTS[fragment].script.flatMap((part): readonly Part[] => {
    const plain = VERIFY_FORMS.get(part);
    return plain === undefined ? [part] : [plain, OP.VERIFY];
  }),
}));
type Row = (typeof ROWS)[number];
const BELOW = ROWS.filter(({ fragment }) => BELOW_TOP.includes(fragment));
/** and_v() has no opcode of its own to be known by. */
const SINGLE = ROWS.filter((row) => !BELOW.includes(row) && row.fragment !== 'and_v');

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

/** What a row's pieces were found to be. */
interface Found {
  readonly subs: Node[];
  keys: Uint8Array[];
  k: number;
  data: Uint8Array;
}

class BackwardReader {
  readonly #tokens: readonly Token[];
  readonly #context: MiniscriptContext;
  readonly #keyByHash: (hash: Uint8Array) => Uint8Array | undefined;
  /** Tokens from here on are read. */
  #end: number;
  /** What ends at a token is read once, though several rows may ask for it. */
  readonly #known = new Map<number, { readonly node: Node | null; readonly end: number }>();

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

  get #last(): Token | undefined {
    return this.#tokens[this.#end - 1];
  }

  #take(opcode: number): boolean {
    if (this.#last?.opcode !== opcode) return false;
    this.#end--;
    return true;
  }

  #takeNumber(): number | null {
    const { opcode = 0, data = null } = this.#last ?? {};
    let value = 0;
    if (opcode >= OP.OP_1 && opcode <= OP.OP_16) value = opcode - OP.OP_1 + 1;
    else if (data !== null && data.length > 0 && data.length <= 5)
      value = Number(decodeScriptNumber(data, false, 5));
    if (value < 1 || value >= 0x80000000) return null;
    this.#end--;
    return value;
  }

  /** One expression, or several that and_v() joins. */
  expression(depth: number): Node | null {
    let node = this.#single(depth);
    if (node === null) return null;
    const parts = [node];
    while (!this.atStart && !NO_END.includes(this.#last!.opcode)) {
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
    const start = this.#end;
    let known = this.#known.get(start);
    if (known === undefined) {
      known = { node: this.#first(SINGLE, depth + 1), end: this.#end };
      this.#known.set(start, known);
    }
    this.#end = known.end;
    return known.node;
  }

  #first(rows: readonly Row[], depth: number): Node | null {
    const start = this.#end;
    for (const row of rows) {
      this.#end = start;
      const node = this.#match(row, depth);
      if (node !== null) return node;
    }
    return null;
  }

  #match({ fragment, only, parts }: Row, depth: number): Node | null {
    if (only !== undefined && only !== this.#context) return null;
    const found: Found = { subs: [], keys: [], k: 0, data: EMPTY };
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i]!;
      const fits =
        typeof part === 'number' ? this.#take(part) : this.#read(part, fragment, i === 0, depth, found);
      if (!fits) return null;
    }
    const { keys, subs, k } = found;
    if (FRAGMENTS[fragment].takes !== 'lock' && k > keys.length + subs.length) return null;
    return miniscript(fragment, this.#context, found);
  }

  /** @param atStart nothing of the row is before it: where it begins, only it can tell */
  #read(
    part: Exclude<Part, number>,
    fragment: Fragment,
    atStart: boolean,
    depth: number,
    found: Found,
  ): boolean {
    const place = (at: number, node: Node | null): boolean => {
      if (node !== null) found.subs[at] = node;
      return node !== null;
    };
    switch (part) {
      case 'x':
        return place(0, atStart ? this.#single(depth) : this.expression(depth));
      case 'y':
        return place(1, this.expression(depth));
      case 'z':
        return place(2, this.expression(depth));
      case 'w':
        return place(1, this.#first(BELOW, depth + 1));
      case 'sum':
        for (; this.#take(OP.ADD); ) {
          const node = this.#first(BELOW, depth + 1);
          if (node === null) return false;
          found.subs.unshift(node);
        }
        found.subs.unshift(this.#single(depth) as Node);
        return found.subs[0] !== null;
      case 'k':
      case 'count':
        found.k = this.#takeNumber() ?? 0;
        return found.k > 0 && (part === 'k' || found.k <= MAX_PUBKEYS_PER_MULTISIG);
      case 'size':
        return this.#takeNumber() === 32;
      case 'hash':
        return this.#takeData(HASH_SIZE[fragment]!, found);
      case 'keyhash': {
        const key = this.#takeData(20, found) ? this.#keyByHash(found.data) : undefined;
        found.data = EMPTY;
        return key !== undefined && found.keys.push(key) > 0;
      }
      case 'key':
        return this.#takeKey(found);
      case 'keys':
        for (let left = found.k; left > 0; left--) if (!this.#takeKey(found)) return false;
        return true;
      case 'checks':
        while (this.#take(OP.CHECKSIGADD)) if (!this.#takeKey(found)) return false;
        return this.#take(OP.CHECKSIG) && this.#takeKey(found);
    }
  }

  #takeKey(found: Found): boolean {
    const size = this.#context === 'tapscript' ? 32 : 33;
    const data = this.#last?.data;
    if (data?.length !== size || (size === 33 && data[0] !== 2 && data[0] !== 3)) return false;
    found.keys.unshift(data);
    this.#end--;
    return true;
  }

  #takeData(size: number, found: Found): boolean {
    const data = this.#last?.data;
    if (data?.length !== size) return false;
    found.data = data;
    this.#end--;
    return true;
  }
}
