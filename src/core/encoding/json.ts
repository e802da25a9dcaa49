/**
 * JSON without loss: numbers are kept as the text they came in, and an object remembers a key given twice. Node
 * 20's own JSON can do neither. Owns the values that are read; `json-reader.ts` owns their text.
 */

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
