/** Whether a wallet's keys are encrypted, and for how long they are open. */
import { useEffect } from 'preact/hooks';
import { clock, Form } from '../parts.tsx';
import { attempt } from '../world.ts';
import type { WalletProps } from './wallet-props.ts';

/** Milliseconds by which what is told in seconds may be later. */
const SECOND = 1_000;

interface KeysProps extends WalletProps {
  /** Seconds since 1970; 0 while it is locked, undefined without a passphrase. */
  readonly until: number | undefined;
  readonly hasKeys: boolean;
}

export function Keys({ client, age, until, hasKeys, onChanged }: KeysProps) {
  // Of its locking by itself nobody tells.
  useEffect(() => {
    if (!until) return;
    const left = until * 1000 - Date.now();
    const timer = setTimeout(onChanged, Math.min(2 ** 31 - 1, Math.max(0, left) + SECOND));
    return () => clearTimeout(timer);
  }, [until, age]);
  if (!hasKeys) return <p class="soft">It watches only, and has no keys.</p>;
  if (until === undefined)
    return (
      <details>
        <summary>Its keys are not encrypted</summary>
        <Form
          action="Encrypt"
          onSubmit={async (given) => {
            await client.encryptwallet(given.secret('passphrase'));
            onChanged();
          }}
        >
          <label>
            passphrase <input name="passphrase" type="password" autocomplete="new-password" required />
          </label>
          <span class="soft">Without it nobody can pay from this wallet again.</span>
        </Form>
      </details>
    );
  return (
    <>
      {until === 0 ? (
        <Form
          action="Unlock"
          onSubmit={async (given) => {
            await client.walletpassphrase(given.secret('passphrase'), Number(given.text('seconds')));
            onChanged();
          }}
        >
          <span class="error">Its keys are locked.</span>
          <label>
            passphrase <input name="passphrase" type="password" autocomplete="off" required />
          </label>
          <label>
            for seconds{' '}
            <input name="seconds" type="number" min={1} max={100_000_000} defaultValue="600" required />
          </label>
        </Form>
      ) : (
        <p class="actions">
          <span class="live">Its keys are open until {clock(until)}.</span>
          <button type="button" onClick={() => void attempt(() => client.walletlock()).then(onChanged)}>
            Lock
          </button>
        </p>
      )}
      <details>
        <summary>Another passphrase</summary>
        <Form
          action="Change it"
          onSubmit={async (given) => {
            await client.walletpassphrasechange(given.secret('old'), given.secret('new'));
            onChanged();
          }}
        >
          <label>
            passphrase until now <input name="old" type="password" autocomplete="off" required />
          </label>
          <label>
            from now on <input name="new" type="password" autocomplete="new-password" required />
          </label>
        </Form>
      </details>
    </>
  );
}
