/** Moves everything that a key owns to an address: `npx tsx scripts/wallet/sweep.ts WIF ADDRESS` */
import { connect } from './connect.ts';

const { node, words } = connect('sweep.ts WIF ADDRESS', 2);
const [wif, address] = words as [string, string];

/** Every kind of address that one key can have: P2PKH, P2SH-P2WPKH, P2WPKH, P2TR. */
const descriptor = await node.getdescriptorinfo(`combo(${wif})`);
const taproot = await node.getdescriptorinfo(`tr(${wif})`);
const found = await node.scantxoutset('start', [descriptor.descriptor, taproot.descriptor]);

type Unspent = (typeof found.unspents)[number];
const coins: Unspent[] = [];
for (const coin of found.unspents) if (await canBeSpent(coin)) coins.push(coin);
if (coins.length === 0) throw new Error('the key owns nothing that can be spent');
const total = sumOf(coins);

// Signed twice: once to learn the size, once with the fee that this size costs.
const sizing = await sign(coins, total);
const { vsize } = await node.decoderawtransaction(sizing);
const { mempoolminfee } = await node.getmempoolinfo();
const fee = (satoshis(mempoolminfee) * 2n * BigInt(vsize) + 999n) / 1000n;
const txid = await node.sendrawtransaction(await sign(coins, total - fee));
console.log(`swept ${decimal(total - fee)} from ${coins.length} outputs to ${address}: ${txid}`);

/** Neither what a payment that waits for its block spends, nor a young coinbase; how old, the node knows. */
async function canBeSpent(coin: Unspent): Promise<boolean> {
  if ((await node.gettxout(coin.txid, coin.vout)) === null) return false;
  if (!coin.coinbase) return true;
  const [verdict] = await node.testmempoolaccept([await sign([coin], sumOf([coin]))]);
  return verdict?.['reject-reason'] !== 'bad-txns-premature-spend-of-coinbase';
}

async function sign(spent: readonly Unspent[], value: bigint): Promise<string> {
  const inputs = spent.map(({ txid, vout }) => ({ txid, vout }));
  const unsigned = await node.createrawtransaction(inputs, { [address]: decimal(value) });
  const signed = await node.signrawtransactionwithkey(unsigned, [wif]);
  if (!signed.complete) throw new Error(JSON.stringify(signed.errors));
  return signed.hex;
}

function sumOf(spent: readonly Unspent[]): bigint {
  return spent.reduce((sum, coin) => sum + satoshis(coin.amount), 0n);
}

function satoshis(amount: number | string): bigint {
  return BigInt(Math.round(Number(amount) * 1e8));
}

function decimal(value: bigint): string {
  const digits = value.toString().padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
