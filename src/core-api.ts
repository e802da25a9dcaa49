/**
 * `penny/core`: Bitcoin's rules as pure functions over bytes, for those who install the package. Nothing in
 * this repository imports it; what stands here keeps its name.
 */
export { Block } from './core/block/block.ts';
export { basicFilter, filterHeader, matchesFilter } from './core/block/filter.ts';
export { type BlockHash, BlockHeader } from './core/block/header.ts';
export { merkleBranch, merkleRoot } from './core/block/merkle.ts';
export { bitsFromTarget, difficultyFromBits, targetFromBits, workFromBits } from './core/block/target.ts';
export { checkBlock } from './core/consensus/check-block.ts';
export { connectBlock, disconnectBlock } from './core/consensus/connect-block.ts';
export { nextWorkRequired } from './core/consensus/difficulty.ts';
export { genesisBlock } from './core/consensus/genesis.ts';
export { blockSubsidy } from './core/consensus/subsidy.ts';
export { decodeBase58Check, encodeBase58Check } from './core/encoding/base58.ts';
export { fromDisplayHex, fromHex, toDisplayHex, toHex } from './core/encoding/bytes.ts';
export { DecodeError, Invalid, type InvalidKind } from './core/encoding/errors.ts';
export { hash160, hash256, sha256, taggedHash } from './core/encoding/hashes.ts';
export { Reader } from './core/encoding/reader.ts';
export { Writer } from './core/encoding/writer.ts';
export type { NetworkParameters } from './core/parameters/network.ts';
export { networkFile, parseNetworkFile } from './core/parameters/network-file.ts';
export { MAIN, REGTEST } from './core/parameters/presets.ts';
export { AddressError, decodeAddress, encodeAddress } from './core/script/address.ts';
export { toAssembly } from './core/script/assembly.ts';
export { ScriptFlag } from './core/script/flags.ts';
export { OP, opcodeName } from './core/script/opcodes.ts';
export { pushData, ScriptCursor, script } from './core/script/script.ts';
export { SighashContext, segwitSighash, taprootSighash } from './core/script/sighash.ts';
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
} from './core/script/templates.ts';
export { verifyInput, verifyScript } from './core/script/verify.ts';
export { decodeWif, encodeWif, type PrivateKey } from './core/script/wif.ts';
export { COIN, formatMoney, MAX_MONEY } from './core/transaction/amount.ts';
export type { Coin, CoinView } from './core/transaction/coin.ts';
export { type FeeRate, satPerKvB } from './core/transaction/fee-rate.ts';
export {
  type OutPoint,
  Transaction,
  type TxIn,
  type Txid,
  type TxOut,
  type Wtxid,
} from './core/transaction/transaction.ts';
