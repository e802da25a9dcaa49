/**
 * The letters of Miniscript's type system: what a fragment does to the stack, whether its satisfaction is unique,
 * which time locks it needs. A type is a string of them; the rule of each fragment is in `fragments.ts`.
 */
export const has = (type: string, letters: string): boolean =>
  [...letters].every((letter) => type.includes(letter));
export const keep = (type: string, letters: string): string =>
  [...letters].filter((l) => type.includes(l)).join('');
export const when = (condition: boolean, letters: string): string => (condition ? letters : '');

/** Heights and times, or blocks and seconds, needed at once: never satisfiable. */
export const mixesTimeLocks = (a: string, b: string): boolean =>
  ['gh', 'hg', 'ij', 'ji'].some(([one, other]) => has(a, one!) && has(b, other!));

export function threshType(subs: readonly string[], k: number): string {
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
    const clean = has(locks, 'k') && has(type, 'k') && (k <= 1 || !mixesTimeLocks(locks, type));
    locks = keep(locks + type, 'ghij') + when(clean, 'k');
  }
  const n = subs.length;
  const isUnique = dissatisfiable && nonMalleable && signed >= n - k;
  return `Bdu${['z', 'o'][consumed] ?? ''}${when(dissatisfiable && signed === n, 'e')}${when(isUnique, 'm')}${when(signed > n - k, 's')}${locks}`;
}

/** Each letter once, and exactly one of the four basic types; otherwise no type. */
export function normalizeType(type: string): string {
  const letters = [...new Set(type)].sort().join('');
  return keep(letters, 'BVKW').length === 1 ? letters : '';
}
