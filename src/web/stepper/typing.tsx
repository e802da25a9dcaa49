/** What the stepper is given: scripts, or a transaction and which of its inputs; and the rules that hold. */
import { Card } from '../parts.tsx';
import type { Rules } from './rules.ts';
import type { Typed } from './subject.ts';

const SCRIPTS = [
  ['scriptPubKey', 'scriptPubKey'],
  ['scriptSig', 'scriptSig'],
  ['witness', 'witness: items in hex, - is an empty one'],
] as const;
const NUMBERS = [
  ['amount', 'coins of the output'],
  ['lockTime', 'lock time'],
  ['sequence', 'sequence'],
] as const;

/** @param id also of a transaction in hex */
export function ChosenInput({ id, input }: { id: string; input: string | undefined }) {
  return (
    <Card title="An input of a transaction">
      <form
        class="typing"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const text = String(given.get('transaction')).trim();
          location.hash = `#/script/${encodeURIComponent(text)}/${given.get('input')}`;
        }}
      >
        <label>
          transaction: its id, or all of it in hex
          <textarea key={id} name="transaction" class="mono" defaultValue={id} required />
        </label>
        <label>
          input
          <input key={input} name="input" type="number" min={0} defaultValue={input ?? '0'} required />
        </label>
        <button type="submit">Run the input</button>
      </form>
    </Card>
  );
}

export function TypedScripts({ typed, onTyped }: { typed: Typed; onTyped(typed: Typed): void }) {
  return (
    <Card title="Scripts of your own">
      <form
        class="typing"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const fields = [...SCRIPTS, ...NUMBERS].map(([name]) => [name, String(given.get(name)).trim()]);
          onTyped(Object.fromEntries(fields) as Typed);
          location.hash = '#/script';
        }}
      >
        <p class="soft">
          Words such as OP_DUP, numbers, and hex of what is pushed; or a whole script in hex.
        </p>
        {SCRIPTS.map(([name, label]) => (
          <label key={name}>
            {label} <textarea name={name} class="mono" defaultValue={typed[name]} />
          </label>
        ))}
        <div class="actions">
          {NUMBERS.map(([name, label]) => (
            <label key={name}>
              {label} <input name={name} inputMode="decimal" size={11} defaultValue={typed[name]} />
            </label>
          ))}
        </div>
        <button type="submit">Run the scripts</button>
      </form>
    </Card>
  );
}

export function Flags({
  of: { MANDATORY_FLAGS, STANDARD_FLAGS, ScriptFlag },
  flags,
  onFlags,
}: {
  of: Rules;
  flags: number;
  onFlags(flags: number): void;
}) {
  return (
    <Card title="Rules that hold">
      <p class="actions">
        <button type="button" onClick={() => onFlags(MANDATORY_FLAGS)}>
          Of blocks
        </button>
        <button type="button" onClick={() => onFlags(STANDARD_FLAGS)}>
          Of the mempool
        </button>
      </p>
      <div class="choices">
        {Object.entries(ScriptFlag).map(([name, bit]) => (
          <label key={name} class="mono">
            <input type="checkbox" checked={(flags & bit) !== 0} onChange={() => onFlags(flags ^ bit)} />
            {name}
          </label>
        ))}
      </div>
    </Card>
  );
}
