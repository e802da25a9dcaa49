/** The script stepper: an input, or scripts that one types, operation by operation. */
import { useState } from 'preact/hooks';
import { Card, Facts, later, Pending, Raw, Steps, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';
import type { Rules, Trace } from './rules.ts';
import { findSubject, firstTyped, type Typed, typedIn } from './subject.ts';
import { ChosenInput, Flags, TypedScripts } from './typing.tsx';

type Script = Trace['scripts'][number];
type Signatures = NonNullable<Trace['signatures']>;

export const ScriptView = later(async () => {
  const { RULES } = await import('./rules.ts');
  return (input: StepperProps) => <Stepper {...input} rules={RULES} />;
});

interface StepperProps {
  /** With `@` and the block that it is in, where that is known, or a transaction in hex; empty for scripts. */
  readonly txid: string;
  readonly input: string | undefined;
}

function Stepper({ txid, input, rules }: StepperProps & { readonly rules: Rules }) {
  const [typed, setTyped] = useState<Typed>(() => firstTyped(rules));
  const [chosen, setChosen] = useState<{ readonly of: string; readonly flags: number } | undefined>();
  const { client, name } = current.value!;
  const [id = '', block] = txid.split('@');
  const isTyped = id === '';
  const subject = `${txid}/${input}`;
  const flags = chosen?.of === subject ? chosen.flags : undefined;
  const { value: found, error } = useAnswer(
    async () => (isTyped ? typedIn(rules, typed) : findSubject(rules, client, id, Number(input ?? 0), block)),
    [isTyped ? typed : name, id, input, block],
  );
  const { value: trace, error: failure } = useAnswer(
    async () => found && rules.run({ ...found, flags: flags ?? found.flags }),
    [found, flags],
  );
  return (
    <>
      {found === undefined || trace === undefined ? (
        <Pending error={error ?? failure} />
      ) : (
        <Shown key={JSON.stringify(trace)} trace={trace} />
      )}
      <TypedScripts typed={typed} onTyped={setTyped} />
      <div class="column">
        <ChosenInput id={id} input={input} />
        {found && (
          <Flags
            of={rules}
            flags={flags ?? found.flags}
            onFlags={(next) => setChosen({ of: subject, flags: next })}
          />
        )}
      </div>
    </>
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
  const signatures = now?.step?.signatures ?? (now === undefined || isLast ? trace.signatures : undefined);
  return (
    <>
      <Card title="Verdict" wide>
        <p class={trace.valid ? 'live' : 'error'}>
          {trace.valid ? 'The input may spend the output.' : `${trace.error}: ${trace.reason}`}
        </p>
        {trace.truncated && <p class="soft">It is too long to be shown to its end.</p>}
        {steps.length > 0 && <Steps label="Step" at={at} last={steps.length - 1} onAt={setAt} />}
        <Raw of={trace} />
      </Card>
      <Card title="Scripts, in the order in which they run">
        {trace.scripts.map((script, i) => (
          <Operations
            key={i}
            script={script}
            now={now?.step}
            onChoose={(step) => setAt(steps.findIndex((each) => each.step === step))}
          />
        ))}
        {trace.scripts.length === 0 && <p class="soft">None: a signature alone is asked for, or nothing.</p>}
      </Card>
      <div class="column">
        {now !== undefined && <Stack of={now} reason={isLast && !trace.valid ? trace.reason : undefined} />}
        {signatures?.map((check) => (
          <Signature key={check.signature + check.key} of={check} />
        ))}
      </div>
    </>
  );
}

interface Moment {
  readonly script: Script;
  readonly step: Script['steps'][number] | undefined;
}

function Stack({ of: { script, step }, reason }: { of: Moment; reason: string | undefined }) {
  const { stack, altstack } = step ?? { ...script, altstack: undefined };
  return (
    <Card title={step === undefined ? `Stack before ${script.role}` : `Stack behind ${step.opcode}`}>
      <ol class="stack" aria-live="polite">
        {stack.toReversed().map((item, i) => (
          <li key={i} class="mono wrap">
            {item === '' ? <i>empty: false</i> : item}
          </li>
        ))}
      </ol>
      {stack.length === 0 && <p class="soft">Empty.</p>}
      {altstack && <p class="mono wrap">alternative stack: {altstack.join(' ')}</p>}
      {reason && <p class="error">{reason}</p>}
    </Card>
  );
}

function Operations({
  script,
  now,
  onChoose,
}: {
  script: Script;
  now: Moment['step'];
  onChoose: (step: Script['steps'][number]) => void;
}) {
  return (
    <>
      <h3>{script.role}</h3>
      <ol class="operations" start={0}>
        {script.steps.map((step) => (
          <li key={step.at}>
            <button
              type="button"
              class={`mono${step === now ? ' chosen' : ''}${step.executed ? '' : ' skipped'}`}
              aria-current={step === now ? 'step' : undefined}
              onClick={() => onChoose(step)}
            >
              {step.data || step.opcode}
            </button>
          </li>
        ))}
      </ol>
      {script.steps.length === 0 && <p class="soft">Empty.</p>}
    </>
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
