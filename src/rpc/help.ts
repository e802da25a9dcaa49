/**
 * The help text of a method, in Bitcoin Core's layout: usage line, description, Arguments, Named
 * Arguments, Result, Examples. All of it comes from the method's own object.
 */
import { writeJson } from './json-writer.ts';
import type { Method } from './method.ts';
import { firstName, type Parameter } from './parameter.ts';
import type { Result, ResultType } from './result.ts';

type Outer = 'none' | 'array' | 'object';

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
  const shown = visible(method.parameters);
  const positional = new Columns();
  const named = new Columns();
  for (const [i, parameter] of shown.entries()) {
    positional.push(`${i + 1}. ${firstName(parameter)}`, describe(parameter, true));
    pushParameter(positional, parameter, 5, 'none');
    if (parameter.type !== 'options') continue;
    for (const field of parameter.inner) {
      named.push(firstName(field), describe(field, true));
      pushParameter(named, field, 5, 'none');
    }
  }
  return [
    `${usage(method)}\n\n${method.description.trim()}\n`,
    positional.isEmpty ? '' : `\nArguments:\n${positional}`,
    named.isEmpty ? '' : `\nNamed Arguments:\n${named}`,
    ...method.results.filter((result) => result.type !== 'any').map(resultText),
    examplesText(method),
  ].join('');
}

/** A hidden parameter hides those that follow it. */
function visible(parameters: readonly Parameter[]): readonly Parameter[] {
  const hidden = parameters.findIndex((parameter) => parameter.hidden);
  return hidden < 0 ? parameters : parameters.slice(0, hidden);
}

export function usage(method: Method): string {
  let line = method.name;
  let optional = false;
  for (const parameter of visible(method.parameters)) {
    line += ' ';
    if (!parameter.required && !optional) line += '( ';
    if (parameter.required && optional) line += ') ';
    optional = !parameter.required;
    line += valueText(parameter, true);
  }
  return optional ? `${line} )` : line;
}

/** How a value of this parameter looks, in short. */
function valueText(parameter: Parameter, oneLine: boolean): string {
  if (oneLine && parameter.oneLine !== undefined) return parameter.oneLine;
  switch (parameter.type) {
    case 'string':
    case 'hex':
      return `"${firstName(parameter)}"`;
    case 'object':
    case 'keyed':
    case 'options': {
      const fields = parameter.inner.map((field) => fieldText(field, oneLine)).join(',');
      return parameter.type === 'object' ? `{${fields}}` : `{${fields},...}`;
    }
    case 'array':
      return `[${parameter.inner.map((element) => `${valueText(element, oneLine)},`).join('')}...]`;
    default:
      return firstName(parameter);
  }
}

function fieldText(parameter: Parameter, oneLine: boolean): string {
  const key = `"${firstName(parameter)}":${oneLine ? '' : ' '}`;
  switch (parameter.type) {
    case 'string':
      return `${key}"str"`;
    case 'hex':
      return `${key}"hex"`;
    case 'number':
      return `${key}n`;
    case 'range':
      return `${key}n or [n,n]`;
    case 'amount':
      return `${key}amount`;
    case 'boolean':
      return `${key}bool`;
    default:
      return `${key}${valueText(parameter, oneLine)}`;
  }
}

const TYPE_TEXT = Object.freeze({
  string: 'string',
  hex: 'string',
  number: 'numeric',
  amount: 'numeric or string',
  range: 'numeric or array',
  boolean: 'boolean',
  object: 'json object',
  options: 'json object',
  keyed: 'json object',
  array: 'json array',
});

function describe(parameter: Parameter, named: boolean): string {
  let text = `(${parameter.typeText?.[1] ?? TYPE_TEXT[parameter.type]}`;
  if (parameter.hint !== undefined) text += `, optional, default=${parameter.hint}`;
  else if (parameter.default !== undefined) text += `, optional, default=${writeJson(parameter.default)}`;
  else if (parameter.required) text += ', required';
  else if (named) text += ', optional';
  text += ')';
  if (parameter.type === 'options')
    text += ' Options object that can be used to pass named arguments, listed below.';
  return parameter.description === '' ? text : `${text} ${parameter.description}`;
}

function pushParameter(columns: Columns, parameter: Parameter, indent: number, outer: Outer): void {
  const space = ' '.repeat(indent);
  const named = outer === 'object';
  const key = named ? `"${parameter.names}": ` : '';
  const comma = outer === 'none' ? '' : ',';
  const right = outer === 'none' ? '' : describe(parameter, named);
  switch (parameter.type) {
    case 'object':
    case 'keyed':
      columns.push(`${space}${key}{`, right);
      for (const field of parameter.inner) pushParameter(columns, field, indent + 2, 'object');
      if (parameter.type === 'keyed') columns.push(`${space}  ...`);
      columns.push(`${space}}${comma}`);
      return;
    case 'array':
      columns.push(`${space}${key}[`, right);
      for (const element of parameter.inner) pushParameter(columns, element, indent + 2, 'array');
      columns.push(`${space}  ...`);
      columns.push(`${space}]${comma}`);
      return;
    default: {
      if (outer === 'none') return;
      const typed = named && parameter.typeText ? `${key}${parameter.typeText[0]}` : undefined;
      const text = typed ?? (named ? fieldText(parameter, false) : valueText(parameter, false));
      columns.push(`${space}${text},`, right);
    }
  }
}

function resultText(result: Result): string {
  const columns = new Columns();
  pushResult(columns, result, 0, 'none');
  return `\nResult${result.condition === '' ? '' : ` (${result.condition})`}:\n${columns}`;
}

/** How each simple type is drawn, and what it is called. */
const RESULT_TEXT: Partial<Record<ResultType, readonly [string, string]>> = Object.freeze({
  none: ['null', 'json null'],
  string: ['"str"', 'string'],
  hex: ['"hex"', 'string'],
  amount: ['n', 'numeric'],
  number: ['n', 'numeric'],
  time: ['xxx', 'numeric'],
  boolean: ['true|false', 'boolean'],
});

function pushResult(columns: Columns, result: Result, indent: number, outer: Outer): void {
  const space = ' '.repeat(indent);
  const comma = outer === 'none' ? '' : ',';
  const key = outer === 'object' ? `"${result.name}" : ` : '';
  const described = (type: string) =>
    `(${type}${result.optional ? ', optional' : ''})${result.description === '' ? '' : ` ${result.description}`}`;
  const simple = RESULT_TEXT[result.type];
  if (simple !== undefined) {
    const left = result.type === 'none' ? simple[0] : `${key}${simple[0]}`;
    columns.push(`${space}${left}${comma}`, described(simple[1]));
    return;
  }
  const isArray = result.type === 'array' || result.type === 'fixed-array';
  if (result.inner.length === 0) {
    columns.push(`${space}${key}{}${comma}`, described('empty JSON object'));
    return;
  }
  columns.push(`${space}${key}${isArray ? '[' : '{'}`, described(isArray ? 'json array' : 'json object'));
  for (const inner of result.inner) pushResult(columns, inner, indent + 2, isArray ? 'array' : 'object');
  const open = result.type === 'array' || result.type === 'keyed';
  if (open) columns.push(`${space}  ...`);
  else columns.trimComma();
  columns.push(`${space}${isArray ? ']' : '}'}${comma}`);
}

function examplesText(method: Method): string {
  if (method.examples.length === 0) return '';
  const lines = method.examples.flatMap((example) => [
    `> penny rpc ${method.name} ${example}`.trimEnd(),
    `> curl --user myusername --data-binary '{"jsonrpc": "2.0", "id": "curltest", "method": "${method.name}", ` +
      `"params": [${exampleParameters(method, example)}]}' -H 'content-type: application/json' http://127.0.0.1:8332/`,
  ]);
  return `\nExamples:\n${lines.join('\n')}\n`;
}

/** The words of a command line as JSON, by the types of the parameters they are for. */
function exampleParameters(method: Method, example: string): string {
  const words = example.match(/'[^']*'|"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  return words
    .map((word, i) => {
      const bare = word.startsWith("'") ? word.slice(1, -1) : word.replaceAll('\\"', '"');
      const unquoted = bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
      const type = method.parameters[i]?.type;
      return type === 'string' || type === 'hex'
        ? JSON.stringify(unquoted)
        : word.startsWith("'")
          ? bare
          : unquoted;
    })
    .join(', ');
}
