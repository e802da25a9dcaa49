/** The files of src/, and what each imports, read as text. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const SRC = resolve(import.meta.dirname, '../../src');

interface Import {
  /** A path below src/ such as `core/encoding/bytes.ts`, or the name of a package. */
  readonly target: string;
  readonly isPackage: boolean;
  readonly typesOnly: boolean;
}

export interface SourceFile {
  /** Path below src/, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Static imports and exports from a module, `import type` included, and imports by expression. */
const FROM =
  /(?:^|\n)\s*(import|export)(\s+type)?\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(FROM)].map(([, , type, stated, dynamic]) => {
    const specifier = stated ?? dynamic!;
    const isPackage = !specifier.startsWith('.');
    return {
      target: isPackage ? specifier : join(dirname(path), specifier).replaceAll('\\', '/'),
      isPackage,
      typesOnly: type !== undefined,
    };
  });
}

export const SOURCE_FILES: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.(ts|tsx|mjs|js)$/.test(path))
  .sort()
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    return { path, text, imports: importsOf(path, text) };
  });
