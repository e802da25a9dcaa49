/** Any method of the chosen node, completed and explained from its own API document. */
import { useMemo, useState } from 'preact/hooks';
import { Card, Pending, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';
import { isSecret, type MethodFacts, offersOf, parseCall, usageOf } from './command-line.ts';

/** Answers that are kept, and letters of each. */
const KEPT = 20;
const LETTERS = 20_000;

interface Answer {
  readonly id: number;
  readonly asked: string;
  readonly text: string;
  readonly failed: boolean;
}

export function Console() {
  const { client, name, wallets } = current.value!;
  const { value: document, error } = useAnswer(() => client.getopenrpcinfo(), [name]);
  const methods = useMemo(() => {
    const all = (document as { methods: readonly MethodFacts[] } | undefined)?.methods ?? [];
    return new Map(all.map((each) => [each.name, each]));
  }, [document]);
  const [text, setText] = useState('');
  const [chosen, setWallet] = useState('');
  // Another node has others.
  const wallet = wallets.value.includes(chosen) ? chosen : '';
  const [answers, setAnswers] = useState<readonly Answer[]>([]);
  /** How far back one looks with the arrow keys; 0 is what is being typed. */
  const [back, setBack] = useState(0);
  if (document === undefined) return <Pending error={error} />;
  const [word = ''] = text.trimStart().split(/\s/, 1);
  const known = methods.get(word);
  const run = async (): Promise<void> => {
    const asked = known && isSecret(known) ? `${word} …` : text.trim();
    const answer = (failed: boolean, full: string): void => {
      const more = full.length - LETTERS;
      const told = more > 0 ? `${full.slice(0, LETTERS)}\n… and ${more} letters more` : full;
      setAnswers((before) =>
        [{ id: (before[0]?.id ?? 0) + 1, asked, text: told, failed }, ...before].slice(0, KEPT),
      );
    };
    try {
      const { method, params } = parseCall(text, methods);
      setText('');
      setBack(0);
      const to = wallet === '' ? client : client.wallet(wallet);
      const result = await (Array.isArray(params)
        ? to.call(method, ...params)
        : to.callNamed(method, params as Readonly<Record<string, never>>));
      answer(false, typeof result === 'string' ? result : JSON.stringify(result, null, 2));
    } catch (error) {
      answer(true, (error as Error).message);
    }
  };
  const look = (by: number): void => {
    const asked = answers.map((each) => each.asked).filter((each) => !each.endsWith('…'));
    const next = Math.min(asked.length, Math.max(0, back + by));
    setBack(next);
    setText(next === 0 ? '' : asked[next - 1]!);
  };
  return (
    <Card title={`Console of ${name}`} wide>
      <form
        class="actions"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') void run();
        }}
      >
        <input
          class="mono command"
          aria-label="Call"
          placeholder="getblockchaininfo"
          list="methods"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
            if (text !== '' && back === 0) return;
            event.preventDefault();
            look(event.key === 'ArrowUp' ? 1 : -1);
          }}
        />
        <datalist id="methods">
          {offersOf(text, methods).map(({ value, hint }) => (
            <option key={value} value={value}>
              {hint}
            </option>
          ))}
        </datalist>
        <label>
          <span class="soft">wallet </span>
          <select value={wallet} onChange={({ currentTarget }) => setWallet(currentTarget.value)}>
            <option value="">none</option>
            {wallets.value
              .filter((each) => each !== '')
              .map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
          </select>
        </label>
        <button type="submit">Call</button>
      </form>
      {known && <Help of={known} />}
      <ol class="answers" aria-live="polite">
        {answers.map(({ id, asked, text: answer, failed }) => (
          <li key={id}>
            <p class="mono soft wrap">{asked}</p>
            <pre class={failed ? 'error' : ''}>{answer}</pre>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Help({ of }: { of: MethodFacts }) {
  return (
    <section class="help" aria-label={`Help for ${of.name}`}>
      <p class="mono wrap">{usageOf(of)}</p>
      <p>{of.description}</p>
      <dl>
        {of.params.map(({ name, description, required, schema }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span class="soft">
                {(schema.oneOf ?? [schema]).map(({ type = 'any' }) => type).join(' or ')}
                {required ? '' : ', optional'}
              </span>{' '}
              {description}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
