import { Transaction as ForeignTransaction } from '@scure/btc-signer';
import { Psbt as BitcoinJsPsbt } from 'bitcoinjs-lib';
import { expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { encodeWif } from '../../src/core/script/wif.ts';
import { NO_WITNESS, Transaction } from '../../src/core/transaction/transaction.ts';
import { parseDescriptor } from '../../src/wallet/descriptors/parse.ts';
import { Psbt } from '../../src/wallet/psbt/psbt.ts';
import { INPUT } from '../../src/wallet/psbt/psbt-fields.ts';
import { extract, finalize } from '../../src/wallet/psbt/roles.ts';
import { fillWith } from '../../src/wallet/psbt-signing.ts';

const SECRET = new Uint8Array(32).fill(7);
const WIF = encodeWif(SECRET, true, REGTEST);
const ONLY_UPDATE = { sign: false, finalize: false, derivations: true };

/** A version 0 PSBT that spends an output of the descriptor, described but not signed. */
function updated(text: string) {
  const { descriptors, secrets } = parseDescriptor(text, REGTEST);
  const { scripts, provider } = descriptors[0]!.expand(0, secrets.lookup)!;
  const signer = descriptors[0]!.expand(0, secrets.lookup, true)!.provider;
  const input = { scriptSig: new Uint8Array(0), sequence: 0xfffffffd, witness: NO_WITNESS };
  const previous = Transaction.from({
    version: 2,
    inputs: [{ ...input, prevout: { txid: new Uint8Array(32).fill(1), vout: 0 } }],
    outputs: [{ value: 50_000n, scriptPubKey: scripts[0]! }],
    lockTime: 0,
  });
  const transaction = {
    version: 2,
    inputs: [{ ...input, prevout: { txid: previous.txidBytes, vout: 0 } }],
    outputs: [{ value: 40_000n, scriptPubKey: scripts[0]! }],
    lockTime: 0,
  };
  const psbt = Psbt.fromTransaction(transaction, 0);
  psbt.inputs[0]!.set(INPUT.NON_WITNESS_UTXO, previous.bytes);
  fillWith(psbt, provider, ONLY_UPDATE);
  return { psbt, signer };
}

test.each([`wpkh(${WIF})`, `tr(${WIF})`, `pkh(${WIF})`])(
  'what @scure/btc-signer signs of %s is finished here',
  (text) => {
    const { psbt } = updated(text);
    const foreign = ForeignTransaction.fromPSBT(psbt.encode());
    foreign.sign(SECRET);
    const signed = Psbt.decode(foreign.toPSBT(0));
    expect(finalize(signed)).toBe(true);
    expect(extract(signed).outputs[0]!.value).toBe(40_000n);
  },
);

test.each([`wpkh(${WIF})`, `tr(${WIF})`, `sh(wpkh(${WIF}))`])(
  'what is signed here of %s is finished by others',
  (text) => {
    const { psbt, signer } = updated(text);
    expect(fillWith(psbt, signer, { sign: true, finalize: false, derivations: true })).toBe(false);
    const foreign = ForeignTransaction.fromPSBT(psbt.encode());
    foreign.finalize();
    // bitcoinjs-lib brings no curve of its own, which taproot needs.
    if (!text.startsWith('tr')) {
      const other = BitcoinJsPsbt.fromBase64(psbt.encodeBase64());
      other.finalizeAllInputs();
      expect(other.extractTransaction(true).toHex()).toBe(foreign.hex);
    }
    finalize(psbt);
    expect(extract(psbt).txid).toBe(foreign.id);
  },
);
