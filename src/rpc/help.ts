/**
 * The help text of a method, in Bitcoin Core's layout: usage line, description, Arguments, Named
 * Arguments, Result, Examples. All of it comes from the method's own object.
 */
import { writeJson } from '../core/encoding/json-writer.ts';
import type { Method } from './registry.ts';
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
  const head = `${usage(method)}\n\n${method.help.trim()}\n`;
  if (method.plain) return head;
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
    head,
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

/** A kind as help calls it, and how a value of it looks: of a call, and of an answer. */
interface Look {
  readonly type: string | Readonly<Record<Side, string>>;
  readonly value: string | Readonly<Record<Side, string>>;
}
const TEXT: Look = { type: 'string', value: '"str"' };
const NUMBER: Look = { type: 'numeric', value: 'n' };
const ANY: Look = { type: 'any', value: '...' };
/** Of kinds that have nothing inside. */
const LOOKS: Partial<Record<t.Schema['kind'], Look>> = Object.freeze({
  string: TEXT,
  hex: { ...TEXT, value: '"hex"' },
  integer: NUMBER,
  number: NUMBER,
  time: { ...NUMBER, value: { sent: 'n', answered: 'xxx' } },
  amount: {
    type: { sent: 'numeric or string', answered: 'numeric' },
    value: { sent: 'amount', answered: 'n' },
  },
  boolean: { type: 'boolean', value: { sent: 'bool', answered: 'true|false' } },
  null: { type: 'json null', value: 'null' },
  any: ANY,
  cases: ANY,
});

const on = (side: Side, text: Look['value'] | undefined): string | undefined =>
  typeof text === 'object' ? text[side] : text;

/** A field in the usage line; what can be anything is called by its name there. */
const fieldText = (schema: t.Schema, name: string): string => {
  const look = LOOKS[schema.kind];
  const value = look === ANY || schema.kind === 'null' ? undefined : on('sent', look?.value);
  return `"${name}":${value ?? valueText(schema, name)}`;
};

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
  on(side, LOOKS[kind]?.type) ?? (kind === 'array' ? 'json array' : 'json object');

/** The lines of a value, its own and those inside it. */
function push(columns: Columns, schema: t.Schema, side: Side, indent: number, outer: Outer, name = ''): void {
  const space = ' '.repeat(indent);
  const key = outer === 'object' ? `"${name}"${side === 'sent' ? ': ' : ' : '}` : '';
  const comma = outer === 'none' ? '' : ',';
  const right = describe(schema, side, outer);
  const value = on(side, LOOKS[schema.kind]?.value);
  if (value !== undefined) {
    columns.push(`${space}${key}${value}${comma}`, right);
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
