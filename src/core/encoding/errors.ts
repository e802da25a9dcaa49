/**
 * The two ways in which data from outside can be wrong. Everything else that is thrown is a bug or a
 * failing disk.
 */

/** Bytes or text that do not have the form they should have: nothing was decoded. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

const CORE_WORDS: Readonly<Record<string, string>> = Object.freeze({
  'end of data': '::read(): end of data',
  'non-canonical CompactSize': 'non-canonical ReadCompactSize()',
  'CompactSize too large': 'ReadCompactSize(): size too large',
  'superfluous witness record': 'Superfluous witness record',
  'unknown transaction optional data': 'Unknown transaction optional data',
});

/** What Core says of the same bytes. @param stream the name of its class that reads them */
export function coreWords({ message }: DecodeError, stream = 'SpanReader'): string {
  const words = CORE_WORDS[message] ?? message;
  return `${words.startsWith('::') ? stream : ''}${words}: iostream error`;
}

/**
 * What follows from a broken rule:
 * - `consensus`: no honest node sends this; punish the sender, remember the hash.
 * - `policy`: valid, but we do not relay it.
 * - `missing`: inputs or the parent are not known (yet).
 * - `early`: not final or not mature yet; may be valid later.
 * - `mutated`: the body does not belong to its header; says nothing about the header's hash.
 * - `duplicate`: already known.
 */
export type InvalidKind = 'consensus' | 'policy' | 'missing' | 'early' | 'mutated' | 'duplicate';

/** A broken rule. `reason` is Bitcoin Core's exact reject string; `detail` its debug text. */
export class Invalid extends Error {
  override readonly name = 'Invalid';

  readonly kind: InvalidKind;
  readonly reason: string;
  readonly detail: string;

  constructor(kind: InvalidKind, reason: string, detail = '') {
    super(detail === '' ? reason : `${reason}, ${detail}`);
    this.kind = kind;
    this.reason = reason;
    this.detail = detail;
  }
}
