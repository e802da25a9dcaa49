/**
 * Every field of a PSBT: BIP174, 370 (version 2), 371 (taproot) and 373 (MuSig2), in the order in which
 * Bitcoin Core writes them, with its messages. Nothing here gives a meaning to the values.
 */
import { concatBytes } from '../../core/encoding/bytes.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { ScriptFlag } from '../../core/script/flags.ts';
import { checkSignatureEncoding } from '../../core/script/signature-encoding.ts';
import { isValidPublicKey } from '../../core/script/signing.ts';
import { LEAF_VERSION_MASK } from '../../core/script/taproot.ts';
import { LOCK_TIME_THRESHOLD, readTxOut, Transaction } from '../../core/transaction/transaction.ts';
import { joinLeaves, MAX_TAPROOT_DEPTH } from '../signing/taproot-tree.ts';
import { type Field, type FieldTable, PROPRIETARY, PsbtError } from './psbt-map.ts';
import { decodeOrigin, decodeTapKey, decodeTree, decodeUint32, encodeTapKey } from './psbt-values.ts';

export const GLOBAL = Object.freeze({
  UNSIGNED_TX: 0x00,
  XPUB: 0x01,
  TX_VERSION: 0x02,
  FALLBACK_LOCKTIME: 0x03,
  INPUT_COUNT: 0x04,
  OUTPUT_COUNT: 0x05,
  TX_MODIFIABLE: 0x06,
  VERSION: 0xfb,
});

export const INPUT = Object.freeze({
  NON_WITNESS_UTXO: 0x00,
  WITNESS_UTXO: 0x01,
  PARTIAL_SIG: 0x02,
  SIGHASH: 0x03,
  REDEEM_SCRIPT: 0x04,
  WITNESS_SCRIPT: 0x05,
  BIP32: 0x06,
  FINAL_SCRIPTSIG: 0x07,
  FINAL_WITNESS: 0x08,
  RIPEMD160: 0x0a,
  SHA256: 0x0b,
  HASH160: 0x0c,
  HASH256: 0x0d,
  PREVIOUS_TXID: 0x0e,
  OUTPUT_INDEX: 0x0f,
  SEQUENCE: 0x10,
  TIME_LOCK: 0x11,
  HEIGHT_LOCK: 0x12,
  TAP_KEY_SIG: 0x13,
  TAP_SCRIPT_SIG: 0x14,
  TAP_LEAF: 0x15,
  TAP_BIP32: 0x16,
  TAP_INTERNAL_KEY: 0x17,
  TAP_MERKLE_ROOT: 0x18,
  MUSIG_PARTICIPANTS: 0x1a,
  MUSIG_NONCE: 0x1b,
  MUSIG_SIG: 0x1c,
});

export const OUTPUT = Object.freeze({
  REDEEM_SCRIPT: 0x00,
  WITNESS_SCRIPT: 0x01,
  BIP32: 0x02,
  AMOUNT: 0x03,
  SCRIPT: 0x04,
  TAP_INTERNAL_KEY: 0x05,
  TAP_TREE: 0x06,
  TAP_BIP32: 0x07,
  MUSIG_PARTICIPANTS: 0x08,
});

const { DERSIG, STRICTENC } = ScriptFlag;

function refuse(condition: boolean, message: string): void {
  if (condition) throw new PsbtError(message);
}

const wrongSize = 'Size of value was not the stated size';
const fixed =
  (size: number) =>
  (value: Uint8Array): Uint8Array => {
    refuse(value.length !== size, wrongSize);
    return value;
  };
const notEmpty = (value: Uint8Array): Uint8Array | null => (value.length === 0 ? null : value);
const notZero =
  (size: number) =>
  (value: Uint8Array): Uint8Array | null =>
    fixed(size)(value).every((byte) => byte === 0) ? null : value;

/** A value that is a whole serialized thing; Core would read on beyond its end, and then complain of the size. */
const whole =
  (read: (reader: Reader) => void) =>
  (value: Uint8Array): Uint8Array => {
    const reader = new Reader(value);
    try {
      read(reader);
    } catch (error) {
      throw error instanceof DecodeError && error.message === 'end of data'
        ? new PsbtError(wrongSize)
        : error;
    }
    refuse(reader.remaining > 0, wrongSize);
    return value;
  };

/** The key of a BIP32 or signature field is a public key. */
const publicKey =
  (what: string) =>
  (key: Uint8Array): void => {
    refuse(
      key.length !== 34 && key.length !== 66,
      `Size of key was not the expected size for the type ${what}`,
    );
    refuse(!isValidPublicKey(key.subarray(1)), 'Invalid pubkey');
  };

const checkOrigin = (value: Uint8Array): Uint8Array => {
  decodeOrigin(value);
  return value;
};

const checkSignature = (value: Uint8Array): Uint8Array => {
  try {
    refuse(value.length === 0, '');
    checkSignatureEncoding(value, DERSIG | STRICTENC);
  } catch {
    throw new PsbtError('Signature is not a valid encoding');
  }
  return value;
};

const schnorrSize =
  (what: string) =>
  (value: Uint8Array): Uint8Array => {
    refuse(value.length < 64, `Input Taproot ${what} path signature is shorter than 64 bytes`);
    refuse(value.length > 65, `Input Taproot ${what} path signature is longer than 65 bytes`);
    return value;
  };

const tapKey =
  (what: string) =>
  (value: Uint8Array, x: Uint8Array): Uint8Array =>
    encodeTapKey(decodeTapKey(x, value, what));

const participants =
  (what: string) =>
  (value: Uint8Array, aggregate: Uint8Array): Uint8Array => {
    refuse(!isValidPublicKey(aggregate), `${what} musig2 aggregate pubkey is invalid`);
    let at = 0;
    for (; at + 33 <= value.length; at += 33)
      refuse(!isValidPublicKey(value.subarray(at, at + 33)), `${what} musig2 participant pubkey is invalid`);
    refuse(at !== value.length, `${what} musig2 participants pubkeys value size is not a multiple of 33`);
    return value;
  };

/** Keys of nonces and partial signatures: participant, aggregate and maybe a leaf. */
const musigKey =
  (what: string) =>
  (key: Uint8Array): void => {
    refuse(
      key.length !== 67 && key.length !== 99,
      `Input musig2 ${what} key is not expected size of 67 or 99 bytes`,
    );
    refuse(!isValidPublicKey(key.subarray(34, 67)), 'musig2 aggregate pubkey is invalid');
    refuse(!isValidPublicKey(key.subarray(1, 34)), 'musig2 participant pubkey is invalid');
  };
/** By aggregate key, leaf (none first), participant. */
const musigOrder = (keyData: Uint8Array): Uint8Array => {
  const leaf = keyData.length === 66 ? new Uint8Array(32) : keyData.subarray(66);
  return concatBytes(keyData.subarray(33, 66), leaf, keyData.subarray(0, 33));
};

const proprietary: Field = {
  type: PROPRIETARY,
  name: 'Proprietary',
  key: (key) => {
    const reader = new Reader(key, 1);
    reader.varBytes();
    reader.compactNumber();
  },
};

const leafScript = (value: Uint8Array): Uint8Array => {
  refuse(value.length === 0, 'Input Taproot leaf script must be at least 1 byte');
  return value;
};

const tree = (value: Uint8Array): Uint8Array => {
  refuse(value.length === 0, 'Output Taproot tree must not be empty');
  const leaves = decodeTree(value);
  for (const { depth, leafVersion } of leaves) {
    refuse(depth > MAX_TAPROOT_DEPTH, 'Output Taproot tree has as leaf greater than Taproot maximum depth');
    refuse(
      (leafVersion & ~LEAF_VERSION_MASK) !== 0,
      'Output Taproot tree has a leaf with an invalid leaf version',
    );
  }
  refuse(joinLeaves(leaves) === null, 'Output Taproot tree is malformed');
  return value;
};

const timeLock = (value: Uint8Array): Uint8Array => {
  const time = decodeUint32(fixed(4)(value));
  refuse(
    time < LOCK_TIME_THRESHOLD,
    `Required time based locktime is invalid (less than ${LOCK_TIME_THRESHOLD})`,
  );
  return value;
};

const heightLock = (value: Uint8Array): Uint8Array => {
  const height = decodeUint32(fixed(4)(value));
  const text = 'Required height based locktime is invalid';
  refuse(height >= LOCK_TIME_THRESHOLD, `${text} (greater than or equal to ${LOCK_TIME_THRESHOLD})`);
  refuse(height === 0, `${text} (0)`);
  return value;
};

const unsignedTransaction = whole((reader) => {
  const { inputs } = Transaction.read(reader, false);
  const signed = inputs.some((input) => input.scriptSig.length > 0);
  refuse(signed, 'Unsigned tx does not have empty scriptSigs and scriptWitnesses.');
});

const previousTransaction = whole((reader) => Transaction.read(reader));
/** Its hash does not need the witnesses. */
const withoutWitnesses = (value: Uint8Array): Uint8Array => Transaction.decode(value).stripped;

const extendedKey = (key: Uint8Array): void => {
  refuse(key.length !== 79, 'Size of key was not 79 for the type Global XPUB');
  refuse(!isValidPublicKey(key.subarray(46)), 'Invalid pubkey');
};

const compactSize = whole((reader) => reader.compactNumber());

/** Xpubs are sorted by fingerprint, then shorter paths first, then the key. */
const xpubOrder = (keyData: Uint8Array, value: Uint8Array): Uint8Array =>
  concatBytes(
    value.subarray(0, 4),
    Uint8Array.of(value.length >> 8, value.length),
    value.subarray(4),
    keyData.subarray(45),
  );

// biome-ignore format: a table
export const GLOBAL_FIELDS: FieldTable = Object.freeze({
  what: 'global',
  separatorMessage: 'Separator is missing at the end of the global map',
  fields: [
    { type: GLOBAL.UNSIGNED_TX, name: 'Global Unsigned TX', key: 1, value: unsignedTransaction },
    { type: GLOBAL.XPUB, name: 'Global XPUB', key: extendedKey, value: checkOrigin, order: xpubOrder },
    { type: GLOBAL.TX_VERSION, name: 'Global Transaction Version', key: 1, value: fixed(4) },
    { type: GLOBAL.FALLBACK_LOCKTIME, name: 'Global Fallback Locktime', key: 1, value: fixed(4) },
    { type: GLOBAL.INPUT_COUNT, name: 'Global Input Count', key: 1, value: compactSize },
    { type: GLOBAL.OUTPUT_COUNT, name: 'Global Output Count', key: 1, value: compactSize },
    { type: GLOBAL.TX_MODIFIABLE, name: 'Global TX Modifiable Flags', key: 1, value: fixed(1) },
    { type: GLOBAL.VERSION, name: 'Global PSBT Version', key: 1, value: (value: Uint8Array) => {
      refuse(decodeUint32(fixed(4)(value)) > 2, 'Unsupported version number');
      return value;
    } },
    proprietary,
  ],
});

// biome-ignore format: a table
export const INPUT_FIELDS: FieldTable = Object.freeze({
  what: 'input',
  separatorMessage: 'Separator is missing at the end of an input map',
  fields: [
    { type: INPUT.NON_WITNESS_UTXO, name: 'Input Non-witness UTXO', key: 1, value: previousTransaction, written: withoutWitnesses },
    { type: INPUT.WITNESS_UTXO, name: 'Input Witness UTXO', key: 1, value: whole(readTxOut) },
    { type: INPUT.PARTIAL_SIG, name: '', key: publicKey('partial signature pubkey'), value: checkSignature, order: hash160, untilFinal: true },
    { type: INPUT.SIGHASH, name: 'Input Sighash Type', key: 1, value: fixed(4), untilFinal: true },
    { type: INPUT.REDEEM_SCRIPT, name: 'Input redeemScript', key: 1, value: notEmpty, untilFinal: true },
    { type: INPUT.WITNESS_SCRIPT, name: 'Input witnessScript', key: 1, value: notEmpty, untilFinal: true },
    { type: INPUT.BIP32, name: '', key: publicKey('BIP32 keypath'), value: checkOrigin, untilFinal: true },
    { type: INPUT.RIPEMD160, name: 'Input RIPEMD160 Preimage', key: 21, untilFinal: true },
    { type: INPUT.SHA256, name: 'Input SHA256 Preimage', key: 33, untilFinal: true },
    { type: INPUT.HASH160, name: 'Input Hash160 Preimage', key: 21, untilFinal: true },
    { type: INPUT.HASH256, name: 'Input Hash256 Preimage', key: 33, untilFinal: true },
    { type: INPUT.TAP_KEY_SIG, name: 'Input Taproot Key Path Signature', key: 1, value: schnorrSize('key'), untilFinal: true },
    { type: INPUT.TAP_SCRIPT_SIG, name: 'Input Taproot Script Path Signature', key: 65, value: schnorrSize('script'), untilFinal: true },
    { type: INPUT.TAP_LEAF, name: '', value: leafScript, untilFinal: true,
      key: (key: Uint8Array) => {
        refuse(key.length < 34, 'Input Taproot leaf script key is not at least 34 bytes');
        refuse((key.length - 2) % 32 !== 0, "Input Taproot leaf script key's control block size is not valid");
      },
      // By script and leaf version, shorter control blocks first.
      order: (control: Uint8Array, leaf: Uint8Array) => concatBytes(leaf, Uint8Array.of(control.length >> 8, control.length), control) },
    { type: INPUT.TAP_BIP32, name: 'Input Taproot BIP32 Keypath', key: 33, value: tapKey('Input'), untilFinal: true },
    { type: INPUT.TAP_INTERNAL_KEY, name: 'Input Taproot Internal Key', key: 1, value: notZero(32), untilFinal: true },
    { type: INPUT.TAP_MERKLE_ROOT, name: 'Input Taproot Merkle Root', key: 1, value: notZero(32), untilFinal: true },
    { type: INPUT.MUSIG_PARTICIPANTS, name: 'Input MuSig2 Participants Pubkeys', key: 34, value: participants('Input'), untilFinal: true },
    { type: INPUT.MUSIG_NONCE, name: '', key: musigKey('pubnonce'), order: musigOrder, untilFinal: true, value: (value: Uint8Array) => {
      refuse(value.length !== 66, 'Input musig2 pubnonce value is not 66 bytes');
      return value;
    } },
    { type: INPUT.MUSIG_SIG, name: '', key: musigKey('partial sig'), order: musigOrder, value: fixed(32), untilFinal: true },
    { type: INPUT.FINAL_SCRIPTSIG, name: 'Input Final scriptSig', key: 1, value: notEmpty },
    { type: INPUT.FINAL_WITNESS, name: 'Input Final scriptWitness', key: 1, value: (value: Uint8Array) => {
      whole((reader) => { for (let left = reader.count(1); left > 0; left--) reader.varBytes(); })(value);
      return value.length === 1 ? null : value;
    } },
    { type: INPUT.PREVIOUS_TXID, name: 'Input Previous TXID', key: 1, value: fixed(32), sinceVersion2: 'Previous txid is not allowed in PSBTv0' },
    { type: INPUT.OUTPUT_INDEX, name: "Input Previous Output's Index", key: 1, value: fixed(4), sinceVersion2: "Previous output's index is not allowed in PSBTv0" },
    { type: INPUT.SEQUENCE, name: 'Input Sequence', key: 1, value: fixed(4), sinceVersion2: 'Sequence is not allowed in PSBTv0' },
    { type: INPUT.TIME_LOCK, name: 'Input Required Time Based Locktime', key: 1, value: timeLock, sinceVersion2: 'Required time based locktime is not allowed in PSBTv0' },
    { type: INPUT.HEIGHT_LOCK, name: 'Input Required Height Based Locktime', key: 1, value: heightLock, sinceVersion2: 'Required height based locktime is not allowed in PSBTv0' },
    proprietary,
  ],
});

// biome-ignore format: a table
export const OUTPUT_FIELDS: FieldTable = Object.freeze({
  what: 'output',
  separatorMessage: 'Separator is missing at the end of an output map',
  fields: [
    { type: OUTPUT.REDEEM_SCRIPT, name: 'Output redeemScript', key: 1, value: notEmpty },
    { type: OUTPUT.WITNESS_SCRIPT, name: 'Output witnessScript', key: 1, value: notEmpty },
    { type: OUTPUT.BIP32, name: '', key: publicKey('BIP32 keypath'), value: checkOrigin },
    { type: OUTPUT.AMOUNT, name: 'Output Amount', key: 1, value: fixed(8), sinceVersion2: 'Output amount is not allowed in PSBTv0' },
    { type: OUTPUT.SCRIPT, name: 'Output Script', key: 1, sinceVersion2: 'Output script is not allowed in PSBTv0' },
    proprietary,
    { type: OUTPUT.TAP_INTERNAL_KEY, name: 'Output Taproot Internal Key', key: 1, value: notZero(32) },
    { type: OUTPUT.TAP_TREE, name: 'Output Taproot Tree Key', key: 1, value: tree },
    { type: OUTPUT.TAP_BIP32, name: 'Output Taproot BIP32 Keypath', key: 33, value: tapKey('Output') },
    { type: OUTPUT.MUSIG_PARTICIPANTS, name: 'Output MuSig2 Participants Pubkeys', key: 34, value: participants('Output') },
  ],
});
