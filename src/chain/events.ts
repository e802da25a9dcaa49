/** What the chain announces and answers: verdicts, events, tips. Types only. */
import type { Block } from '../core/block/block.ts';
import type { BlockUndo } from '../core/consensus/undo.ts';
import type { Invalid } from '../core/encoding/errors.ts';
import type { HeaderEntry } from './header-entry.ts';

/**
 * `new`: the block was not stored before. `connected`: it is valid to the last script, being or having been
 * in the active chain; false where it lies on a side branch or was not wanted (submitblock's `inconclusive`).
 */
export type BlockVerdict =
  | { readonly ok: true; readonly new: boolean; readonly connected: boolean }
  | { readonly ok: false; readonly invalid: Invalid };

/** `last`: the entry of the last header that was accepted or known. */
export type HeadersVerdict =
  | { readonly ok: true; readonly last: HeaderEntry | undefined; readonly new: number }
  | { readonly ok: false; readonly invalid: Invalid; readonly last: HeaderEntry | undefined };

/** A block that is about to be stored, and to be connected if it is valid. */
export interface ExtendedEvent {
  readonly entry: HeaderEntry;
  readonly block: Block;
}

/** A block that joined or left the active chain. */
export interface BlockEvent {
  readonly entry: HeaderEntry;
  readonly block: Block;
  readonly undo: BlockUndo;
}

export interface TipEvent {
  readonly tip: HeaderEntry;
  /** Last block that the new active chain shares with the old one. */
  readonly fork: HeaderEntry;
}

/** A block that was stored before and turned out to be invalid. */
export interface RefusedEvent {
  readonly entry: HeaderEntry;
  readonly invalid: Invalid;
}

export interface TimedEvent {
  readonly what: 'verification' | 'flush';
  readonly milliseconds: number;
}

/** The states of getchaintips. */
export type TipStatus = 'active' | 'valid-fork' | 'valid-headers' | 'headers-only' | 'invalid';

export interface ChainTip {
  readonly entry: HeaderEntry;
  /** Blocks from the active chain to this tip. */
  readonly branchLength: number;
  readonly status: TipStatus;
}
