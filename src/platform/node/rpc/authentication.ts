/**
 * Who may call: the cookie file of this run, `rpcauth` entries, `rpcuser` with `rpcpassword`. Owns
 * passwords and their comparison; not what a user may do.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Random } from '../../../seams.ts';
import { replaceFile } from '../storage/small-files.ts';

const COOKIE_USER = '__cookie__';
const COOKIE_BYTES = 32;
/** Headers that were right. */
const REMEMBERED = 8;

/** One `rpcauth` option: `user:salt$hash`, the hash being hex of HMAC-SHA256(salt, password). */
interface Credential {
  readonly user: string;
  readonly salt: string;
  readonly hash: Buffer;
}

/** An `rpcauth` entry that cannot be read. */
class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

export class Authentication {
  readonly #credentials: Credential[] = [];
  /** user:password pairs that are known in the clear. */
  readonly #plain: Buffer[] = [];
  /** Headers that were right, the latest first: nearly all requests repeat one, and hashing costs as much as a small call. */
  readonly #right: { readonly header: string; readonly user: string }[] = [];

  /** @throws CredentialError that names the option if the entry is malformed. */
  addRpcAuth(entry: string): void {
    const match = /^([^:]*):([^$]*)\$([0-9a-fA-F]{64})$/.exec(entry);
    if (match === null) throw new CredentialError(`Invalid -rpcauth argument: ${entry.split(':', 1)[0]}`);
    this.#credentials.push({ user: match[1]!, salt: match[2]!, hash: Buffer.from(match[3]!, 'hex') });
  }

  addPassword(user: string, password: string): void {
    this.#plain.push(Buffer.from(`${user}:${password}`));
  }

  /** Whether this Authorization header was right before. */
  knows(header: string): boolean {
    return this.#right.some((known) => equalTexts(known.header, header));
  }

  /** The user behind an Authorization header, or null. Takes the same time for every wrong password. */
  authenticate(header: string | undefined): string | null {
    if (header === undefined) return null;
    for (const known of this.#right) if (equalTexts(known.header, header)) return known.user;
    const user = this.#check(header);
    if (user !== null) this.#right.unshift({ header, user });
    this.#right.splice(REMEMBERED);
    return user;
  }

  #check(header: string): string | null {
    if (!/^basic /i.test(header)) return null;
    const given = Buffer.from(header.slice(6).trim(), 'base64');
    const text = given.toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) return null;
    const user = text.slice(0, colon);
    let known = false;
    for (const pair of this.#plain) if (equalSecrets(pair, given)) known = true;
    for (const credential of this.#credentials) {
      if (credential.user !== user) continue;
      const hash = createHmac('sha256', credential.salt)
        .update(text.slice(colon + 1))
        .digest();
      if (timingSafeEqual(hash, credential.hash)) known = true;
    }
    return known ? user : null;
  }
}

/** Compares hashes, so that neither length nor content shows in the time it takes. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  return a.length === b.length ? timingSafeEqual(a, b) : timingSafeEqual(digest(a), digest(b));
}

/** Shows no more than the length in the time it takes. */
function equalTexts(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** Writes a new cookie, readable by its owner only; at once, so that no reader sees half of it. */
export async function writeCookie(file: string, random: Random): Promise<{ user: string; password: string }> {
  const password = Buffer.from(random.bytes(COOKIE_BYTES)).toString('hex');
  try {
    await replaceFile(file, Buffer.from(`${COOKIE_USER}:${password}`));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CredentialError(`Unable to open cookie authentication file ${file} for writing (${code})`);
  }
  return { user: COOKIE_USER, password };
}

export async function removeCookie(file: string): Promise<void> {
  await rm(file, { force: true });
}
