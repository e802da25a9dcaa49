/**
 * The types of `penny/client` for those who install the package: the same that `src/client/methods.ts`
 * infers, written out, with what the schemas say as doc comments, and with the names and order of positions,
 * which an inferred type has not. They replace the inferred ones in `dist`, so that nobody's compiler reads the
 * whole node.
 */
import { type AcceptedType, type Fields, fallbackOf, firstName, type Schema } from '../../src/rpc/schema.ts';

interface Method {
  readonly help: string;
  readonly parameters: Fields;
  readonly result: Schema;
}

/** One property or position. */
interface Slot {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly notes: string;
}

const ACCEPTED: Readonly<Record<AcceptedType, string>> = {
  string: 'string',
  numeric: 'number',
  boolean: 'boolean',
  array: 'readonly unknown[]',
  object: 'object',
};
const SIMPLE: Partial<Record<Schema['kind'], string>> = {
  string: 'string',
  hex: 'string',
  number: 'number',
  integer: 'number',
  time: 'number',
  boolean: 'boolean',
  null: 'null',
  any: 'unknown',
};
const RESERVED = new Set(['package', 'default', 'new']);

/** @param sent what callers send; false: what they get */
function typeOf(schema: Schema, sent: boolean, indent: string): string {
  const { kind, types, element, fields, key } = schema;
  if (sent && types !== undefined) return types.map((type) => acceptedType(type, schema, indent)).join(' | ');
  if (kind === 'amount') return sent ? 'number | string' : 'number';
  if (kind === 'array') return `readonly (${typeOf(element!, sent, indent)})[]`;
  if (kind === 'record')
    return `{ readonly [${key!.replaceAll(/\W/g, '_')}: string]: ${typeOf(element!, sent, indent)} }`;
  if (kind === 'cases')
    return Object.values(schema.cases!)
      .map((each) => typeOf(each, sent, indent))
      .join(' | ');
  if (kind === 'object') return objectText(slotsOf(fields!, sent, `${indent}  `), indent);
  return SIMPLE[kind]!;
}

/** Of lists and objects the form is known where the schema shows one. */
function acceptedType(type: AcceptedType, { kind, element }: Schema, indent: string): string {
  if (kind !== 'array' || (type !== 'array' && type !== 'object')) return ACCEPTED[type];
  const inner = typeOf(element!, true, indent);
  return type === 'array' ? `readonly (${inner})[]` : inner;
}

const slotsOf = (fields: Fields, sent: boolean, indent: string): Slot[] =>
  Object.entries(fields).map(([names, field]) => ({
    name: firstName(names),
    type: typeOf(field, sent, indent),
    optional: field.optional === true,
    notes: notesOf(field),
  }));

function notesOf(schema: Schema): string {
  const { help, hint } = schema;
  const shown = fallbackOf(schema);
  const otherwise = hint ?? (shown === undefined || shown === '' ? undefined : String(shown));
  return [help, otherwise === undefined ? '' : `Default: ${otherwise}.`]
    .filter((text) => text !== '')
    .join('\n');
}

function objectText(slots: readonly Slot[], indent: string): string {
  if (slots.length === 0) return 'object';
  const lines = slots.map(({ name, type, optional, notes }) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
    const property = `readonly ${key}${optional ? '?' : ''}: ${type}${optional ? ' | undefined' : ''};`;
    return [...comment(notes), property].map((line) => `${indent}  ${line}`).join('\n');
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function comment(text: string): string[] {
  const [first, ...rest] = text.replaceAll('*/', '* /').split('\n');
  if (first === '') return [];
  return rest.length === 0
    ? [`/** ${first} */`]
    : ['/**', ...text.split('\n').map((line) => ` * ${line}`.trimEnd()), ' */'];
}

/** By position: what may be left out at the end, and what is null in between. */
function positionsText(slots: readonly Slot[]): string {
  const lastRequired = slots.findLastIndex(({ optional }) => !optional);
  return slots
    .map(({ name, type, optional }, i) => {
      const identifier = `${name.replaceAll(/\W/g, '_')}${RESERVED.has(name) ? '_' : ''}`;
      return `${identifier}${i > lastRequired ? '?' : ''}: ${type}${optional ? ' | null' : ''}`;
    })
    .join(', ');
}

interface Forms {
  /** Names of the larger answers, which two forms share. */
  readonly answers: readonly string[];
  readonly signatures: readonly string[];
}

/** The forms of one method: by name and by position, for each value that its answer depends on. */
function formsOf(name: string, { help, parameters, result }: Method): Forms {
  const { on = '', cases = {} } = result as { on?: string; cases?: Readonly<Record<string, Schema>> };
  const dependent = Object.entries(parameters).find(([names]) => firstName(names) === on)?.[1];
  const answers = dependent === undefined ? [['', result] as const] : Object.entries(cases);
  const named: string[] = [];
  const signatures = answers.flatMap(([value, answer]) => {
    const slots = slotsOf(parameters, true, '    ').map((slot) =>
      slot.name === on && dependent
        ? {
            ...slot,
            type: /^\d+$|^true$|^false$/.test(value) ? value : `'${value}'`,
            optional: String(dependent.fallback) === value,
          }
        : slot,
    );
    const options = Object.values(parameters)
      .flatMap(({ named, fields }) => (named ? slotsOf(fields!, true, '    ') : []))
      .filter((option) => !slots.some((slot) => slot.name === option.name))
      .map((option) => ({ ...option, optional: true }));
    const type = typeOf(answer, false, '');
    const alias = `${name}_answer${value === '' ? '' : `_${value}`}`;
    if (type.includes('\n')) named.push(`export type ${alias} = ${type};`);
    const promise = `Promise<${type.includes('\n') ? alias : type}>`;
    const byName = `${name}(parameters: ${objectText([...slots, ...options], '  ')}, options?: CallOptions): ${promise};`;
    const byPosition = `${name}(${positionsText(slots)}): ${promise};`;
    return (slots.length === 0 ? [byPosition] : [byName, byPosition]).map((form) =>
      [...comment(help), form].map((line) => `  ${line}`).join('\n'),
    );
  });
  return { answers: named, signatures };
}

export function clientTypes(specs: Readonly<Record<string, Method>>): string {
  const methods = Object.entries(specs).sort(([a], [b]) => (a < b ? -1 : 1));
  const forms = methods.map(([name, method]) => formsOf(name, method));
  return `export interface CallOptions {
  /** Milliseconds until the call is given up. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Every method by its name. Amounts are numbers of bitcoin. */
export interface Methods {
${forms.flatMap(({ signatures }) => signatures).join('\n')}
}

${forms.flatMap(({ answers }) => answers).join('\n\n')}
`;
}
