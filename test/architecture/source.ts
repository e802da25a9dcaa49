/** The files of src/, and what each imports, read as text. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

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

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.(ts|tsx|mjs|js)$/.test(path))
    .sort();

export const SOURCE_FILES: readonly SourceFile[] = filesIn(SRC).map((path) => {
  const text = readFileSync(join(SRC, path), 'utf8');
  return { path, text, imports: importsOf(path, text) };
});

/** What may import from src/ besides itself. */
export const USERS: readonly string[] = ['test', 'scripts', 'examples'].flatMap((folder) =>
  filesIn(join(ROOT, folder)).map((path) => readFileSync(join(ROOT, folder, path), 'utf8')),
);
