/** Which addresses of a wallet everybody can tell belong together: spent at once, or change of what was spent. */
import { encodeAddress } from '../core/script/address.ts';
import { isChange } from './coins.ts';
import type { Wallet } from './wallet.ts';

/** Addresses with what they hold, satoshis; each is in one group. */
export function addressGroups(
  wallet: Wallet,
): readonly (readonly (readonly [address: string, value: bigint])[])[] {
  const { history, keys, parts } = wallet;
  const addressOf = (script: Uint8Array): string | null => encodeAddress(script, parts.parameters);
  const groups = new Map<string, Set<string>>();
  const link = (addresses: readonly (string | null)[]): void => {
    const known = addresses.filter((address) => address !== null);
    const merged = new Set(known.flatMap((address) => [address, ...(groups.get(address) ?? [])]));
    for (const address of merged) groups.set(address, merged);
  };
  const values = new Map<string, bigint>();
  for (const entry of history.transactions) {
    const { tx } = entry;
    const spent = tx.inputs.flatMap(({ prevout }) => history.output(prevout)?.output.scriptPubKey ?? []);
    const change = tx.outputs
      .map(({ scriptPubKey }) => scriptPubKey)
      .filter((script) => isChange(wallet, script));
    if (spent.length > 0) link([...spent, ...change].map(addressOf));
    const isHeld = history.isTrusted(entry) && history.blocksToMaturity(entry) === 0;
    for (const [vout, { scriptPubKey, value }] of tx.outputs.entries()) {
      const address = keys.place(scriptPubKey) === undefined ? null : addressOf(scriptPubKey);
      if (address === null) continue;
      link([address]);
      if (isHeld && !history.isSpent({ txid: tx.txidBytes, vout }))
        values.set(address, (values.get(address) ?? 0n) + value);
    }
  }
  return [...new Set(groups.values())].map((group) =>
    [...group].sort().map((address) => [address, values.get(address) ?? 0n] as const),
  );
}
