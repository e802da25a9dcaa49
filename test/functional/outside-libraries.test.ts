/** Payments made by other people's libraries are accepted and mined: Penny's bytes are Bitcoin's. */
import * as btc from '@scure/btc-signer';
import * as bitcoin from 'bitcoinjs-lib';
import * as ecc from 'tiny-secp256k1';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestNode } from './support/node-process.ts';

bitcoin.initEccLib(ecc);
const network = bitcoin.networks.regtest;
const scureNetwork = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef };

const secret = new Uint8Array(32).fill(7);
const publicKey = ecc.pointFromScalar(secret, true)!;
const xOnly = publicKey.subarray(1);
/** Satoshis. */
const FEE = 1_000n;

interface Coin {
  readonly txid: string;
  readonly vout: number;
  readonly value: bigint;
}

let node: TestNode;
let miner: string;
beforeAll(async () => {
  node = await (await TestNode.create()).start('-fallbackfee=0.0001');
  await node.rpc.createwallet('w');
  miner = await node.rpc.getnewaddress();
  await node.rpc.generatetoaddress(110, miner);
});
afterAll(() => node.remove());

/** Pays one coin to an address, and mines it. */
async function fund(address: string): Promise<Coin> {
  const txid = await node.rpc.sendtoaddress(address, 1);
  await node.rpc.generatetoaddress(1, miner);
  const { vout } = await node.rpc.decoderawtransaction((await node.rpc.gettransaction(txid)).hex);
  return {
    txid,
    vout: vout.findIndex((output) => output.scriptPubKey.address === address),
    value: 100_000_000n,
  };
}

async function isMined(hex: string): Promise<void> {
  const txid = await node.rpc.sendrawtransaction(hex);
  const [hash] = await node.rpc.generatetoaddress(1, miner);
  expect(new Set<string>((await node.rpc.getblock(hash!)).tx)).toContain(txid);
}

test('bitcoinjs-lib pays from P2WPKH', async () => {
  const payment = bitcoin.payments.p2wpkh({ pubkey: publicKey, network });
  const { txid, vout, value } = await fund(payment.address!);
  const psbt = new bitcoin.Psbt({ network });
  psbt.addInput({ hash: txid, index: vout, witnessUtxo: { script: payment.output!, value } });
  psbt.addOutput({ address: miner, value: value - FEE });
  psbt.signInput(0, { publicKey, sign: (hash: Uint8Array) => ecc.sign(hash, secret) });
  psbt.finalizeAllInputs();
  await isMined(psbt.extractTransaction().toHex());
});

test('bitcoinjs-lib pays from P2TR by key', async () => {
  const payment = bitcoin.payments.p2tr({ internalPubkey: xOnly, network });
  const { txid, vout, value } = await fund(payment.address!);
  const psbt = new bitcoin.Psbt({ network });
  psbt.addInput({
    hash: txid,
    index: vout,
    witnessUtxo: { script: payment.output!, value },
    tapInternalKey: xOnly,
  });
  psbt.addOutput({ address: miner, value: value - FEE });
  const even = publicKey[0] === 2 ? secret : ecc.privateNegate(secret);
  const tweaked = ecc.privateAdd(even, bitcoin.crypto.taggedHash('TapTweak', xOnly))!;
  psbt.signInput(0, {
    publicKey: ecc.pointFromScalar(tweaked, true)!,
    sign: (hash: Uint8Array) => ecc.sign(hash, tweaked),
    signSchnorr: (hash: Uint8Array) => ecc.signSchnorr(hash, tweaked),
  });
  psbt.finalizeAllInputs();
  await isMined(psbt.extractTransaction().toHex());
});

test.each([
  ['P2WPKH', btc.p2wpkh(publicKey, scureNetwork)],
  ['P2TR', btc.p2tr(xOnly, undefined, scureNetwork)],
])('@scure/btc-signer pays from %s', async (_, payment) => {
  const { txid, vout, value } = await fund(payment.address!);
  const transaction = new btc.Transaction();
  const witnessUtxo = { script: payment.script, amount: value };
  transaction.addInput({ ...payment, txid, index: vout, witnessUtxo });
  transaction.addOutputAddress(miner, value - FEE, scureNetwork);
  transaction.sign(secret);
  transaction.finalize();
  await isMined(transaction.hex);
});
