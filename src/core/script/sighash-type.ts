/** The last byte of a signature: which parts of the transaction it commits to. */

export const SIGHASH = Object.freeze({
  /** BIP341: as ALL, by a signature of 64 bytes. */
  DEFAULT: 0x00,
  ALL: 0x01,
  NONE: 0x02,
  SINGLE: 0x03,
  ANYONECANPAY: 0x80,
});

const NAMES: ReadonlyMap<number, string> = new Map([
  [SIGHASH.ALL, 'ALL'],
  [SIGHASH.ALL | SIGHASH.ANYONECANPAY, 'ALL|ANYONECANPAY'],
  [SIGHASH.NONE, 'NONE'],
  [SIGHASH.NONE | SIGHASH.ANYONECANPAY, 'NONE|ANYONECANPAY'],
  [SIGHASH.SINGLE, 'SINGLE'],
  [SIGHASH.SINGLE | SIGHASH.ANYONECANPAY, 'SINGLE|ANYONECANPAY'],
]);

/** The name RPC shows and takes (`ALL|ANYONECANPAY`); undefined for DEFAULT and for undefined types. */
export function sighashName(type: number): string | undefined {
  return NAMES.get(type);
}

/** The type of such a name, DEFAULT included; undefined for any other text. */
export function sighashFromName(name: string): number | undefined {
  if (name === 'DEFAULT') return SIGHASH.DEFAULT;
  for (const [type, text] of NAMES) if (text === name) return type;
  return undefined;
}
