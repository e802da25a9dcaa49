/** Values inside PSBT fields: numbers, key origins, taproot paths and trees. */
import { compareBytes, concatBytes, EMPTY, fromHex, toHex } from '../../core/encoding/bytes.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { Writer } from '../../core/encoding/writer.ts';
import { type TxOut, writeTxOut } from '../../core/transaction/transaction.ts';
import type { KeyOrigin } from '../descriptors/key-path.ts';
import type { TapKeyOrigin } from '../signing/spend-data.ts';
import type { TreeLeafScript } from '../signing/taproot-tree.ts';
import { PsbtError } from './psbt-map.ts';

export const encodeUint32 = (value: number): Uint8Array => new Writer(4).uint32(value).finish();
export const decodeUint32 = (value: Uint8Array): number => new Reader(value).uint32();
export const encodeInt64 = (value: bigint): Uint8Array => new Writer(8).int64(value).finish();
export const decodeInt64 = (value: Uint8Array): bigint => new Reader(value).int64();

export function encodeOrigin(origin: KeyOrigin): Uint8Array {
  return concatBytes(origin.fingerprint, ...origin.path.map(encodeUint32));
}

/** @throws PsbtError */
export function decodeOrigin(value: Uint8Array): KeyOrigin {
  if (value.length === 0 || value.length % 4 !== 0) throw new PsbtError('Invalid length for HD key path');
  const path: number[] = [];
  for (let at = 4; at < value.length; at += 4) path.push(decodeUint32(value.subarray(at)));
  return { fingerprint: value.subarray(0, 4), path };
}

export function encodeTapKey({ leafHashes, origin }: TapKeyOrigin): Uint8Array {
  const hashes = [...leafHashes].map(fromHex).sort(compareBytes);
  return concatBytes(new Writer(9).compactSize(hashes.length).finish(), ...hashes, encodeOrigin(origin));
}

/** @param what `Input` or `Output`, as messages begin. @throws PsbtError */
export function decodeTapKey(x: Uint8Array, value: Uint8Array, what: string): TapKeyOrigin {
  const reader = new Reader(value);
  const count = value.length === 0 ? Number.POSITIVE_INFINITY : reader.compactSize();
  if (count * 32 > reader.remaining)
    throw new PsbtError(`${what} Taproot BIP32 keypath has an invalid length`);
  const leafHashes = new Set<string>();
  for (let i = 0; i < count; i++) leafHashes.add(toHex(reader.view(32)));
  return { x, leafHashes, origin: decodeOrigin(reader.view(reader.remaining)) };
}

export function encodeTree(tree: readonly TreeLeafScript[]): Uint8Array {
  const writer = new Writer();
  for (const { depth, leafVersion, script } of tree) writer.uint8(depth).uint8(leafVersion).varBytes(script);
  return writer.finish();
}

export function decodeTree(value: Uint8Array): TreeLeafScript[] {
  const reader = new Reader(value);
  const tree: TreeLeafScript[] = [];
  while (reader.remaining > 0)
    tree.push({ depth: reader.uint8(), leafVersion: reader.uint8(), script: reader.varBytes() });
  return tree;
}

/** An output as PSBT_IN_WITNESS_UTXO holds it. */
export function encodeOutput(output: TxOut): Uint8Array {
  const writer = new Writer();
  writeTxOut(writer, output);
  return writer.finish();
}

export function encodeWitness(witness: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer().compactSize(witness.length);
  for (const item of witness) writer.varBytes(item);
  return writer.finish();
}

export function decodeWitness(value: Uint8Array | undefined): readonly Uint8Array[] {
  if (value === undefined) return [];
  const reader = new Reader(value);
  return Array.from({ length: reader.count(1) }, () => reader.varBytes());
}

/** 33-byte keys one after the other. */
export function splitKeys(value: Uint8Array): Uint8Array[] {
  return Array.from({ length: value.length / 33 }, (_, i) => value.subarray(33 * i, 33 * i + 33));
}

export const orEmpty = (value: Uint8Array | undefined): Uint8Array => value ?? EMPTY;
