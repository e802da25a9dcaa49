/** A call as it is typed: a method and its arguments, by place or by name, as JSON or as bare words. Pure. */

/** What the API document says of a method. */
export interface MethodFacts {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly params: readonly ParameterFacts[];
}

interface ParameterFacts {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly schema: { readonly type?: string; readonly oneOf?: readonly { readonly type?: string }[] };
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

/** @throws Error of what is not closed */
export function parseCall(text: string, methods: ReadonlyMap<string, MethodFacts>): Call {
  const [method = '', ...words] = wordsOf(text);
  const parameters = methods.get(method)?.params ?? [];
  const named = words.map((word) => /^([a-z_]\w*)=(.*)$/s.exec(word));
  const isNamed =
    named.length > 0 && named.every((each) => parameters.some(({ name }) => name === each?.[1]));
  if (!isNamed) return { method, params: words.map((word, i) => readWord(word, parameters[i])) };
  const entries = named.map((each) => {
    const [, name, value] = each!;
    return [
      name!,
      readWord(
        value!,
        parameters.find((one) => one.name === name),
      ),
    ] as const;
  });
  return { method, params: Object.fromEntries(entries) };
}

/** How it is called. */
export const usageOf = ({ name, params }: MethodFacts): string =>
  [name, ...params.map((each) => (each.required ? each.name : `[${each.name}]`))].join(' ');

/** What it is handed is nobody's business, and is shown nowhere again. */
export const isSecret = ({ params }: MethodFacts): boolean =>
  params.some(({ name }) => /pass|privkey|mnemonic|requests/.test(name));
