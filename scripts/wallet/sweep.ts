/** Moves everything that a key owns to an address: `npx tsx scripts/wallet/sweep.ts WIF ADDRESS` */
import { connect } from './connect.ts';

const { node, words } = connect('sweep.ts WIF ADDRESS', 2);
const [wif, address] = words as [string, string];

/** Every kind of address that one key can have: P2PKH, P2SH-P2WPKH, P2WPKH, P2TR. */
const descriptor = await node.call('getdescriptorinfo', `combo(${wif})`);
const taproot = await node.call('getdescriptorinfo', `tr(${wif})`);
const found = await node.call('scantxoutset', 'start', [descriptor.descriptor, taproot.descriptor]);
if (found.unspents.length === 0) throw new Error('the key owns nothing');

const inputs = found.unspents.map(({ txid, vout }) => ({ txid, vout }));
const total = found.unspents.reduce((sum, coin) => sum + satoshis(coin.amount), 0n);

// Signed twice: once to learn the size, once with the fee that this size costs.
const sizing = await sign(total);
const { vsize } = await node.call('decoderawtransaction', sizing);
const { mempoolminfee } = await node.call('getmempoolinfo');
const fee = (satoshis(mempoolminfee) * 2n * BigInt(vsize) + 999n) / 1000n;
const txid = await node.call('sendrawtransaction', await sign(total - fee));
console.log(`swept ${coins(total - fee)} from ${inputs.length} outputs to ${address}: ${txid}`);

async function sign(value: bigint): Promise<string> {
  const unsigned = await node.call('createrawtransaction', inputs, { [address]: coins(value) });
  const signed = await node.call('signrawtransactionwithkey', unsigned, [wif]);
  if (!signed.complete) throw new Error(JSON.stringify(signed.errors));
  return signed.hex;
}

function satoshis(amount: number | string): bigint {
  return BigInt(Math.round(Number(amount) * 1e8));
}

function coins(value: bigint): string {
  const digits = value.toString().padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
