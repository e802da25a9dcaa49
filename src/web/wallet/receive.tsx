/** A new address for each payment, also as a picture for a camera. */
import { useState } from 'preact/hooks';
import { Card, Form, useAnswer } from '../parts.tsx';
import type { WalletProps } from './wallet-props.ts';

const TYPES = ['', 'bech32', 'bech32m', 'p2sh-segwit', 'legacy'] as const;

export function Receive({ client }: WalletProps) {
  const [address, setAddress] = useState('');
  return (
    <Card title="Receive">
      <Form
        action="New address"
        onSubmit={async (given) => {
          const type = given.text('type');
          const label = given.text('label');
          setAddress(await client.getnewaddress(...(type === '' ? [label] : [label, type])));
        }}
      >
        <label>
          label <input name="label" autocomplete="off" />
        </label>
        <label>
          kind{' '}
          <select name="type">
            {TYPES.map((type) => (
              <option key={type} value={type}>
                {type || 'as the wallet does'}
              </option>
            ))}
          </select>
        </label>
      </Form>
      {address !== '' && (
        <div class="received" role="status">
          <Picture of={address} />
          <p class="mono wrap">{address}</p>
          <button type="button" onClick={() => void navigator.clipboard?.writeText(address)}>
            Copy
          </button>
        </div>
      )}
    </Card>
  );
}

/** Dark on light whatever the page looks like: cameras want it so. */
function Picture({ of }: { of: string }) {
  const { value: rows } = useAnswer(async () => (await import('qr')).default(of, 'raw', { border: 3 }), [of]);
  if (rows === undefined) return null;
  const path = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])));
  return (
    <svg class="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={`QR code of ${of}`}>
      <rect width={rows.length} height={rows.length} fill="#fff" />
      <path d={path.join('')} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}
