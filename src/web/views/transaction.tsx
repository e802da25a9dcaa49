/** A transaction: what it spends, to whom it pays, and the way to step through each of its scripts. */
import { useEffect } from 'preact/hooks';
import { Amount, ago, Card, Facts, Hash, Pending, Raw, Some, useAnswer } from '../parts.tsx';
import { current } from '../world.ts';

export function TransactionView({ txid, block }: { txid: string; block: string | undefined }) {
  const node = current.value!;
  const { client, name, tip, poolAge, pool } = node;
  const waits = poolAge.value >= 0 && pool.has(txid);
  const { value: tx, error } = useAnswer(
    () =>
      block === undefined ? client.getrawtransaction(txid, 2) : client.getrawtransaction(txid, 2, block),
    [txid, block, name],
    [tip.value?.hash, waits],
  );
  useEffect(() => (waits ? node.weigh() : undefined), [node, waits]);
  if (tx === undefined) return <Pending error={error} />;
  const fee = tx.fee ?? (pool.get(txid)?.fee || undefined);
  return (
    <>
      <Card title="Transaction" wide>
        {error !== undefined && <Pending error={error} />}
        <Facts
          of={[
            ['txid', <span class="mono wrap">{tx.txid}</span>],
            ['block', tx.blockhash ? <Hash of={tx.blockhash} kind="block" /> : 'none yet: in the mempool'],
            ['confirmations', tx.confirmations ?? 0],
            ['time', tx.time === undefined ? '—' : ago(tx.time)],
            ['size', `${tx.size} bytes, ${tx.vsize} vbytes`],
            [
              'fee',
              fee === undefined ? '—' : `${fee.toFixed(8)}, ${((fee * 1e8) / tx.vsize).toFixed(2)} sat/vB`,
            ],
            ['lock time', tx.locktime],
          ]}
        />
        <Raw of={tx} />
      </Card>
      <Card title="Spends">
        <Some
          of={tx.vin}
          class="list from0"
          row={(input, i) => (
            <li key={i}>
              {input.txid === undefined ? (
                <>
                  new coins; its script says <span class="mono wrap">{asText(input.coinbase ?? '')}</span>
                </>
              ) : (
                <>
                  {input.prevout && <Amount of={input.prevout.value} />} of <Hash of={input.txid} kind="tx" />
                  :{input.vout}{' '}
                  {input.prevout?.scriptPubKey.address && (
                    <Hash of={input.prevout.scriptPubKey.address} kind="address" />
                  )}{' '}
                  <a href={`#/script/${tx.txid}${tx.blockhash ? `@${tx.blockhash}` : ''}/${i}`}>
                    step through its script
                  </a>
                </>
              )}
            </li>
          )}
        />
      </Card>
      <Card title="Pays">
        <Some
          of={tx.vout}
          class="list from0"
          row={({ n, value, scriptPubKey: { address, asm, type, hex } }) => (
            <li key={n}>
              <Amount of={value} /> to{' '}
              {address ? <Hash of={address} kind="address" /> : <span class="mono wrap">{asm}</span>}{' '}
              <span class="soft">{type}</span>
              {type === 'nulldata' && <p class="wrap">“{asText(hex.slice(4))}”</p>}
            </li>
          )}
        />
      </Card>
    </>
  );
}

/** Bytes as text, as far as they are some. */
function asText(hex: string): string {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  // Without those that show nothing, or turn the line around.
  return new TextDecoder().decode(bytes).replace(/\p{C}/gu, '·');
}
