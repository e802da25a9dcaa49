/** White paper section 6: the first block of a network, built from its parameters as Bitcoin's was. */
import { Block } from '../block/block.ts';
import { BlockHeader } from '../block/header.ts';
import { merkleRoot } from '../block/merkle.ts';
import { allowedTarget, checkProofOfWork } from '../block/proof-of-work.ts';
import { concatBytes, fromHex, utf8 } from '../encoding/bytes.ts';
import type { GenesisBlock, NetworkParameters } from '../parameters/network.ts';
import { NetworkFileError } from '../parameters/network-file-error.ts';
import { pushData } from '../script/script.ts';
import { NO_WITNESS, NULL_OUTPOINT, SEQUENCE_FINAL, Transaction } from '../transaction/transaction.ts';

/** Pushes of the number 0x1d00ffff and of the number 4, with which Bitcoin's first scriptSig begins. */
const SCRIPT_SIG_START = fromHex('04ffff001d0104');

type GenesisFields = Omit<GenesisBlock, 'hash'>;

/** The block that these fields describe, whatever its hash. */
function buildGenesis(fields: GenesisFields): Block {
  const coinbase = Transaction.from({
    version: 1,
    inputs: [
      {
        prevout: NULL_OUTPOINT,
        scriptSig: concatBytes(SCRIPT_SIG_START, pushData(utf8(fields.message))),
        sequence: SEQUENCE_FINAL,
        witness: NO_WITNESS,
      },
    ],
    outputs: [{ value: fields.value, scriptPubKey: fields.outputScript }],
    lockTime: 0,
  });
  const header = BlockHeader.from({
    version: fields.version,
    prevHash: new Uint8Array(32),
    merkleRoot: merkleRoot([coinbase.txidBytes]).root,
    time: fields.time,
    bits: fields.bits,
    nonce: fields.nonce,
  });
  return Block.from(header, [coinbase]);
}

/** @throws NetworkFileError if the genesis block is not the one that its hash promises, or lacks work. */
export function genesisBlock(parameters: Pick<NetworkParameters, 'genesis' | 'powLimit'>): Block {
  const block = buildGenesis(parameters.genesis);
  if (block.hash !== parameters.genesis.hash)
    throw new NetworkFileError('genesis.hash', `the genesis block's fields give ${block.hash}`);
  if (!checkProofOfWork(block.header.hashBytes, block.header.bits, parameters))
    throw new NetworkFileError('genesis.nonce', "the genesis block's hash does not meet its bits");
  return block;
}

/** Looks for the nonce of a new genesis block, starting at the one given; null if there is none. */
export function mineGenesis(fields: GenesisFields, powLimit: bigint): GenesisBlock | null {
  if (allowedTarget(fields.bits, { powLimit }) === null) return null;
  const first = buildGenesis(fields).header;
  for (let { nonce } = fields; nonce <= 0xffffffff; nonce++) {
    const header = BlockHeader.from({ ...first, nonce });
    if (checkProofOfWork(header.hashBytes, fields.bits, { powLimit }))
      return { ...fields, nonce, hash: header.hash };
  }
  return null;
}
