/**
 * `penny/core`: Bitcoin's rules as pure functions over bytes, for those who install the package. Nothing in
 * this repository imports it; what stands here keeps its name.
 */
export { Block } from './block/block.ts';
export { basicFilter, filterHeader, matchesFilter } from './block/filter.ts';
export { type BlockHash, BlockHeader } from './block/header.ts';
export { merkleBranch, merkleRoot } from './block/merkle.ts';
export { bitsFromTarget, difficultyFromBits, targetFromBits, workFromBits } from './block/target.ts';
export { checkBlock } from './consensus/check-block.ts';
export { connectBlock, disconnectBlock } from './consensus/connect-block.ts';
export { nextWorkRequired } from './consensus/difficulty.ts';
export { genesisBlock } from './consensus/genesis.ts';
export { blockSubsidy } from './consensus/subsidy.ts';
export { decodeBase58Check, encodeBase58Check } from './encoding/base58.ts';
export { fromDisplayHex, fromHex, toDisplayHex, toHex } from './encoding/bytes.ts';
export { DecodeError, Invalid, type InvalidKind } from './encoding/errors.ts';
export { hash160, hash256, sha256, taggedHash } from './encoding/hashes.ts';
export { Reader } from './encoding/reader.ts';
export { Writer } from './encoding/writer.ts';
export type { NetworkParameters } from './parameters/network.ts';
export { networkFile, parseNetworkFile } from './parameters/network-file.ts';
export { MAIN, REGTEST } from './parameters/presets.ts';
export { AddressError, decodeAddress, encodeAddress } from './script/address.ts';
export { toAssembly } from './script/assembly.ts';
export { ScriptFlag } from './script/flags.ts';
export { OP, opcodeName } from './script/opcodes.ts';
export { pushData, ScriptCursor, script } from './script/script.ts';
export { SighashContext, segwitSighash, taprootSighash } from './script/sighash.ts';
export {
  multisig,
  p2pk,
  p2pkh,
  p2sh,
  p2tr,
  p2wpkh,
  p2wsh,
  type ScriptType,
  type Solution,
  solve,
} from './script/templates.ts';
export { verifyInput, verifyScript } from './script/verify.ts';
export { decodeWif, encodeWif, type PrivateKey } from './script/wif.ts';
export { COIN, formatMoney, MAX_MONEY } from './transaction/amount.ts';
export type { Coin, CoinView } from './transaction/coin.ts';
export {
  type OutPoint,
  Transaction,
  type TxIn,
  type Txid,
  type TxOut,
  type Wtxid,
} from './transaction/transaction.ts';
