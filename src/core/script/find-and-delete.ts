/**
 * FindAndDelete: a signature cannot sign itself, so before segwit each push of it was cut out of the
 * code it signs. A rule now, with its oddities: it looks only where an operation begins.
 */
import { concatBytes } from '../encoding/bytes.ts';
import { ScriptCursor } from './script.ts';

/** The script without `pattern`; the very same object if there is nothing to delete. */
export function findAndDelete(script: Uint8Array, pattern: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const cursor = new ScriptCursor(script);
  let kept = 0;
  let found = false;
  do {
    const operation = cursor.position;
    while (matchesAt(script, pattern, cursor.position)) cursor.position += pattern.length;
    if (cursor.position > operation) {
      parts.push(script.subarray(kept, operation));
      kept = cursor.position;
      found = true;
    }
  } while (cursor.next());
  return found ? concatBytes(...parts, script.subarray(kept)) : script;
}

function matchesAt(script: Uint8Array, pattern: Uint8Array, at: number): boolean {
  if (script.length - at < pattern.length) return false;
  for (let i = 0; i < pattern.length; i++) if (script[at + i] !== pattern[i]) return false;
  return true;
}
