/**
 * Which blocks to ask of whom: a moving window over the best headers, at most 16 blocks in flight a peer,
 * none twice unless a peer keeps one back. Owns the requests; what arrives goes to the chain's door.
 */

import type { HeaderEntry } from '../chain/header-entry.ts';
import { MIN_BLOCKS_TO_KEEP } from '../chain/pruning.ts';
import type { Block } from '../core/block/block.ts';
import { type BlockHash, BlockHeader, HEADER_SIZE } from '../core/block/header.ts';
import { workFromBits } from '../core/block/target.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { leadsAstray, missingEarly } from './background-blocks.ts';
import type { PartialBlock } from './compact-block.ts';
import type { NetworkContext, Part, Screens } from './context.ts';
import { Judging } from './judging.ts';
import { InventoryType } from './messages/inventory.ts';
import type { Peer } from './peer.ts';
import type { BlockRequest } from './peer-state.ts';
import { BLOCKS_IN_FLIGHT, DOWNLOAD_WINDOW, MINUTE, SECOND, servesBlocks } from './protocol.ts';
import { StallTimeout } from './stall-timeout.ts';
import { StoredBlocks } from './stored-blocks.ts';

/** A block may be asked of this many peers at once (Core's MAX_CMPCTBLOCKS_INFLIGHT_PER_BLOCK). */
const PARALLEL_REQUESTS = 3;
/** After keeping back this many blocks, with nothing delivered between, a peer makes room for another. */
const KEPT_BACK_LIMIT = 3;
const DOWNLOAD_TIMEOUT = 10 * MINUTE;
/**
 * While the chain is busy, and this many bytes are on the way or wait for their turn, only the nearest blocks are
 * asked for: what comes too early is read from the disk and decoded a second time. Waiting for a block that was
 * asked for so many milliseconds ago is no rest.
 */
const MAXIMUM_AHEAD = 4 << 20;
const NEAREST_BLOCKS = 16;
const SOON = SECOND;

export class BlockDownload implements Part {
  readonly #context: NetworkContext;
  /** Who was asked for a block, the first one first. */
  readonly #inFlight = new Map<BlockHash, readonly Peer[]>();
  readonly #stored = new StoredBlocks();
  /** A peer was asked for less than it could give, because the chain was busy. */
  #heldBack = false;
  readonly judging: Pick<Judging, 'has' | 'room'>;
  readonly #judging = new Judging();
  readonly #stallTimeout: StallTimeout;
  readonly screens: Screens = {
    // One that leads nowhere nobody sends unasked.
    block: (peer, payload) => {
      if (payload.length < HEADER_SIZE) return true;
      const header = BlockHeader.read(new Reader(payload));
      if (this.#context.chain.entry(header.prev) !== undefined) {
        const why = 'missing anti-dos proof-of-work validation';
        const isWanted = this.#wants(header);
        if (!isWanted) peer.note(`AcceptBlockHeader: not adding new block header ${header.hash}, ${why}`);
        return isWanted;
      }
      this.#context.peers.punish(peer, 'AcceptBlock FAILED (prev-blk-not-found)');
      return false;
    },
    blocktxn: ({ blocks }, payload) =>
      payload.length < 32 ||
      blocks.requests.get(toDisplayHex(payload.subarray(0, 32)) as BlockHash)?.partial !== undefined,
  };

  constructor(context: NetworkContext) {
    this.#context = context;
    this.judging = this.#judging;
    this.#stallTimeout = new StallTimeout(context);
    context.chain.rewound.subscribe(() => this.#rewind());
    context.chain.verified.subscribe(() => this.fillAll());
    context.chain.connected.subscribe(({ entry }) => {
      this.#stored.deleteUpTo(entry.height);
      this.#stallTimeout.relax();
      if (this.#heldBack) this.fillAll();
    });
    context.chain.refused.subscribe(({ entry, invalid }) => {
      const source = this.#stored.source(entry.hash);
      this.#stored.delete(entry.hash);
      if (source !== undefined && invalid.kind === 'consensus') context.peers.punish(source, invalid.reason);
    });
  }

  closed(peer: Peer): void {
    for (const hash of peer.blocks.requests.keys()) this.#forget(peer, hash);
    this.fillAll();
  }

  #rewind(): void {
    for (const peer of this.#context.peers.ready())
      for (const hash of peer.blocks.requests.keys()) this.#forget(peer, hash);
    this.fillAll();
  }

  /** Who was asked for a block and has not answered yet. */
  askedFor(hash: BlockHash): readonly Peer[] {
    return this.#inFlight.get(hash) ?? [];
  }

  /**
   * Whether a block that others were asked for may be asked of this peer, too. Who lets us wait loses its place,
   * and strangers do not get the last one: they could hold up a block together (CVE-2024-52922's kind).
   */
  hasPlace(peer: Peer, hash: BlockHash): boolean {
    const now = this.#context.clock.elapsed();
    const taken = this.askedFor(hash).filter(
      (other) => now - sinceOf(other, hash) < this.#stallTimeout.milliseconds,
    );
    const keepOne = peer.inbound && taken.every((other) => other.inbound);
    return taken.length < PARALLEL_REQUESTS - (keepOne ? 1 : 0);
  }

  /** How many blocks more it may be asked for. */
  placesOf(peer: Peer): number {
    return peer.closed ? 0 : Math.max(0, BLOCKS_IN_FLIGHT - peer.blocks.requests.size);
  }

  canAsk(peer: Peer): boolean {
    return this.placesOf(peer) > 0;
  }

  /** Asks one peer for a block by hand (getblockfrompeer). @throws Error with Core's text */
  askByHand(peer: Peer | undefined, entry: HeaderEntry): void {
    if (peer === undefined || !peer.ready) throw new Error('Peer does not exist');
    if (!peer.servesWitnesses) throw new Error('Pre-SegWit peer');
    if (peer.blocks.requests.has(entry.hash)) throw new Error('Already requested from this peer');
    this.ask(peer, [entry]);
  }

  /** Notes that a peer was asked for a block; the asking itself is the caller's. */
  note(peer: Peer, entry: HeaderEntry, partial?: PartialBlock): BlockRequest {
    const { requests } = peer.blocks;
    const known = requests.get(entry.hash);
    if (known !== undefined) {
      // Asked again, it has no more time: or a peer could announce one block for ever and never give it.
      if (known.partial !== 'failed') known.partial = partial;
      return known;
    }
    const request: BlockRequest = { entry, since: this.#context.clock.elapsed(), partial };
    requests.set(entry.hash, request);
    this.#inFlight.set(entry.hash, [...this.askedFor(entry.hash), peer]);
    if (requests.size === 1) this.#watch(peer);
    return request;
  }

  /** Asks for whole blocks. */
  ask(peer: Peer, entries: readonly HeaderEntry[]): void {
    if (entries.length === 0 || peer.closed) return;
    for (const entry of entries) this.note(peer, entry);
    const type = peer.servesWitnesses ? InventoryType.WITNESS_BLOCK : InventoryType.BLOCK;
    const items = entries.map((entry) => ({ type, hash: entry.hashBytes }));
    peer.send('getdata', { items });
  }

  /** Nothing is on the way, from anyone. */
  get isIdle(): boolean {
    return this.#inFlight.size === 0;
  }

  /** From where segwit holds, a block without its witnesses is of no use. */
  canServe(peer: Peer, entry: HeaderEntry): boolean {
    return peer.servesWitnesses || entry.height < this.#context.parameters.heights.segwit;
  }

  /** The peer does not have it after all. */
  notFound(peer: Peer, hash: BlockHash): void {
    this.#forget(peer, hash);
    this.fillAll();
  }

  /** Whether a block was asked for, of anyone, or promises enough work to be looked at. */
  #wants(header: BlockHeader): boolean {
    const { chain } = this.#context;
    const parent = chain.entry(header.prev);
    return (
      this.askedFor(header.hash).length > 0 ||
      (parent !== undefined && parent.chainWork + workFromBits(header.bits) >= chain.workThreshold)
    );
  }

  /** A block arrived that is wanted. */
  receive(peer: Peer, block: Block): Promise<void> {
    return this.accept(peer, block, { blame: true, requested: this.askedFor(block.hash).length > 0 });
  }

  /** `blame`: an invalid block is this peer's fault; not if it relays compact blocks unverified (BIP152). */
  async accept(
    peer: Peer,
    block: Block,
    { blame, requested }: { readonly blame: boolean; readonly requested: boolean },
  ): Promise<void> {
    const { chain, clock } = this.#context;
    const known = peer.blocks.requests.get(block.hash)?.entry ?? chain.entry(block.hash);
    this.#forget(peer, block.hash);
    peer.blocks.keptBack = 0;
    this.#judging.add(block);
    if (known !== undefined) this.#stored.add(known, block, blame ? peer : undefined);
    this.fill(peer);
    const verdict = await chain.acceptBlock(block, { requested });
    this.#judging.delete(block);
    if (verdict.ok) {
      if (verdict.new) peer.lastBlock = clock.seconds();
      if (verdict.connected || !verdict.new) this.#stored.delete(block.hash);
      this.#overtake(block.hash);
    } else {
      this.#stored.delete(block.hash);
      const { kind, message } = verdict.invalid;
      // As Core has it: of a changed body first what is wrong, else first which block.
      const what =
        kind === 'mutated'
          ? `Block mutated: ${message}, ${block.hash}`
          : `Block refused: ${block.hash}, ${message}`;
      this.#context.logger.log('debug', 'validation', `${what} (peer=${peer.id})`);
      if (blame && (kind === 'mutated' || kind === 'consensus')) this.#context.peers.punish(peer, message);
      else if (kind === 'mutated' && known !== undefined && this.canAsk(peer)) this.ask(peer, [known]);
      // The header may still have a true body: ask others for it.
      if (kind !== 'mutated' || known === undefined) this.#overtake(block.hash);
    }
    this.fillAll();
  }

  /** The block is here: whoever else was asked is not waited for, and those that kept it back are noted. */
  #overtake(hash: BlockHash): void {
    const now = this.#context.clock.elapsed();
    for (const peer of this.askedFor(hash)) {
      const isLate = now - sinceOf(peer, hash) >= this.#stallTimeout.milliseconds;
      this.#forget(peer, hash);
      if (isLate && ++peer.blocks.keptBack >= KEPT_BACK_LIMIT) peer.close('keeps back blocks');
    }
  }

  #forget(peer: Peer, hash: BlockHash): void {
    if (peer.blocks.requests.delete(hash)) {
      peer.blocks.stalls?.cancel();
      peer.blocks.stalls = undefined;
    }
    const others = this.askedFor(hash).filter((other) => other !== peer);
    if (others.length === 0) this.#inFlight.delete(hash);
    else this.#inFlight.set(hash, others);
  }

  fillAll(): void {
    this.#heldBack = false;
    for (const peer of this.#context.peers.ready()) this.fill(peer);
  }

  /**
   * How many blocks may be asked for besides the nearest. While the chain is busy, or what it waits for was asked
   * for only now, no more than it will soon need.
   * @param next the first block that is not here
   */
  #roomAhead(next: HeaderEntry): number {
    const { chain, clock } = this.#context;
    const [asked] = this.askedFor(next.hash);
    const soon = asked !== undefined && clock.elapsed() - sinceOf(asked, next.hash) < SOON;
    if (!chain.isConnecting && !soon) return DOWNLOAD_WINDOW;
    const { bytes, usualBytes } = this.#stored;
    const ahead = bytes + this.#inFlight.size * usualBytes;
    return Math.ceil((MAXIMUM_AHEAD - ahead) / Math.max(usualBytes, 1));
  }

  /** Asks a peer for what is next, if it has room and we lack something that it has. */
  fill(peer: Peer): void {
    if (!peer.ready || this.#judging.isFull || this.#context.chain.isReindexing) return;
    const room = this.placesOf(peer);
    if (room === 0) return;
    const { next, waiting, held } = this.#next(peer, room);
    const wanted = !peer.preferred && this.#isServedByChoice() ? [] : next;
    const all = [...wanted, ...this.#nextEarly(peer, room - wanted.length)];
    this.ask(peer, all);
    if (all.length > 0) return;
    if (waiting !== undefined) this.#hedge(peer, waiting);
    const [first] = held === undefined ? [] : this.askedFor(held.hash);
    if (first !== undefined && first !== peer) this.#stallTimeout.suspect(first, held!, peer, this.#isComing);
  }

  /**
   * We are far behind, and a peer that we dialled has what is missing: strangers, who could keep back much of it
   * together, are asked only for what it keeps back itself (after Core).
   */
  #isServedByChoice(): boolean {
    const { chain } = this.#context;
    if (chain.bestHeader.height - chain.height <= BLOCKS_IN_FLIGHT) return false;
    for (const peer of this.#context.peers.ready())
      if (peer.preferred && peer.servesHistory && peer.servesWitnesses)
        if ((peer.chain.best?.chainWork ?? 0n) > chain.tip.chainWork) return true;
    return false;
  }

  /** Blocks to ask for; the first one on the way, and the first that only others were asked for. */
  #next(peer: Peer, room: number): { next: HeaderEntry[]; waiting?: HeaderEntry; held?: HeaderEntry } {
    const { chain } = this.#context;
    const theirs = peer.chain;
    theirs.resolve(chain);
    const { best } = theirs;
    const none = { next: [] };
    if (best === undefined || best.chainWork < chain.tip.chainWork || !servesBlocks(peer.services))
      return none;
    if (best.chainWork < chain.workThreshold || leadsAstray(chain, best)) return none;
    // As Core has it: what they lack would be missing. Where age says nothing they may have all that is missing.
    if (!peer.servesHistory && chain.maxTipAge > 0 && chain.isInitialBlockDownload) return none;
    const common = theirs.commonWith(chain.tip);
    // All of it is here, and waits to be connected.
    if (common === best) return none;
    const end = common.height + DOWNLOAD_WINDOW;
    const near = chain.height + NEAREST_BLOCKS;
    let roomAhead = this.#roomAhead(best.ancestor(common.height + 1));
    const next: HeaderEntry[] = [];
    let [waiting, held]: HeaderEntry[] = [];
    let contiguous = true;
    for (let height = common.height + 1; height <= Math.min(best.height, end); height++) {
      const entry = best.ancestor(height);
      if (entry.failed !== 'none' || !this.canServe(peer, entry)) break;
      if (entry.haveData || chain.isActive(entry)) {
        if (contiguous) theirs.common = entry;
        continue;
      }
      contiguous = false;
      if (this.#judging.has(entry.hash)) continue;
      const asked = this.askedFor(entry.hash);
      if (asked.length > 0) {
        held ??= entry;
        if (!asked.includes(peer)) waiting ??= entry;
        continue;
      }
      // BIP159: such a peer has the last 288 blocks only, and one or two less when new ones come.
      if (!peer.servesHistory && best.height - height >= MIN_BLOCKS_TO_KEEP - 2) continue;
      if (height > near && roomAhead-- <= 0) {
        this.#heldBack = true;
        break;
      }
      next.push(entry);
      if (next.length === room) break;
    }
    // The window moves as blocks are connected.
    if (end < best.height && next.length < room) this.#heldBack = true;
    return { next, ...(waiting && { waiting }), ...(held && { held }) };
  }

  /** Blocks up to that of a snapshot, to verify it in the background. */
  #nextEarly(peer: Peer, room: number): HeaderEntry[] {
    const early: HeaderEntry[] = [];
    if (peer.servesHistory)
      for (const entry of missingEarly(this.#context.chain, peer.chain.best)) {
        if (early.length >= room || !this.canServe(peer, entry)) break;
        if (!this.#judging.has(entry.hash) && this.askedFor(entry.hash).length === 0) early.push(entry);
      }
    return early;
  }

  /**
   * This peer has nothing to do while another holds up what comes next. Once that has taken too long, ask
   * this one too.
   */
  #hedge(peer: Peer, entry: HeaderEntry): void {
    const asked = this.askedFor(entry.hash);
    const waits = asked
      .map(
        (other) =>
          sinceOf(other, entry.hash) + this.#stallTimeout.milliseconds - this.#context.clock.elapsed(),
      )
      .filter((wait) => wait > 0);
    if (waits.length === asked.length || !this.hasPlace(peer, entry.hash)) {
      peer.blocks.hedgeTimer?.cancel();
      peer.blocks.hedgeTimer = peer.schedule(Math.min(...waits), () => this.fill(peer));
      return;
    }
    if (peer.servesHistory || this.#isRecent(entry)) this.ask(peer, [entry]);
  }

  readonly #isComing = ({ haveData, hash }: HeaderEntry): boolean =>
    haveData || this.#inFlight.has(hash) || this.#judging.has(hash);

  #isRecent(entry: HeaderEntry): boolean {
    return this.#context.chain.bestHeader.height - entry.height < MIN_BLOCKS_TO_KEEP;
  }

  /** A peer that delivers nothing for long, while blocks are asked of it, is let go. */
  #watch(peer: Peer): void {
    const { clock, peers } = this.#context;
    const others = Math.max(0, [...peers.ready()].length - 1);
    const timeout = DOWNLOAD_TIMEOUT * (1 + others / 2);
    peer.blocks.watchTimer?.cancel();
    peer.blocks.watchTimer = peer.schedule(timeout, () => {
      const [first] = peer.blocks.requests.values();
      if (first === undefined) return;
      if (clock.elapsed() - first.since >= timeout) peer.close('block download timeout');
      else this.#watch(peer);
    });
  }
}

/** When a peer was asked for a block. */
const sinceOf = (peer: Peer, hash: BlockHash): number => peer.blocks.requests.get(hash)!.since;
