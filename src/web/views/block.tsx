/** A block: its 80 bytes by name, its transactions, and how it was judged. */
import { ago, Card, Facts, Hash, Pending, Raw, Some, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';
import { Judged } from './checks.tsx';

/** Hex digits of the header. */
const HEADER = [
  ['version', 0, 8],
  ['previous block', 8, 72],
  ['Merkle root', 72, 136],
  ['time', 136, 144],
  ['bits', 144, 152],
  ['nonce', 152, 160],
] as const;

export function BlockView({ hash }: { hash: string }) {
  const { client, name, tip } = current.value!;
  // Whether it is on the best chain may change with the tip.
  const { value, error } = useAnswer(
    () => Promise.all([client.getblock(hash, 1), client.getblockheader(hash, false)]),
    [hash, name],
    [tip.value?.hash],
  );
  if (value === undefined) return <Pending error={error} />;
  const [block, header] = value;
  return (
    <>
      <Card title={`Block ${block.height}`}>
        {error !== undefined && <Pending error={error} />}
        <Facts
          of={[
            ['hash', <span class="mono wrap">{block.hash}</span>],
            ['target', <span class="mono wrap">{block.target}</span>],
            [
              'confirmations',
              block.confirmations < 0 ? `none: not on the best chain of ${name}` : block.confirmations,
            ],
            ['time', `${ago(block.time)} (median of the last eleven: ${ago(block.mediantime)})`],
            ['size, weight', `${block.size} bytes, ${block.weight}`],
            ['nonce', block.nonce],
            [
              'before',
              block.previousblockhash ? <Hash of={block.previousblockhash} kind="block" /> : 'nothing',
            ],
            ['after', block.nextblockhash ? <Hash of={block.nextblockhash} kind="block" /> : 'nothing yet'],
          ]}
        />
        <p class="actions">
          <a href={`#/replay/${hash}`}>replay from here</a>
        </p>
        <Raw of={block} />
      </Card>
      <Card title="The 80 bytes that are hashed">
        <Header hex={header} />
      </Card>
      <Card title={`${block.nTx} transaction${block.nTx === 1 ? '' : 's'}`} wide>
        <Some
          of={block.tx}
          row={(txid) => (
            <li key={txid}>
              <Hash of={txid} kind="tx" block={hash} />
            </li>
          )}
        />
      </Card>
      <Judged hash={hash} />
    </>
  );
}

function Header({ hex }: { hex: string }) {
  return (
    <dl class="bytes">
      {HEADER.map(([name, from, to], i) => (
        <div key={name} class={`field${i}`}>
          <dt>{name}</dt>
          <dd class="mono wrap">{hex.slice(from, to)}</dd>
        </div>
      ))}
    </dl>
  );
}
