/**
 * JSON without loss: numbers are kept as the text they came in, amounts go out with exactly eight
 * digits, and an object remembers a key given twice. Node 20's own JSON can do none of these. Owns the
 * values; `json-reader.ts` and `json-writer.ts` own their text.
 */
import { formatCoins } from '../core/transaction/amount.ts';

/** A number as it was written; what it means is decided where it is used. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object as it was written: keys in order, doubles included. */
export class JsonObject {
  readonly entries: readonly (readonly [string, JsonRead])[];

  constructor(entries: readonly (readonly [string, JsonRead])[]) {
    this.entries = entries;
  }

  /** The first value under this key. */
  get(key: string): JsonRead | undefined {
    for (const entry of this.entries) if (entry[0] === key) return entry[1];
    return undefined;
  }

  has(key: string): boolean {
    return this.entries.some((entry) => entry[0] === key);
  }
}

export type JsonRead = null | boolean | string | JsonNumber | JsonObject | readonly JsonRead[];

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
 * took as long as everything else.
 */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
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
