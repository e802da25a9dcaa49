/** The script stepper: an input, or scripts that one types, operation by operation. */
import { useState } from 'preact/hooks';
import { Card, Facts, Pending, Raw, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';

type Client = NonNullable<typeof current.value>['client'];
type Trace = Awaited<ReturnType<Client['tracescript']>>;
type Script = Trace['scripts'][number];
type Signatures = NonNullable<Trace['signatures']>;

interface Typed {
  readonly scriptPubKey: string;
  readonly scriptSig: string;
  readonly witness: readonly string[];
}

const FIRST: Typed = { scriptPubKey: 'OP_ADD 5 OP_EQUAL', scriptSig: '2 3', witness: [] };

/** @param txid with `@` and the block that it is in, where that is known; empty for scripts that one types */
export function ScriptView({ txid, input }: { txid: string; input: string | undefined }) {
  const [typed, setTyped] = useState(FIRST);
  const { client, name } = current.value!;
  const [id = '', blockhash] = txid.split('@');
  const about = id === '' ? typed : id;
  const { value: trace, error } = useAnswer<Trace>(
    () =>
      client.tracescript({
        transaction: about,
        input: Number(input ?? 0),
        options: blockhash ? { blockhash } : {},
      }),
    [name, about, input, blockhash],
  );
  return (
    <>
      {id === '' && <Typing typed={typed} onTyped={setTyped} />}
      {trace === undefined ? (
        <Pending error={error} />
      ) : (
        <Shown key={JSON.stringify(about) + input} trace={trace} />
      )}
    </>
  );
}

function Typing({ typed, onTyped }: { typed: Typed; onTyped: (typed: Typed) => void }) {
  return (
    <Card title="Scripts" wide>
      <p class="soft">Words such as OP_DUP, numbers, and hex of what is pushed; or a whole script in hex.</p>
      <form
        class="typing"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const text = (field: string): string => String(given.get(field)).trim();
          const witness = text('witness')
            .split(/[\s,]+/)
            .filter((item) => item !== '');
          onTyped({ scriptPubKey: text('scriptPubKey'), scriptSig: text('scriptSig'), witness });
        }}
      >
        <label>
          scriptPubKey <textarea name="scriptPubKey" class="mono" defaultValue={typed.scriptPubKey} />
        </label>
        <label>
          scriptSig <textarea name="scriptSig" class="mono" defaultValue={typed.scriptSig} />
        </label>
        <label>
          witness, hex <textarea name="witness" class="mono" defaultValue={typed.witness.join(' ')} />
        </label>
        <button type="submit">Run</button>
      </form>
    </Card>
  );
}

function Shown({ trace }: { trace: Trace }) {
  const steps = trace.scripts.flatMap((script) => [
    { script, step: undefined },
    ...script.steps.map((step) => ({ script, step })),
  ]);
  const [at, setAt] = useState(Math.max(0, steps.length - 1));
  const now = steps[at];
  const isLast = at >= steps.length - 1;
  const stack = now?.step?.stack ?? now?.script.stack ?? [];
  const signatures = now?.step?.signatures ?? (now === undefined || isLast ? trace.signatures : undefined);
  return (
    <>
      <Card title="Verdict" wide>
        <p class={trace.valid ? 'live' : 'error'}>
          {trace.valid ? 'The input may spend the output.' : `${trace.error}: ${trace.reason}`}
        </p>
        {trace.truncated && <p class="soft">It is too long to be shown to its end.</p>}
        {steps.length > 0 && (
          <p class="actions stepper">
            <button type="button" disabled={at === 0} onClick={() => setAt(0)}>
              First
            </button>
            <button type="button" disabled={at === 0} onClick={() => setAt(at - 1)}>
              Back
            </button>
            <input
              type="range"
              aria-label="Step"
              min={0}
              max={steps.length - 1}
              value={at}
              onInput={({ currentTarget }) => setAt(Number(currentTarget.value))}
            />
            <button type="button" disabled={isLast} onClick={() => setAt(at + 1)}>
              Next
            </button>
            <span role="status">
              {at} / {steps.length - 1}
            </span>
          </p>
        )}
        <Raw of={trace} />
      </Card>
      {trace.scripts.map((script, i) => (
        <Operations
          key={i}
          script={script}
          now={now?.step}
          onChoose={(step) => setAt(steps.findIndex((each) => each.step === step))}
        />
      ))}
      {now !== undefined && (
        <Card
          title={
            now.step === undefined ? `Stack before ${now.script.role}` : `Stack behind ${now.step.opcode}`
          }
        >
          <ol class="stack" aria-live="polite">
            {stack.toReversed().map((item, i) => (
              <li key={i} class="mono wrap">
                {item === '' ? <i>empty: false</i> : item}
              </li>
            ))}
          </ol>
          {stack.length === 0 && <p class="soft">Empty.</p>}
          {now.step?.altstack && <p class="mono wrap">alternative stack: {now.step.altstack.join(' ')}</p>}
          {isLast && !trace.valid && <p class="error">{trace.reason}</p>}
        </Card>
      )}
      {signatures?.map((check) => (
        <Signature key={check.signature + check.key} of={check} />
      ))}
    </>
  );
}

function Operations({
  script,
  now,
  onChoose,
}: {
  script: Script;
  now: Script['steps'][number] | undefined;
  onChoose: (step: Script['steps'][number]) => void;
}) {
  return (
    <Card title={script.role}>
      <ol class="operations" start={0}>
        {script.steps.map((step) => (
          <li key={step.at}>
            <button
              type="button"
              class={`mono${step === now ? ' chosen' : ''}${step.executed ? '' : ' skipped'}`}
              aria-current={step === now ? 'step' : undefined}
              onClick={() => onChoose(step)}
            >
              {step.data === undefined || step.data === '' ? step.opcode : step.data}
            </button>
          </li>
        ))}
      </ol>
      {script.steps.length === 0 && <p class="soft">Empty.</p>}
    </Card>
  );
}

function Signature({ of: { kind, signature, key, hashtype, valid, message } }: { of: Signatures[number] }) {
  return (
    <Card title={`${kind === 'ecdsa' ? 'ECDSA' : 'Schnorr'} signature, ${hashtype}`}>
      <p class={valid ? 'live' : 'error'}>{valid ? 'It is valid.' : 'It is not valid for this key.'}</p>
      <Facts
        of={[
          ['signature', <span class="mono wrap">{signature || 'empty'}</span>],
          ['key', <span class="mono wrap">{key}</span>],
          ...(message?.fields.map(
            ({ name, hex }, i) => [`${i + 1}. ${name}`, <span class="mono wrap">{hex}</span>] as const,
          ) ?? []),
          ...(message
            ? [['hash that is signed', <span class="mono wrap">{message.hash}</span>] as const]
            : []),
        ]}
      />
    </Card>
  );
}
