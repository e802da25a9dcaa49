/** Tells of every payment to an address: `npx tsx scripts/wallet/watch.ts ADDRESS`; needs no wallet and no key */
import { connect } from './connect.ts';

const { node, words } = connect('watch.ts ADDRESS', 1);
const address = words[0]!;
const { isvalid } = await node.validateaddress(address);
if (!isvalid) throw new Error(`${address} is no address of this network`);

/** Milliseconds that one call waits for a block. */
const WAIT = 30_000;

let { hash, height } = await node.waitfornewblock(1);
console.log(`watching ${address} from block ${height} on`);
for (;;) {
  const tip = await node.waitfornewblock(WAIT, hash);
  if (tip.hash === hash) continue;
  // Blocks from the last one seen up to the tip; what a reorganisation replaced is told again.
  for (height = Math.min(height, tip.height - 1) + 1; height <= tip.height; height++) {
    const block = await node.getblock(await node.getblockhash(height), 2);
    for (const transaction of block.tx) {
      for (const output of transaction.vout) {
        if (output.scriptPubKey.address === address) {
          console.log(`${output.value} in ${transaction.txid}, block ${height}`);
        }
      }
    }
  }
  hash = tip.hash;
  height = tip.height;
}
