/** What the chain announces and answers: events, verdicts, tips. */
import type { Block } from '../core/block/block.ts';
import type { BlockUndo } from '../core/consensus/undo.ts';
import type { Invalid } from '../core/encoding/errors.ts';
import type { HeaderEntry } from './header-entry.ts';
import { Signal } from './signal.ts';

/** A block or header that breaks a rule. */
export interface Refusal {
  readonly ok: false;
  readonly invalid: Invalid;
}

/**
 * `new`: the block was not stored before. `connected`: it is valid to the last script, being or having been
 * in the active chain; false where it lies on a side branch or was not wanted (submitblock's `inconclusive`).
 */
export type BlockVerdict =
  | { readonly ok: true; readonly new: boolean; readonly connected: boolean }
  | Refusal;

/** `last`: the entry of the last header that was accepted or known. */
export type HeadersVerdict =
  | { readonly ok: true; readonly last: HeaderEntry | undefined; readonly new: number }
  | (Refusal & { readonly last: HeaderEntry | undefined });

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
  /** Taken off by hand, far below the tip: its transactions need not wait to be mined again. */
  readonly forgotten?: boolean;
}

interface TipEvent {
  readonly tip: HeaderEntry;
  /** Last block that the new active chain shares with the old one. */
  readonly fork: HeaderEntry;
}

/** A block that was stored before and turned out to be invalid. */
interface RefusedEvent {
  readonly entry: HeaderEntry;
  readonly invalid: Invalid;
}

interface TimedEvent {
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

/** What a chain tells while it goes on. */
export class ChainEvents {
  /** A block came for the top of the tip. Form and proof of work are right; its coins are not looked at yet. */
  readonly extended = new Signal<ExtendedEvent>();
  /** A block joined or left the active chain; in order, right after it was committed. */
  readonly connected = new Signal<BlockEvent>();
  readonly disconnected = new Signal<BlockEvent>();
  /** The tip changed; after the `connected` and `disconnected` that led there. */
  readonly tipChanged = new Signal<TipEvent>();
  /** A block that was stored before turned out to be invalid. */
  readonly refused = new Signal<RefusedEvent>();
  /** Entries were forgotten (`Chain.rewind`): what is known of blocks by others may be about them. */
  readonly rewound = new Signal<void>();
  /** What is verified from the genesis block on has changed in the background of a snapshot, or is all there is again. */
  readonly verified = new Signal<void>();
  /** How long a block took from its first look to its connection, or a write of coins and index. */
  readonly timed = new Signal<TimedEvent>();
  /** The disk failed or there is a bug: nothing is written any more; the node should stop. */
  readonly fatal = new Signal<Error>();
}
