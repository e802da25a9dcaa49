/** A call as it is typed: a method and its arguments, by place or by name, as JSON or as bare words. Pure. */

/** What the API document says of a method. */
export interface MethodFacts {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly params: readonly ParameterFacts[];
}

interface SchemaFacts {
  readonly type?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly oneOf?: readonly { readonly type?: string }[];
  readonly properties?: Readonly<Record<string, SchemaFacts>>;
}

interface ParameterFacts {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly schema: SchemaFacts;
  /** Its properties are parameters by name as well. */
  readonly 'x-named'?: boolean;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Call {
  readonly method: string;
  readonly params: readonly Json[] | Readonly<Record<string, Json>>;
}

/** Words apart by spaces, but for those within quotes and brackets. @throws Error of what is not closed */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let [word, depth, quote, isIn] = ['', 0, '', false];
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (quote !== '') {
      if (letter === '\\' && quote === '"') word += letter + (text[++i] ?? '');
      else {
        if (letter === quote) quote = '';
        // Single quotes are the shell's; within JSON there are none.
        if (letter !== "'" || depth > 0 || quote !== '') word += letter;
      }
      continue;
    }
    if (/\s/.test(letter) && depth === 0) {
      if (isIn) words.push(word);
      [word, isIn] = ['', false];
      continue;
    }
    isIn = true;
    if (letter === '"' || (letter === "'" && depth === 0)) quote = letter;
    if ('[{'.includes(letter)) depth++;
    if (']}'.includes(letter)) depth--;
    if (letter !== "'" || depth > 0) word += letter;
  }
  if (quote !== '' || depth > 0) throw new Error('A quote or a bracket is not closed');
  if (isIn) words.push(word);
  return words;
}

const typesOf = ({ schema }: ParameterFacts): (string | undefined)[] =>
  (schema.oneOf ?? [schema]).map(({ type }) => type);

/** Text stays text where nothing else is meant; what is JSON is read as such. */
function readWord(word: string, parameter: ParameterFacts | undefined): Json {
  const types = parameter === undefined ? [] : typesOf(parameter);
  const isText = types.length > 0 && types.every((type) => type === 'string');
  if (isText && !word.startsWith('"') && word !== 'null') return word;
  try {
    return JSON.parse(word);
  } catch {
    return word;
  }
}

/** All that may be given by name. */
const namedOf = ({ params }: MethodFacts): ParameterFacts[] => [
  ...params,
  ...params.flatMap(({ 'x-named': isNamed, schema }) =>
    Object.entries((isNamed && schema.properties) || {}).map(([name, each]) => ({
      ...{ name, description: each.description ?? '', required: false, schema: each },
    })),
  ),
];

interface Offer {
  /** The whole line, up to what it adds. */
  readonly value: string;
  readonly hint: string;
}

/** How a line could go on: by a method, and behind one by values of its next argument and by names of those not given. */
export function offersOf(text: string, methods: ReadonlyMap<string, MethodFacts>): Offer[] {
  const [, first = '', rest] = /^\s*(\S+)(\s.*)?$/s.exec(text) ?? [];
  const method = methods.get(first);
  if (method === undefined || rest === undefined)
    return Array.from(methods.values(), ({ name, summary }) => ({ value: name, hint: summary }));
  const [last = ''] = /\S*$/.exec(text)!;
  const before = text.slice(0, text.length - last.length);
  let given: string[];
  try {
    given = wordsOf(before).slice(1);
  } catch {
    return [];
  }
  const all = namedOf(method);
  const find = (word: string): ParameterFacts | undefined =>
    all.find(({ name }) => word.startsWith(`${name}=`));
  const own = find(last);
  if (own !== undefined)
    return valuesOf(own).map((value) => ({ value: `${before}${own.name}=${value}`, hint: own.description }));
  const named = given.flatMap((word) => find(word) ?? []);
  const placed = method.params.slice(0, given.length - named.length);
  const next = named.length === 0 ? method.params[placed.length] : undefined;
  const left = all.filter((each) => !named.includes(each) && !placed.includes(each));
  return [
    ...(next === undefined ? [] : valuesOf(next)).map((value) => ({
      value: `${before}${value}`,
      hint: next!.name,
    })),
    ...left.map((each) => ({
      value: `${before}${each.name}=`,
      hint: each.description || typesOf(each).join(' or '),
    })),
  ];
}

/** What can be told of them: the two of a switch, and what stands for one that is left out. */
function valuesOf(parameter: ParameterFacts): string[] {
  const { default: standard } = parameter.schema;
  const said =
    standard === undefined ? [] : [typeof standard === 'string' ? standard : JSON.stringify(standard)];
  const switches = typesOf(parameter).includes('boolean') ? ['true', 'false'] : [];
  return [...new Set([...said, ...switches])].filter((value) => value !== '');
}

/** Those by place may be followed by some by name. @throws Error of what is not closed */
export function parseCall(text: string, methods: ReadonlyMap<string, MethodFacts>): Call {
  const [method = '', ...words] = wordsOf(text);
  const facts = methods.get(method);
  const parameters = facts?.params ?? [];
  const all = facts === undefined ? [] : namedOf(facts);
  const named = words.map((word) => {
    const [, name, value] = /^([a-z_]\w*)=(.*)$/s.exec(word) ?? [];
    const parameter = all.find((each) => each.name === name);
    return parameter && ([parameter.name, readWord(value!, parameter)] as const);
  });
  const start = named.lastIndexOf(undefined) + 1;
  const args = words.slice(0, start).map((word, i) => readWord(word, parameters[i]));
  const entries = named.slice(start).map((each) => each!);
  if (entries.length === 0) return { method, params: args };
  return {
    method,
    params: Object.fromEntries([...(args.length > 0 ? [['args', args] as const] : []), ...entries]),
  };
}

/** How it is called. */
export const usageOf = ({ name, params }: MethodFacts): string =>
  [name, ...params.map((each) => (each.required ? each.name : `[${each.name}]`))].join(' ');

/** What it is handed is nobody's business, and is shown nowhere again. */
export const isSecret = ({ params }: MethodFacts): boolean =>
  params.some(({ name }) => /pass|privkey|mnemonic|requests/.test(name));
