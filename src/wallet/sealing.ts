/**
 * How secrets are encrypted: XChaCha20-Poly1305 under a random master key, which is itself encrypted under a key
 * that scrypt makes of the passphrase. Pure functions; what is sealed, and when, is the vault's business.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { concatBytes, fromHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { Random } from '../seams.ts';

/** What scrypt costs: 128 * 2^log2N * r bytes of memory, and time in proportion. */
export interface ScryptCost {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 bytes. */
export type Scrypt = (password: Uint8Array, salt: Uint8Array, cost: ScryptCost) => Promise<Uint8Array>;

export interface MasterRecord {
  /** Hex, as is `sealed`. */
  readonly salt: string;
  readonly cost: ScryptCost;
  readonly sealed: string;
}

/** OWASP's first choice: 128 MiB, and half a second to a second. */
export const DEFAULT_COST: ScryptCost = Object.freeze({ log2N: 17, r: 8, p: 1 });

/** In this thread, giving way to others every 10 ms. */
export const portableScrypt: Scrypt = (password, salt, { log2N, r, p }) =>
  scryptAsync(password, salt, { N: 2 ** log2N, r, p, dkLen: 32, maxmem: 2 ** 31 });

const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Long enough to be drawn at random for ever. */
const NONCE_BYTES = 24;

/** @param owner what is sealed belongs to this and opens for nothing else */
export function seal(key: Uint8Array, plain: Uint8Array, owner: string, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  return concatBytes(nonce, xchacha20poly1305(key, nonce, utf8(owner)).encrypt(plain));
}

/** Null if the key is another one, or the bytes were altered, or they belong to something else. */
export function unseal(key: Uint8Array, sealed: Uint8Array, owner: string): Uint8Array | null {
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    return xchacha20poly1305(key, nonce, utf8(owner)).decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    return null;
  }
}

/** HMAC, at the bottom of scrypt, takes a short key for the same with zeros behind it; a hash has none to add. */
const passwordOf = (passphrase: string): Uint8Array => sha256(utf8(passphrase));

/** The cost is bound to what it protects. */
const masterOwner = ({ log2N, r, p }: ScryptCost): string => `master:${log2N}:${r}:${p}`;

export interface SealingParts {
  readonly random: Random;
  /** Default: in this thread. */
  readonly scrypt?: Scrypt;
  /** Of passphrases that are set from now on. */
  readonly scryptCost?: ScryptCost;
}

/** A master key, and what is kept of it. */
export interface Master {
  readonly key: Uint8Array;
  readonly record: MasterRecord;
}

/** @param key drawn if there is none yet */
export async function drawMaster(
  passphrase: string,
  { random, scrypt = portableScrypt, scryptCost: cost = DEFAULT_COST }: SealingParts,
  key = random.bytes(KEY_BYTES),
): Promise<Master> {
  const salt = random.bytes(SALT_BYTES);
  const wrapping = await scrypt(passwordOf(passphrase), salt, cost);
  const sealed = toHex(seal(wrapping, key, masterOwner(cost), random));
  wrapping.fill(0);
  return { key, record: { salt: toHex(salt), cost, sealed } };
}

/** Null if the passphrase is another one. */
export async function unsealMaster(
  { salt, cost, sealed }: MasterRecord,
  passphrase: string,
  scrypt = portableScrypt,
): Promise<Uint8Array | null> {
  const wrapping = await scrypt(passwordOf(passphrase), fromHex(salt), cost);
  const key = unseal(wrapping, fromHex(sealed), masterOwner(cost));
  wrapping.fill(0);
  return key;
}

/** A record is read from a disk: what it asks for is bounded before it is paid. */
export function isMasterRecord(record: MasterRecord): boolean {
  const { log2N, r, p } = record.cost ?? {};
  const within = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;
  const hex = /^([0-9a-f]{2})+$/;
  return (
    within(log2N, 20) && within(r, 8) && within(p, 4) && hex.test(record.salt) && hex.test(record.sealed)
  );
}
