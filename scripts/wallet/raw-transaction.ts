/**
 * Builds, signs and broadcasts a P2WPKH payment by hand, with the library's own functions; the node is
 * asked only for the coin and to pass the transaction on.
 * `npx tsx scripts/wallet/raw-transaction.ts NETWORK-FILE WIF ADDRESS AMOUNT`
 */
import { readFileSync } from 'node:fs';
import { EMPTY, fromDisplayHex, toHex } from '../../src/core/encoding/bytes.ts';
import { hash160 } from '../../src/core/encoding/hashes.ts';
import { parseNetworkFile } from '../../src/core/parameters/network-file.ts';
import { decodeAddress, encodeAddress } from '../../src/core/script/address.ts';
import { SighashContext, segwitSighash } from '../../src/core/script/sighash.ts';
import { SIGHASH } from '../../src/core/script/sighash-type.ts';
import { publicKeyOf, signEcdsa } from '../../src/core/script/signing.ts';
import { p2pkh, p2wpkh } from '../../src/core/script/templates.ts';
import { decodeWif } from '../../src/core/script/wif.ts';
import { Transaction } from '../../src/core/transaction/transaction.ts';
import { connect } from './connect.ts';

const { node, words } = connect('raw-transaction.ts NETWORK-FILE WIF ADDRESS AMOUNT', 4);
const [networkFile, wif, address, amount] = words as [string, string, string, string];
const parameters = parseNetworkFile(JSON.parse(readFileSync(networkFile, 'utf8')));

// The key, and the script that locks coins to it (BIP141: OP_0 and the hash of the public key).
const { secret } = decodeWif(wif, parameters);
const publicKey = publicKeyOf(secret);
const keyHash = hash160(publicKey);
const ownScript = p2wpkh(keyHash);

/** Satoshis; generous for 141 vbytes. */
const FEE = 1_000n;
if (!/^\d{1,8}(\.\d{1,8})?$/.test(amount)) throw new Error(`"${amount}" is no amount`);
const value = BigInt(Math.round(Number(amount) * 1e8));

// One mature coin of the key that is large enough.
const { unspents, height } = await node.scantxoutset('start', [`raw(${toHex(ownScript)})`]);
const { coinbaseMaturity } = parameters;
const usable = unspents.filter(
  (unspent) =>
    satoshis(unspent.amount) >= value + FEE &&
    (!unspent.coinbase || height - unspent.height + 1 >= coinbaseMaturity),
);
// Null if a payment that waits for its block spends it.
const unspentYet = await Promise.all(usable.map(({ txid, vout }) => node.gettxout(txid, vout)));
const coin = usable.find((_, i) => unspentYet[i] !== null);
if (coin === undefined) {
  throw new Error(
    `${encodeAddress(ownScript, parameters)} has no single mature coin for ${amount} and the fee`,
  );
}

// White paper, section 9: what goes in, comes out, in two pieces; the rest is the fee.
const fields = {
  version: 2,
  inputs: [
    {
      prevout: { txid: fromDisplayHex(coin.txid), vout: coin.vout },
      scriptSig: EMPTY,
      // BIP125: may be replaced by a transaction that pays more.
      sequence: 0xfffffffd,
      witness: [],
    },
  ],
  outputs: [
    { value, scriptPubKey: decodeAddress(address, parameters) },
    { value: satoshis(coin.amount) - value - FEE, scriptPubKey: ownScript },
  ],
  lockTime: 0,
};

// BIP143: the signature covers the coin's value, and the script code of a key hash is that of P2PKH.
const spent = [{ value: satoshis(coin.amount), scriptPubKey: ownScript }];
const context = new SighashContext(Transaction.from(fields), spent);
const hash = segwitSighash(context, 0, p2pkh(keyHash), spent[0]!.value, SIGHASH.ALL);
const signature = Uint8Array.of(...signEcdsa(hash, secret, { grindLowR: true }), SIGHASH.ALL);

const witness = [signature, publicKey];
const signed = Transaction.from({ ...fields, inputs: [{ ...fields.inputs[0]!, witness }] });
console.log(`${signed.txid} (${signed.bytes.length} bytes): ${toHex(signed.bytes)}`);
await node.sendrawtransaction(toHex(signed.bytes));

function satoshis(coins: number | string): bigint {
  return BigInt(Math.round(Number(coins) * 1e8));
}
