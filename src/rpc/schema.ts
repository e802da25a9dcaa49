/**
 * What callers send, what handlers receive and what they answer, said once as values: a schema checks and
 * converts, and its types, its help and the API document are derived from it. Owns the kinds of values that
 * JSON-RPC has; what they mean for one subject is built from these where it belongs (`custom`).
 */
import { JsonObject, type JsonRead } from '../core/encoding/json.ts';
import type { JsonText, JsonWritable } from '../core/encoding/json-writer.ts';
import type { Amount } from '../core/transaction/amount.ts';
import type { RpcContext } from './context.ts';
import { refuse } from './errors.ts';
import { LIMITS } from './limits.ts';
import type {
  Answered,
  Cases,
  Fields,
  Got,
  Held,
  HeldFields,
  JsonType,
  ObjectOf,
  ObjectSchema,
  Schema,
  Sent,
  SentFields,
  Views,
} from './schema-types.ts';
import * as values from './values.ts';

export type * from './schema-types.ts';

type Same<T> = { sent: T; held: T; answered: T; got: T };
type Text<H> = Schema<{ sent: string; held: H; answered: string; got: string }>;
type Numeric = Schema<{ sent: number; held: number; answered: number | bigint; got: number }>;

export const firstName = (names: string): string => names.split('|', 1)[0]!;

const UINT32 = [0, 2 ** 32 - 1] as const;

const text =
  <H>(kind: 'string' | 'hex', read: Text<H>['read']) =>
  (help = ''): Text<H> => ({ kind, help, json: 'string', read });

export const string = text<string>('string', values.stringFrom);

/** Text of hex digits, which its reader decodes. */
export const hex = text<string>('hex', values.stringFrom);

/** Hex in the call, bytes for the handler. */
export const bytes = text<Uint8Array>('hex', values.bytesFrom);

/** A hash in display order; 32 bytes in internal order for the handler. @param as what errors call it */
export const hash = (help = '', as?: string): Text<Uint8Array> =>
  text('hex', (value, name) => values.hashFrom(value, as ?? name))(help);

/** A hash as text in display order, for maps by txid or block hash. */
export const hashText = <T extends string>(help = '', as?: string): Text<T> =>
  text('hex', (value, name) => values.hashTextFrom<T>(value, as ?? name))(help);

const bounded =
  (standard: readonly [number, number]) =>
  (help = '', bounds: readonly [number, number] = standard): Numeric => ({
    kind: 'integer',
    help,
    json: 'number',
    bounds,
    read: (value) => values.integerFrom(value, bounds),
  });

/** int32 */
export const integer = bounded(values.INT32);
export const uint32 = bounded(UINT32);
export const long = bounded(values.INT64);

/** May have a fraction. */
export const number = (help = ''): Numeric => ({
  kind: 'number',
  help,
  json: 'number',
  read: values.realFrom,
});

/** Seconds since 1970 */
export const time = (help = ''): Numeric => ({ ...long(help), kind: 'time' });

export const boolean = (help = ''): Schema<Same<boolean>> => ({
  kind: 'boolean',
  help,
  json: 'bool',
  read: values.booleanFrom,
});

/** Bitcoin, as a number or as text; satoshis for the handler, which answers with `btc()`. */
export const amount = (
  help = '',
): Schema<{ sent: number | string; held: bigint; answered: Amount; got: number }> => ({
  kind: 'amount',
  help,
  read: (value) => values.amountFrom(value),
});

export const nothing = (help = ''): Schema<Same<null>> => ({ kind: 'null', help, read: () => null });

/** Whatever JSON can hold; in an answer, where its form is told elsewhere. */
export const anything = (
  help = '',
): Schema<{ sent: unknown; held: JsonRead; answered: JsonWritable; got: unknown }> => ({
  kind: 'any',
  help,
  read: (value) => value,
});

/**
 * What a subject reads in its own way.
 * @param shown the schema that help and documents show
 * @param json UniValue's type, if it is one only
 */
export const custom = <S, H>(
  shown: Schema,
  read: (value: JsonRead, name: string, context: RpcContext) => H,
  { json, types }: { readonly json?: JsonType | undefined; readonly types?: Schema['types'] } = {},
): Schema<{ sent: S; held: H; answered: JsonWritable; got: unknown }> => ({
  ...(shown as Schema<never>),
  json,
  types,
  read,
});

/** What its handler reads, shown as what may be sent. */
export const unread = <S>(
  shown: Schema,
  types?: Schema['types'],
  json?: JsonType,
): Schema<{ sent: S; held: JsonRead; answered: JsonWritable; got: unknown }> =>
  custom<S, JsonRead>(shown, (value) => value, { json, types });

/** @param most elements; whoever sends more hears so before any is read */
export const array = <E extends Schema>(
  element: E,
  help = '',
  most: number = LIMITS.elements,
): Schema<{
  sent: readonly Sent<E>[];
  held: readonly Held<E>[];
  answered: readonly Answered<E>[];
  got: readonly Got<E>[];
}> => ({
  kind: 'array',
  help,
  json: 'array',
  element,
  read: (value, name, context) =>
    values.listFrom(value, name, most).map((item) => element.read(item, name, context)) as never,
});

/** The same; its handler reads the elements, each when it is its turn. */
export const items = <E extends Schema>(element: E, help = '', most: number = LIMITS.elements) =>
  custom<readonly Sent<E>[], readonly JsonRead[]>(
    array(element, help, most),
    (value, name) => values.listFrom(value, name, most),
    { json: 'array' },
  );

interface ObjectOptions {
  /** Unknown keys are ignored, and fields are checked one by one as they are read. */
  readonly loose?: boolean;
  /** Unknown keys alone are ignored: callers copy such objects from other answers. */
  readonly more?: boolean;
}

/** Unknown keys are refused, and types are checked before anything is read (Core's RPCTypeCheckObj). */
export const object = <const F extends Fields>(
  fields: F,
  help = '',
  { loose = false, more = false }: ObjectOptions = {},
): ObjectSchema<F> => ({
  kind: 'object',
  help,
  json: 'object',
  fields,
  read(value, _name, context) {
    const given = values.objectFrom(value);
    if (!loose) checkObject(given, fields, more);
    const held: Record<string, unknown> = {};
    for (const [names, field] of Object.entries(fields)) {
      const name = firstName(names);
      const isGiven = (each: string) => (field.explicit ? given.has(each) : given.get(each) != null);
      const key = names.split('|').find(isGiven) ?? name;
      const value = given.get(key) ?? null;
      const isRead = field.explicit && given.has(key);
      held[name] = isRead ? field.read(value, key, context) : readField(field, value, key, context);
    }
    return held as never;
  },
});

type Shown<F extends Schema> = Answered<F> | (F extends { readonly optional: true } ? undefined : never);

/** An object of which each field is said once, by its schema and by what it shows. @template S of what */
export const view =
  <S extends readonly unknown[]>() =>
  <const F extends Fields>(
    fields: { readonly [K in keyof F]: readonly [F[K], (...sources: S) => Shown<F[K]>] },
    help = '',
  ): ObjectSchema<F> & { of(...sources: S): ObjectOf<F, 'answered'> } => {
    const all = Object.entries(fields as Record<string, readonly [Schema, (...sources: S) => unknown]>);
    const schemas = Object.fromEntries(all.map(([name, [schema]]) => [name, schema])) as F;
    const of = (...sources: S) => {
      const answer: Record<string, unknown> = {};
      for (const [name, [, show]] of all) answer[name] = show(...sources);
      return answer as ObjectOf<F, 'answered'>;
    };
    return { ...object(schemas, help), of };
  };

/** Options of a method, none of them required, which may also be given as its named parameters. */
export const options = <const F extends Fields>(
  fields: F,
  help = '',
): ObjectSchema<F> & { readonly named: true; readonly optional: true } => {
  const schema = object(fields, help);
  // Where all are left out nothing is read that could need a node.
  const fallback = schema.read(new JsonObject([]), '', undefined as never);
  return { ...schema, named: true, optional: true, fallback };
};

/** Options that were not read yet. */
export interface UnreadOptions<F extends Fields> {
  /** Whether a value was given under just this name. */
  has(name: string): boolean;
  /** @throws RpcError */
  read(): HeldFields<F>;
}

/** The same for a handler that must know which names were given, or check other things before. */
export const unreadOptions = <const F extends Fields>(
  fields: F,
  help = '',
): Schema<{ sent: SentFields<F> | undefined; held: UnreadOptions<F>; answered: never; got: never }> & {
  readonly named: true;
  readonly optional: true;
  readonly fields: F;
} => {
  const schema = object(fields, help);
  const hold = (given: JsonObject, name: string, context: RpcContext): UnreadOptions<F> => ({
    has: (key) => given.has(key),
    read: () => schema.read(given, name, context),
  });
  return {
    kind: 'object',
    help,
    json: 'object',
    fields,
    named: true,
    optional: true,
    fallback: hold(new JsonObject([]), '', undefined as never),
    read: (value, name, context) => hold(values.objectFrom(value), name, context),
  };
};

/** An object whose keys are data. @param key what they are */
export const record = <E extends Schema>(
  element: E,
  key: string,
  help = '',
): Schema<{
  sent: Readonly<Record<string, Sent<E>>>;
  held: ReadonlyMap<string, Held<E>>;
  answered: Readonly<Record<string, Answered<E>>>;
  got: Readonly<Record<string, Got<E>>>;
}> => ({
  kind: 'record',
  help,
  json: 'object',
  element,
  key,
  read: (value, _name, context) =>
    new Map(
      values.objectFrom(value).entries.map(([name, item]) => [name, element.read(item, name, context)]),
    ),
});

/** May be left out. @param hint what is used then, in words */
export const optional = <S extends Schema>(
  schema: S,
  hint?: string,
): Omit<S, 'views' | 'read' | 'optional'> &
  Schema<{
    sent: Sent<S> | undefined | null;
    held: Held<S> | undefined;
    answered: Answered<S>;
    got: Got<S>;
  }> & { readonly optional: true } => ({ ...(schema as object), optional: true, hint }) as never;

/** May be left out; `fallback`, as handlers receive it, is used then. */
export const standard = <V extends Views>(
  schema: Schema<V>,
  fallback: V['held'],
): Schema<{ sent: V['sent'] | undefined | null; held: V['held']; answered: V['answered']; got: V['got'] }> & {
  readonly optional: true;
} => ({ ...(schema as Schema<never>), optional: true, fallback });

/** What is done or not; may be left out. */
export const flag = (help = '', fallback = false) => standard(boolean(help), fallback);

/** With a word in the usage line, where its form would be long. */
export const brief = <S extends Schema>(word: string, schema: S): S => ({ ...schema, brief: word });

/** Left out of help and documents. */
export const hidden = <S extends Schema>(schema: S): S => ({ ...schema, hidden: true });

/** Read when the handler asks for it, by calling it: where other things must be checked first. */
export const deferred = <V extends Views, O extends object>(
  schema: Schema<V> & O,
): Schema<{ sent: V['sent']; held: () => V['held']; answered: V['answered']; got: V['got'] }> &
  Omit<O, 'views' | 'read'> => ({
  ...(schema as Schema<never> & O),
  ...(schema.optional && { fallback: () => schema.fallback }),
  read: (value, name, context) => () => schema.read(value, name, context),
});

/** How much is told, as a number; of old also as a boolean, which Core refuses with a reason elsewhere. */
const told = (isOld: boolean) => (help: string, fallback: number) =>
  standard(
    custom<number | boolean, number>(
      integer(help),
      (value) => {
        if (typeof value === 'boolean' && !isOld)
          throw refuse.type('Verbosity was boolean but only integer allowed');
        return typeof value === 'boolean' ? Number(value) : values.integerFrom(value);
      },
      isOld ? { types: ['numeric', 'boolean'] } : {},
    ),
    fallback,
  );
export const level = told(false);
export const verbosity = told(true);

/**
 * @param each by the values of the parameter `on`, or in words where `on` is empty
 * @param standard the value that the parameter has when it is left out
 */
export const cases = <
  const On extends string,
  const C extends Readonly<Record<string, Schema>>,
  const D extends keyof C = keyof C,
>(
  on: On,
  each: C,
  _standard?: D,
): Cases<On, C, D> => ({
  kind: 'cases',
  help: '',
  on,
  cases: each,
  read: () => {
    throw new Error('answers are not read');
  },
});

/** An answer that its handler has written already, of this form (`JsonText`). */
export const written = <V extends Views>(
  schema: Schema<V>,
): Schema<{ sent: V['sent']; held: V['held']; answered: V['answered'] | JsonText; got: V['got'] }> =>
  schema as never;

/** What stands for a value that is left out, as JSON has it; undefined if that is told in words, or nothing. */
export function fallbackOf({ fallback }: Schema): string | number | boolean | undefined {
  const value = typeof fallback === 'function' ? (fallback() as unknown) : fallback;
  if (typeof value === 'bigint') return Number(value) / 1e8;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

/** The same as help shows it. */
export const fallbackText = (schema: Schema): string | undefined => JSON.stringify(fallbackOf(schema));

/** The value of a parameter or field, or what stands for one that is left out. @throws RpcError */
export function readField(schema: Schema, value: JsonRead, name: string, context: RpcContext): unknown {
  return value === null && schema.optional ? schema.fallback : schema.read(value, name, context);
}

/** Core's RPCTypeCheckObj: types by the order of names, then unknown keys. @throws RpcError -3 */
function checkObject(given: JsonObject, fields: Fields, more: boolean): void {
  const entries = Object.entries(fields);
  const known = new Map(entries.flatMap(([names, field]) => names.split('|').map((name) => [name, field])));
  for (const [name, field] of [...known].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const actual = values.typeName(given.get(name));
    if (actual === 'null' && field.optional) continue;
    if (actual === 'null') throw refuse.type(`Missing ${name}`);
    if (field.json !== undefined && actual !== field.json)
      throw refuse.type(
        `JSON value of type ${actual} for field ${name} is not of expected type ${field.json}`,
      );
  }
  for (const [key] of more ? [] : given.entries)
    if (!known.has(key)) throw refuse.type(`Unexpected key ${key}`);
}
