/** What answers are made of: values as they were read, and amounts, which go out with exactly eight digits. */
import type { JsonNumber, JsonObject } from '../core/encoding/json.ts';
import { formatCoins } from '../core/transaction/amount.ts';

/** Satoshis that are written as bitcoin. */
export class Amount {
  readonly satoshis: bigint;

  constructor(satoshis: bigint) {
    this.satoshis = satoshis;
  }

  toString(): string {
    return formatCoins(this.satoshis);
  }
}

/**
 * A value that is written already. What blocks show by the thousand is written at once: objects in between
 * took as long as everything else. It may be in pieces, as to put a long text together takes as long as to send it.
 */
export class JsonText {
  readonly pieces: readonly string[];

  constructor(...pieces: readonly string[]) {
    this.pieces = pieces;
  }

  get text(): string {
    return this.pieces.join('');
  }
}

/** What can be written. Fields that are `undefined` are left out. */
export type JsonWritable =
  | undefined
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonNumber
  | JsonObject
  | JsonText
  | Amount
  | readonly JsonWritable[]
  | { readonly [key: string]: JsonWritable };
