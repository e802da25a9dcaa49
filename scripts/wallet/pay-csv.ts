/** Pays a list in one transaction: `npx tsx scripts/wallet/pay-csv.ts FILE`, each line `address,amount` */
import { readFileSync } from 'node:fs';
import { connect } from './connect.ts';

const { node, wallet, words } = connect('pay-csv.ts FILE', 1);

const payments = new Map<string, string>();
for (const [i, line] of readFileSync(words[0]!, 'utf8').split('\n').entries()) {
  if (line.trim() === '' || line.startsWith('#')) continue;
  const [address = '', amount = ''] = line.split(',').map((cell) => cell.trim());
  // Everything is checked before anything is paid: half a list would be hard to put right.
  if (!/^\d+(\.\d{1,8})?$/.test(amount)) throw new Error(`line ${i + 1}: "${amount}" is no amount`);
  const { isvalid, error } = await node.validateaddress(address);
  if (!isvalid) throw new Error(`line ${i + 1}: ${error}`);
  if (payments.has(address)) throw new Error(`line ${i + 1}: ${address} is there twice`);
  payments.set(address, amount);
}

const txid = await wallet.sendmany('', Object.fromEntries(payments));
console.log(`paid ${payments.size} addresses: ${txid}`);
