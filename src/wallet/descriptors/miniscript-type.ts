/**
 * Miniscript's type system: what a fragment does to the stack, whether its satisfaction is unique, which
 * time locks it needs. A type is a string of the specification's letters.
 */
import { LOCK_TIME_THRESHOLD, SEQUENCE_TIME } from '../../core/transaction/transaction.ts';
import type { Fragment, MiniscriptContext } from './miniscript.ts';

export const has = (type: string, letters: string): boolean =>
  [...letters].every((letter) => type.includes(letter));
const keep = (type: string, letters: string): string => [...letters].filter((l) => type.includes(l)).join('');
const either = (a: string, b: string): string => a + b;
const both = (a: string, b: string): string => keep(a, b);
const when = (condition: boolean, letters: string): string => (condition ? letters : '');

/** Heights and times, or blocks and seconds, needed at once: never satisfiable. */
const mixesTimeLocks = (a: string, b: string): boolean =>
  (has(a, 'g') && has(b, 'h')) ||
  (has(a, 'h') && has(b, 'g')) ||
  (has(a, 'i') && has(b, 'j')) ||
  (has(a, 'j') && has(b, 'i'));

function threshType(subs: readonly string[], k: number): string {
  let dissatisfiable = true;
  let nonMalleable = true;
  let signed = 0;
  let consumed = 0;
  let locks = 'k';
  for (const [i, type] of subs.entries()) {
    if (!has(type, i === 0 ? 'Bdu' : 'Wdu')) return '';
    dissatisfiable &&= has(type, 'e');
    nonMalleable &&= has(type, 'm');
    if (has(type, 's')) signed++;
    consumed += has(type, 'z') ? 0 : has(type, 'o') ? 1 : 2;
    const clean = has(both(locks, type), 'k') && (k <= 1 || !mixesTimeLocks(locks, type));
    locks = keep(either(locks, type), 'ghij') + when(clean, 'k');
  }
  const n = subs.length;
  return `Bdu${when(consumed === 0, 'z')}${when(consumed === 1, 'o')}${when(dissatisfiable && signed === n, 'e')}${when(
    dissatisfiable && nonMalleable && signed >= n - k,
    'm',
  )}${when(signed >= n - k + 1, 's')}${locks}`;
}

/** The rules, a row a fragment as in the specification (Core's ComputeType); empty where arguments do not fit. */
// biome-ignore format: a table
export function computeType(fragment: Fragment, context: MiniscriptContext, k: number, subs: readonly string[]): string {
  const [x = '', y = '', z = ''] = subs;
  if (subs.includes('')) return '';
  const xy = either(x, y);
  const andXY = both(x, y);
  const locks = keep(subs.join(''), 'ghij');
  const jointLock = when(has(andXY, 'k') && !mixesTimeLocks(x, y), 'k');
  const oneOf = when(has(xy, 'z'), keep(xy, 'o'));
  switch (fragment) {
    case 'pk_k': return 'Konudemsxk';
    case 'pk_h': return 'Knudemsxk';
    case 'older': return `${(k & SEQUENCE_TIME) !== 0 ? 'g' : 'h'}Bzfmxk`;
    case 'after': return `${k >= LOCK_TIME_THRESHOLD ? 'i' : 'j'}Bzfmxk`;
    case 'sha256': case 'hash256': case 'ripemd160': case 'hash160': return 'Bonudmk';
    case '1': return 'Bzufmxk';
    case '0': return 'Bzudemsxk';
    case 'multi': return 'Bnudemsk';
    case 'multi_a': return 'Budemsk';
    case 'a': return `${when(has(x, 'B'), 'W')}${keep(x, 'ghijkudfems')}x`;
    case 's': return when(has(x, 'Bo'), 'W') + keep(x, 'ghijkudfemsx');
    case 'c': return `${when(has(x, 'K'), 'B')}${keep(x, 'ghijkondfem')}us`;
    case 'd':
      return when(has(x, 'Vz'), 'B') + when(has(x, 'z'), 'o') + when(has(x, 'f'), 'e') + keep(x, 'ghijkms') +
        `${when(context === 'tapscript', 'u')}ndx`;
    case 'v': return `${when(has(x, 'B'), 'V')}${keep(x, 'ghijkzonms')}fx`;
    case 'j': return `${when(has(x, 'Bn'), 'B')}${when(has(x, 'f'), 'e')}${keep(x, 'ghijkoums')}ndx`;
    case 'n': return `${keep(x, 'ghijkBzondfems')}ux`;
    case 'and_v':
      return when(has(x, 'V'), keep(y, 'KVB')) + keep(x, 'n') + when(has(x, 'z'), keep(y, 'n')) + oneOf +
        keep(andXY, 'dmz') + keep(xy, 's') + when(has(y, 'f') || has(x, 's'), 'f') + keep(y, 'ux') + locks + jointLock;
    case 'and_b':
      return when(has(y, 'W'), keep(x, 'B')) + oneOf + keep(x, 'n') + when(has(x, 'z'), keep(y, 'n')) +
        when(has(andXY, 's'), keep(andXY, 'e')) + keep(andXY, 'dzm') +
        when(has(andXY, 'f') || has(x, 'sf') || has(y, 'sf'), 'f') + keep(xy, 's') + `ux${locks}${jointLock}`;
    case 'or_b':
      return when(has(x, 'Bd') && has(y, 'Wd'), 'B') + oneOf +
        when(has(xy, 's') && has(andXY, 'e'), keep(andXY, 'm')) + keep(andXY, 'zsek') + `du${locks}x`;
    case 'or_d':
      return when(has(x, 'Bdu'), keep(y, 'B')) + when(has(y, 'z'), keep(x, 'o')) +
        when(has(x, 'e') && has(xy, 's'), keep(andXY, 'm')) + keep(andXY, 'zsk') + keep(y, 'ufde') + `x${locks}`;
    case 'or_c':
      return when(has(x, 'Bdu'), keep(y, 'V')) + when(has(y, 'z'), keep(x, 'o')) +
        when(has(x, 'e') && has(xy, 's'), keep(andXY, 'm')) + keep(andXY, 'zsk') + `fx${locks}`;
    case 'or_i':
      return keep(andXY, 'VBKufsk') + when(has(andXY, 'z'), 'o') + when(has(xy, 'f'), keep(xy, 'e')) +
        when(has(xy, 's'), keep(andXY, 'm')) + keep(xy, 'd') + `x${locks}`;
    case 'andor': {
      const yz = both(y, z);
      const all = both(x, yz);
      const xYZ = either(x, yz);
      const forced = has(x, 's') || has(y, 'f');
      return when(has(x, 'Bdu'), keep(yz, 'BKV')) + keep(all, 'z') + when(has(xYZ, 'z'), keep(xYZ, 'o')) +
        keep(yz, 'u') + when(forced, keep(z, 'fe')) + keep(z, 'd') +
        when(has(x, 'e') && has(xy + z, 's'), keep(all, 'm')) + keep(both(z, xy), 's') + `x${locks}` +
        when(has(all, 'k') && !mixesTimeLocks(x, y), 'k');
    }
    case 'thresh': return threshType(subs, k);
  }
}

/** Each letter once, and exactly one of the four basic types; otherwise no type. */
export function normalizeType(type: string): string {
  const letters = [...new Set(type)].sort().join('');
  return keep(letters, 'BVKW').length === 1 ? letters : '';
}
