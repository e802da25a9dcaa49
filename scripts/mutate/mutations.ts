/**
 * Which small changes a program can suffer. They are looked for in the code without its types and
 * comments, as esbuild prints it: every change there is one of behaviour, or of nothing at all.
 */
import { SourceMap } from 'node:module';
import { transformSync } from 'esbuild';

export interface Mutant {
  /** Path relative to the repository. */
  readonly file: string;
  /** Line in the TypeScript source, from 1. */
  readonly line: number;
  /** What is done, as in `< to <=`. */
  readonly change: string;
  /** The printed line, before and after. */
  readonly before: string;
  readonly after: string;
  /** The whole changed file. */
  readonly code: string;
}

/** Operators, with spaces around them, to what each becomes. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
  '&=': ['|='],
  '|=': ['&='],
  '??=': ['='],
};

const WORDS: Readonly<Record<string, string>> = {
  true: 'false',
  false: 'true',
  'Math.min': 'Math.max',
  'Math.max': 'Math.min',
  'Math.floor': 'Math.ceil',
  'Math.ceil': 'Math.floor',
  '.some(': '.every(',
  '.every(': '.some(',
  '++': '--',
  '--': '++',
};

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly change: string;
}

/** The end of a string, template, regular expression or comment that begins at `start`. */
function endOfQuoted(code: string, start: number): number {
  if (code.startsWith('/*', start)) return code.indexOf('*/', start) + 2;
  if (code.startsWith('//', start)) return code.indexOf('\n', start);
  const quote = code[start]!;
  let at = start + 1;
  while (at < code.length && code[at] !== quote) at += code[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Where code is text: in strings, templates, regular expressions, and comments that are kept. */
function quotedRanges(code: string): [number, number][] {
  const ranges: [number, number][] = [];
  for (let at = 0; at < code.length; at++) {
    const isComment = code.startsWith('/*', at) || code.startsWith('//', at);
    const isRegex = code[at] === '/' && /[(,=:!&|?]\s*$/.test(code.slice(Math.max(0, at - 3), at));
    if (!isComment && !isRegex && !`"'\``.includes(code[at]!)) continue;
    const end = endOfQuoted(code, at);
    ranges.push([at, end]);
    at = end - 1;
  }
  return ranges;
}

/** The index after the bracket that closes the one at `start`. */
function closing(code: string, start: number): number {
  let depth = 0;
  for (let at = start; at < code.length; at++) {
    if ('([{'.includes(code[at]!)) depth++;
    if (')]}'.includes(code[at]!) && --depth === 0) return at + 1;
  }
  return code.length;
}

function operatorEdits(code: string): Edit[] {
  return [...code.matchAll(/ ([<>=!&|?+\-*/%^]{1,4}) /g)].flatMap((match) => {
    const [, operator] = match;
    const start = match.index + 1;
    const end = start + operator!.length;
    return (OPERATORS[operator!] ?? []).map((text) => ({
      start,
      end,
      text,
      change: `${operator} to ${text}`,
    }));
  });
}

function wordEdits(code: string): Edit[] {
  return Object.entries(WORDS).flatMap(([word, text]) =>
    [...code.matchAll(new RegExp(word.replace(/[.(+]/g, '\\$&').replace(/^(\w.*\w)$/, '\\b$1\\b'), 'g'))].map(
      ({ index }) => ({ start: index, end: index + word.length, text, change: `${word} to ${text}` }),
    ),
  );
}

function numberEdits(code: string): Edit[] {
  return [...code.matchAll(/(?<![\w.$#]|void )(0x[0-9a-f]+|\d+)(n?)(?![\w.])/gi)].flatMap((match) => {
    const value = BigInt(match[1]!);
    const range = { start: match.index, end: match.index + match[0].length };
    const change = (text: string): Edit => ({ ...range, text, change: `${match[0]} to ${text}` });
    const more = change(`${value + 1n}${match[2]}`);
    return value === 0n ? [more] : [more, change(`${value - 1n}${match[2]}`)];
  });
}

/** Conditions that are always, or never, true; and negations that are gone. */
function conditionEdits(code: string): Edit[] {
  const edits: Edit[] = [];
  for (const match of code.matchAll(/\b(if|while) \(/g)) {
    const start = match.index + match[0].length - 1;
    const end = closing(code, start);
    for (const value of match[1] === 'if' ? ['true', 'false'] : ['false'])
      edits.push({
        start,
        end,
        text: `(${value})`,
        change: `${match[1]} ${code.slice(start, end)} to ${value}`,
      });
  }
  for (const { index } of code.matchAll(/!(?=[\w(#])/g))
    edits.push({ start: index, end: index + 1, text: '', change: '! removed' });
  return edits;
}

/** Statements of one line that do something, gone. */
function statementEdits(code: string): Edit[] {
  return [
    ...code.matchAll(
      /^ +(?!const |let |return |import |export |case |default:|break|continue|#|static )(\S.*);$/gm,
    ),
  ]
    .filter(({ 0: line }) => closing(`(${line})`, 0) === line.length + 2)
    .filter(({ 0: line }) => !/^ +(readonly |private )?[#\w]+;$/.test(line))
    .map(({ 0: line, 1: statement, index }) => {
      const start = index + line.length - statement!.length - 1;
      return { start, end: index + line.length, text: ';', change: `${statement} removed` };
    });
}

/** All mutants of a file. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const { code, map } = transformSync(source, {
    loader: 'ts',
    target: 'esnext',
    sourcemap: 'external',
    sourcefile: file,
  });
  const sourceMap = new SourceMap(JSON.parse(map));
  const quoted = quotedRanges(code);
  const inside = ({ start }: Edit): boolean => quoted.some(([from, to]) => start >= from && start < to);
  const lineStart = (at: number): number => code.lastIndexOf('\n', at - 1) + 1;
  const edits = [
    ...operatorEdits(code),
    ...wordEdits(code),
    ...numberEdits(code),
    ...conditionEdits(code),
    ...statementEdits(code),
  ].filter((edit) => !inside(edit) && !/^(import|export \{)/.test(code.slice(lineStart(edit.start))));
  return edits
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, text, change }) => {
      const from = lineStart(start);
      const to = code.indexOf('\n', end);
      const row = code.slice(0, start).split('\n').length - 1;
      const entry = sourceMap.findEntry(row, start - from) as { originalLine?: number };
      return {
        file,
        line: (entry.originalLine ?? row) + 1,
        change,
        before: code.slice(from, to).trim(),
        after: (code.slice(from, start) + text + code.slice(end, to)).trim(),
        code: code.slice(0, start) + text + code.slice(end),
      };
    });
}
