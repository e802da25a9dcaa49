/** A payment before it is made: what goes where, what it costs, and the buttons that make it. */
import { Amount, Facts, Pending, Raw, useAnswer } from '../parts.tsx';
import { attempt, tell } from '../world.ts';
import type { WalletProps } from './wallet-props.ts';

export interface Proposal {
  /** Base64 */
  readonly psbt: string;
  /** The output that comes back, where that is known. */
  readonly change?: number | undefined;
  /** What it takes the place of paid so much. */
  readonly instead?: number;
}

interface Output {
  readonly value: number;
  readonly scriptPubKey: { readonly address?: string; readonly asm: string };
}
/** What of decodepsbt is looked at. */
interface Decoded {
  readonly tx?: { readonly vin: readonly unknown[]; readonly vout: readonly Output[] };
  readonly inputs: readonly object[];
  readonly outputs: readonly { readonly amount: number; readonly script: Output['scriptPubKey'] }[];
  readonly fee?: number;
}

interface ProposalProps extends WalletProps {
  readonly of: Proposal;
  /** Of another PSBT in place of it: signed, or none any more. */
  onNext(proposal: Proposal | undefined): void;
}

export function ProposalView({ client, of, onNext, onChanged }: ProposalProps) {
  const { psbt, change, instead } = of;
  const { value, error } = useAnswer(
    () => client.batch((each) => [each.decodepsbt(psbt), each.analyzepsbt(psbt)]),
    [psbt],
  );
  if (value === undefined) return <Pending error={error} />;
  const [decoded, { estimated_vsize: size, next }] = value;
  const { tx, inputs, outputs, fee } = decoded as unknown as Decoded;
  const pays = tx?.vout ?? outputs.map(({ amount, script }) => ({ value: amount, scriptPubKey: script }));
  const sign = async () => client.walletprocesspsbt(psbt);
  const send = (): Promise<void> =>
    attempt(async () => {
      const { psbt: signed, hex, complete } = await sign();
      if (!complete || hex === undefined) {
        onNext({ ...of, psbt: signed });
        throw new Error('More signatures are needed than this wallet can give: pass the PSBT on');
      }
      const txid = await client.sendrawtransaction(hex);
      tell(`a payment was sent`, `#/tx/${txid}`);
      onNext(undefined);
      onChanged();
    });
  return (
    <section class="proposal" aria-label="The payment before it is made">
      <ul class="coins">
        {pays.map(({ value: coins, scriptPubKey: { address, asm } }, i) => (
          <li key={i}>
            <Amount of={coins} /> {i === change ? 'comes back as change to' : 'to'}{' '}
            <span class="mono wrap">{address ?? asm}</span>
          </li>
        ))}
      </ul>
      <Facts
        of={[
          [
            'fee',
            fee === undefined ? (
              'not known'
            ) : (
              <b>
                <Amount of={fee} />
                {size !== undefined && `, about ${((fee * 1e8) / size).toFixed(2)} sat/vB`}
                {instead !== undefined && ` in place of ${instead.toFixed(8)}`}
              </b>
            ),
          ],
          ['spends', `${inputs.length} coin${inputs.length === 1 ? '' : 's'}`],
          ['next', next === 'extractor' ? 'nothing is missing: it can be sent' : `a ${next}`],
        ]}
      />
      <p class="actions">
        <button type="button" class="main" onClick={() => void send()}>
          Sign and send
        </button>
        <button
          type="button"
          onClick={() => void attempt(async () => onNext({ ...of, psbt: (await sign()).psbt }))}
        >
          Only sign
        </button>
        <button type="button" onClick={() => onNext(undefined)}>
          Put away
        </button>
      </p>
      <details>
        <summary>As PSBT, for others to sign</summary>
        <p class="mono wrap">{psbt}</p>
      </details>
      <Raw of={decoded} />
    </section>
  );
}
