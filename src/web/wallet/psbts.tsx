/** Partially signed transactions of others: looked at, put together, signed and sent. */
import { useState } from 'preact/hooks';
import { Card, Form } from '../parts.tsx';
import { type Proposal, ProposalView } from './proposal.tsx';
import type { WalletProps } from './wallet-props.ts';

export function Psbts(props: WalletProps) {
  const [proposal, setProposal] = useState<Proposal | undefined>();
  return (
    <Card title="PSBT">
      <Form
        action="Look at it"
        onSubmit={async (given) => {
          setProposal(undefined);
          const all = given.text('psbt').split(/\s+/);
          const psbt = all.length === 1 ? all[0]! : await props.client.combinepsbt(all);
          // What it knows of coins and keys is added; nothing is signed yet.
          setProposal({ psbt: (await props.client.walletprocesspsbt(psbt, false)).psbt });
        }}
      >
        <label class="long">
          in base64; several of the same payment, one a line, are put together
          <textarea name="psbt" class="mono" spellcheck={false} required />
        </label>
      </Form>
      {proposal && <ProposalView {...props} of={proposal} onNext={setProposal} />}
    </Card>
  );
}
