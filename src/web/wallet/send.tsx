/** Paying: what is to be paid, and what it costs before it is paid. */
import { useState } from 'preact/hooks';
import { Card, Form } from '../parts.tsx';
import { type Proposal, ProposalView } from './proposal.tsx';
import type { WalletProps } from './wallet-props.ts';

export function Send(props: WalletProps) {
  const { client } = props;
  const [proposal, setProposal] = useState<Proposal | undefined>();
  return (
    <Card title="Send">
      <Form
        action="Preview"
        onSubmit={async (given) => {
          // Who asks for another is not to send this one.
          setProposal(undefined);
          const [address, amount, rate] = ['address', 'amount', 'rate'].map((field) => given.text(field));
          const options = {
            ...(rate !== '' && { fee_rate: rate! }),
            ...(given.text('subtract') !== '' && { subtract_fee_from_outputs: [0] }),
          };
          const { psbt, changepos } = await client.walletcreatefundedpsbt({
            outputs: [{ [address!]: amount! }],
            ...options,
          });
          setProposal({ psbt, change: changepos });
        }}
      >
        <label class="long">
          to <input name="address" class="mono" autocomplete="off" spellcheck={false} required />
        </label>
        <label>
          coins <input name="amount" inputMode="decimal" size={12} autocomplete="off" required />
        </label>
        <label>
          sat/vB{' '}
          <input name="rate" inputMode="decimal" size={10} placeholder="estimated" autocomplete="off" />
        </label>
        <label class="check">
          <input type="checkbox" name="subtract" /> the fee is taken from it
        </label>
      </Form>
      {proposal && <ProposalView {...props} of={proposal} onNext={setProposal} />}
    </Card>
  );
}
