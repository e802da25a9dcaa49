/** Who went over to which branch, and what became of the transactions of the one that was left. */
import type { Block } from '../branches.ts';
import { Hash } from '../parts.tsx';
import { reorganisations } from '../world.ts';

export function Reorganisations() {
  if (reorganisations.value.length === 0)
    return <p class="soft">None since the page was opened. Cut a link, mine on both sides, and heal it.</p>;
  return (
    <>
      {reorganisations.value.map((each) => (
        <article key={`${each.node} ${each.joined.at(-1)!.hash}`} class="reorganisation">
          <h3>
            {each.node} left {each.left.length} for {each.joined.length} block
            {each.joined.length === 1 ? '' : 's'}
          </h3>
          <Branch title="left" of={each.left} />
          <Branch title="joined" of={each.joined} />
          <Transactions title="wait again" of={each.returned} />
          <Transactions title="are in both" of={each.confirmed} />
          <Transactions title="are gone (coinbases, and what the other branch spends)" of={each.lost} />
        </article>
      ))}
    </>
  );
}

const Branch = ({ title, of }: { title: 'left' | 'joined'; of: readonly Block[] }) => (
  <p class={title}>
    <span class="soft">{title}</span>{' '}
    {of.map(({ hash, height }) => (
      <span key={hash} class="chip">
        {height} <Hash of={hash} kind="block" />
      </span>
    ))}
  </p>
);

const Transactions = ({ title, of }: { title: string; of: readonly string[] }) => (
  <p>
    {of.length} <span class="soft">{title}</span>{' '}
    {of.slice(0, 12).map((txid) => (
      <span key={txid}>
        <Hash of={txid} kind="tx" />{' '}
      </span>
    ))}
    {of.length > 12 && '…'}
  </p>
);
