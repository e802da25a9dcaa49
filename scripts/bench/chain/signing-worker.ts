/** Signs transactions for the chain generator. */
import { parentPort, workerData } from 'node:worker_threads';
import { Reader } from '../../../src/core/encoding/reader.ts';
import { Writer } from '../../../src/core/encoding/writer.ts';
import { readTxOut, Transaction, type TxOut } from '../../../src/core/transaction/transaction.ts';
import { bindFastHashes } from '../../../src/platform/node/hashes.ts';
import { KeyRing } from './spends.ts';

bindFastHashes();
const ring = new KeyRing(workerData.data.seed as string);

/** In: unsigned transactions, each followed by what its inputs spend. Out: signed transactions. */
parentPort!.on('message', (bytes: Uint8Array) => {
  const writer = new Writer(bytes.length * 2);
  for (const reader = new Reader(bytes); reader.remaining > 0; ) {
    const unsigned = Transaction.read(reader);
    const spent: TxOut[] = unsigned.inputs.map(() => readTxOut(reader));
    writer.bytes(ring.sign(unsigned, spent).bytes);
  }
  parentPort!.postMessage(writer.finish());
});
