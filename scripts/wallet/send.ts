/** Sends coins and waits for confirmations: `npx tsx scripts/wallet/send.ts ADDRESS AMOUNT CONFIRMATIONS` */
import { connect, sleep } from './connect.ts';

const { wallet, words } = connect('send.ts ADDRESS AMOUNT CONFIRMATIONS', 3);
const [address, amount, wanted] = words as [string, string, string];
// Before anything is paid: it would be waited for without an end.
if (!/^\d{1,6}$/.test(wanted)) throw new Error(`"${wanted}" is no number of confirmations`);

const txid = await wallet.sendtoaddress(address, amount);
console.log(`sent ${amount} to ${address}: ${txid}`);

for (let seen = -1; ; await sleep(1)) {
  const { confirmations } = await wallet.gettransaction(txid);
  if (confirmations !== seen) console.log(`${confirmations} confirmations`);
  seen = confirmations;
  // Negative: a conflicting transaction was confirmed instead (white paper, section 11).
  if (confirmations < 0) throw new Error('double spent');
  if (confirmations >= Number(wanted)) break;
}
