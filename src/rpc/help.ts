/**
 * The help text of a method, in Bitcoin Core's layout: usage line, description, Arguments, Named
 * Arguments, Result, Examples. All of it comes from the method's own object.
 */
import { writeJson } from '../core/encoding/json-writer.ts';
import type { Method } from './method.ts';
import * as t from './schema.ts';

/** What a value stands in. */
type Outer = 'none' | 'array' | 'object';
/** A value of a call or of an answer. */
type Side = 'sent' | 'answered';

/** Lines of two columns whose second column is aligned over all of them. */
class Columns {
  readonly #lines: (readonly [string, string])[] = [];
  #width = 0;

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  push(left: string, right = ''): void {
    this.#width = Math.max(this.#width, left.length);
    this.#lines.push([left, right]);
  }

  /** Drops the comma after the last field. */
  trimComma(): void {
    const last = this.#lines.at(-1)!;
    this.#lines[this.#lines.length - 1] = [last[0].slice(0, -1), last[1]];
  }

  toString(): string {
    const pad = this.#width + 4;
    const continued = `\n${' '.repeat(pad)}`;
    return this.#lines
      .map(([left, right]) =>
        right === '' ? `${left}\n` : `${left.padEnd(pad)}${right.replace(/\n */g, continued)}\n`,
      )
      .join('');
  }
}

export function helpText(method: Method): string {
  const positional = new Columns();
  const named = new Columns();
  for (const [i, [names, schema]] of visible(method.parameters).entries()) {
    positional.push(`${i + 1}. ${t.firstName(names)}`, describe(schema, 'sent', 'object'));
    pushInner(positional, schema, 'sent', 5);
    for (const [field, option] of Object.entries(schema.named ? schema.fields! : {})) {
      named.push(t.firstName(field), describe(option, 'sent', 'object'));
      pushInner(named, option, 'sent', 5);
    }
  }
  return [
    `${usage(method)}\n\n${method.help.trim()}\n`,
    positional.isEmpty ? '' : `\nArguments:\n${positional}`,
    named.isEmpty ? '' : `\nNamed Arguments:\n${named}`,
    ...resultTexts(method.result),
    exampleText(method),
  ].join('');
}

/** A hidden parameter hides those that follow it. */
function visible(parameters: t.Fields): readonly (readonly [string, t.Schema])[] {
  const all = Object.entries(parameters);
  const hidden = all.findIndex(([, schema]) => schema.hidden);
  return hidden < 0 ? all : all.slice(0, hidden);
}

export function usage(method: Method): string {
  let line = method.name;
  let optional = false;
  for (const [names, schema] of visible(method.parameters)) {
    line += ' ';
    if (schema.optional && !optional) line += '( ';
    if (!schema.optional && optional) line += ') ';
    optional = schema.optional === true;
    line += valueText(schema, t.firstName(names));
  }
  return optional ? `${line} )` : line;
}

/** How a value looks in the usage line. */
function valueText(schema: t.Schema, name: string): string {
  const { kind, types, fields, element, named, key, brief } = schema;
  if (brief !== undefined) return brief;
  if (types?.includes('numeric')) return name;
  switch (kind) {
    case 'string':
    case 'hex':
      return `"${name}"`;
    case 'object': {
      const inner = Object.entries(fields!).map(([field, schema]) => fieldText(schema, t.firstName(field)));
      return `{${inner.join(',')}${named ? ',...' : ''}}`;
    }
    case 'record':
      return `{${fieldText(element!, key!)},...}`;
    case 'array':
      return `[${valueText(element!, '')},...]`;
    default:
      return name;
  }
}

const FIELD_TEXT: Partial<Record<t.Schema['kind'], string>> = Object.freeze({
  string: '"str"',
  hex: '"hex"',
  integer: 'n',
  number: 'n',
  time: 'n',
  amount: 'amount',
  boolean: 'bool',
});

const fieldText = (schema: t.Schema, name: string): string =>
  `"${name}":${FIELD_TEXT[schema.kind] ?? valueText(schema, name)}`;

const TYPE_TEXT: Partial<Record<t.Schema['kind'], string>> = Object.freeze({
  string: 'string',
  hex: 'string',
  integer: 'numeric',
  number: 'numeric',
  time: 'numeric',
  boolean: 'boolean',
  null: 'json null',
  any: 'any',
  cases: 'any',
  array: 'json array',
});

/** How a value looks on a line of its own, in a call and in an answer. */
const LINE_TEXT: Partial<Record<t.Schema['kind'], Readonly<Record<Side, string>>>> = Object.freeze({
  string: { sent: '"str"', answered: '"str"' },
  hex: { sent: '"hex"', answered: '"hex"' },
  integer: { sent: 'n', answered: 'n' },
  number: { sent: 'n', answered: 'n' },
  time: { sent: 'n', answered: 'xxx' },
  amount: { sent: 'amount', answered: 'n' },
  boolean: { sent: 'bool', answered: 'true|false' },
  null: { sent: 'null', answered: 'null' },
  any: { sent: '...', answered: '...' },
  cases: { sent: '...', answered: '...' },
});

function describe(schema: t.Schema, side: Side, outer: Outer): string {
  const { types, kind, help, hint, optional, named } = schema;
  let text = `(${(side === 'sent' && types?.join(' or ')) || typeText(kind, side)}`;
  const otherwise = hint ?? t.fallbackText(schema);
  if (side === 'sent' && otherwise !== undefined) text += `, optional, default=${otherwise}`;
  else if (optional) text += outer === 'object' ? ', optional' : '';
  else if (side === 'sent' && outer !== 'array') text += ', required';
  text += ')';
  if (named) text += ' Each may also be given by name, as a parameter of the method:';
  return help === '' ? text : `${text} ${help}`;
}

const typeText = (kind: t.Schema['kind'], side: Side): string =>
  kind === 'amount'
    ? side === 'sent'
      ? 'numeric or string'
      : 'numeric'
    : (TYPE_TEXT[kind] ?? 'json object');

/** The lines of a value, its own and those inside it. */
function push(columns: Columns, schema: t.Schema, side: Side, indent: number, outer: Outer, name = ''): void {
  const space = ' '.repeat(indent);
  const key = outer === 'object' ? `"${name}"${side === 'sent' ? ': ' : ' : '}` : '';
  const comma = outer === 'none' ? '' : ',';
  const right = describe(schema, side, outer);
  const line = LINE_TEXT[schema.kind];
  if (line !== undefined) {
    columns.push(`${space}${key}${line[side]}${comma}`, right);
    return;
  }
  if (schema.fields !== undefined && Object.keys(schema.fields).length === 0) {
    columns.push(`${space}${key}{}${comma}`, '(empty JSON object)');
    return;
  }
  columns.push(`${space}${key}${schema.kind === 'array' ? '[' : '{'}`, right);
  pushInner(columns, schema, side, indent, false);
  if (side === 'answered' && schema.kind === 'object') columns.trimComma();
  columns.push(`${space}${schema.kind === 'array' ? ']' : '}'}${comma}`);
}

/** @param framed with the brackets, which are not there yet */
function pushInner(columns: Columns, schema: t.Schema, side: Side, indent: number, framed = true): void {
  const { kind, fields, element, key, named } = schema;
  if ((kind !== 'object' && kind !== 'record' && kind !== 'array') || (framed && named)) return;
  const space = ' '.repeat(indent);
  if (framed) columns.push(`${space}${kind === 'array' ? '[' : '{'}`);
  for (const [names, field] of Object.entries(fields ?? {}))
    push(columns, field, side, indent + 2, 'object', side === 'sent' ? names : t.firstName(names));
  if (element !== undefined)
    push(columns, element, side, indent + 2, kind === 'array' ? 'array' : 'object', key);
  if (element !== undefined) columns.push(`${space}  ...`);
  if (framed) columns.push(`${space}${kind === 'array' ? ']' : '}'}`);
}

function resultTexts(schema: t.Schema, condition = ''): string[] {
  if (schema.kind === 'cases')
    return Object.entries(schema.cases!).flatMap(([value, each]) =>
      resultTexts(
        each,
        [condition, schema.on === '' ? value : `${schema.on} = ${value}`].filter(Boolean).join(', '),
      ),
    );
  if (schema.kind === 'any') return [];
  const columns = new Columns();
  push(columns, schema, 'answered', 0, 'none');
  return [`\nResult${condition === '' ? '' : ` (${condition})`}:\n${columns}`];
}

function exampleText({ name, example, parameters }: Method): string {
  const positions = Object.values(parameters);
  const words = example.match(/'[^']*'|"(?:\\.|[^"\\])*"|\$\([^)]*\)|\S+/g) ?? [];
  const values = words.map((word, i) => {
    const bare = word.startsWith("'") ? word.slice(1, -1) : word.replaceAll('\\"', '"');
    const unquoted = bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
    const text = word.startsWith('$') ? 'HASH' : unquoted;
    const { kind } = positions[i] ?? { kind: 'any' };
    return kind === 'string' || kind === 'hex' ? writeJson(text) : word.startsWith("'") ? bare : text;
  });
  return `\nExamples:
> penny rpc ${name} ${example}`
    .trimEnd()
    .concat(
      `\n> curl -u "$(cat ~/.penny/penny/.cookie)" -d '{"method":"${name}","params":[${values.join(',')}]}' http://127.0.0.1:7332/\n`,
    );
}
