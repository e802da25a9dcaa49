/**
 * How new blocks travel: announced by header, inventory or compact block (BIP130, BIP152), and fetched.
 * Owns no request of older blocks; that is block download's.
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import { workFromBits } from '../core/block/target.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import type { BlockDownload } from './block-download.ts';
import { compactBlockOf, PartialBlock } from './compact-block.ts';
import type { Handlers, NetworkContext, Part } from './context.ts';
import type { HeaderSync } from './header-sync.ts';
import type { BlockTransactions, CompactBlock } from './messages/compact-blocks.ts';
import { InventoryType } from './messages/inventory.ts';
import { encodeBody } from './messages/table.ts';
import type { Peer } from './peer.ts';
import type { PeerChain } from './peer-chain.ts';
import { BLOCKS_IN_FLIGHT } from './protocol.ts';

/** More new blocks than this are announced by the last one only. */
const MAXIMUM_ANNOUNCED = 8;
const HIGH_BANDWIDTH_PEERS = 3;
const COMPACT_VERSION = 2n;
/** A header this far above our tip is for block download. */
const COMPACT_LOOKAHEAD = 2;

export class BlockRelay implements Part {
  readonly #context: NetworkContext;
  readonly #download: BlockDownload;
  readonly #headers: HeaderSync;
  /** Transactions that blocks may contain besides the mempool's. */
  readonly #extra: () => Iterable<Transaction>;
  /** Those that gave us new blocks first, latest last: they send compact blocks unasked. */
  #highBandwidth: Peer[] = [];
  /** Height of the last block that was announced before it was verified. */
  #announcedEarly = -1;
  readonly handlers: Handlers;

  constructor(
    context: NetworkContext,
    parts: { download: BlockDownload; headers: HeaderSync; extra: () => Iterable<Transaction> },
  ) {
    this.#context = context;
    this.#download = parts.download;
    this.#headers = parts.headers;
    this.#extra = parts.extra;
    parts.headers.accepted.subscribe(({ peer, last }) => this.#headersAccepted(peer, last));
    context.chain.extended.subscribe(({ entry, block }) => this.#announceEarly(entry, block));
    context.chain.tipChanged.subscribe(({ tip, fork }) => this.#announce(tip, fork));
    this.handlers = {
      sendheaders: (peer) => {
        peer.sendHeaders = true;
      },
      sendcmpct: (peer, body) => {
        if (body.version !== COMPACT_VERSION) return;
        const chain = peer.chain;
        chain.compactBlocks = true;
        chain.highBandwidthFrom = body.announce;
      },
      block: (peer, body) => this.#receiveBlock(peer, body.block),
      cmpctblock: (peer, body) => this.#receiveCompact(peer, body),
      blocktxn: (peer, body) => this.#receiveTransactions(peer, body),
    };
  }

  opened(peer: Peer): void {
    peer.send('sendcmpct', { announce: false, version: COMPACT_VERSION });
    peer.send('sendheaders', {});
  }

  closed(peer: Peer): void {
    this.#highBandwidth = this.#highBandwidth.filter((other) => other !== peer);
  }

  /** Headers came: fetch what they announce, if we are close enough to know that we want it. */
  #headersAccepted(peer: Peer, last: HeaderEntry): void {
    const wanted = this.#missing(peer, last).slice(0, this.#download.placesOf(peer));
    const [only] = wanted;
    const isNext = wanted.length === 1 && only!.parent === this.#context.chain.tip;
    if (isNext && this.#download.isIdle && this.#usesCompact(peer)) {
      this.#download.note(peer, only!);
      peer.send('getdata', { items: [{ type: InventoryType.COMPACT_BLOCK, hash: only!.hashBytes }] });
    } else this.#download.ask(peer, wanted);
    this.#download.fillAll();
  }

  /**
   * What a peer that told of a block as good as our tip may be asked for to get there, earliest first, though it has
   * told of better ones before (Core's HeadersDirectFetchBlocks). Nothing if that is much: so far behind, or so late
   * for another branch, blocks are asked of all.
   */
  #missing(peer: Peer, last: HeaderEntry): HeaderEntry[] {
    const { chain } = this.#context;
    if (chain.isInitialBlockDownload || last.failed !== 'none') return [];
    if (last.chainWork < chain.tip.chainWork) return [];
    const missing: HeaderEntry[] = [];
    for (let at = last; !chain.isActive(at); at = at.parent!) {
      const isHere = at.haveData || this.#download.judging.has(at.hash);
      const isAsked = this.#download.askedFor(at.hash).length > 0;
      if (!isHere && !isAsked && this.#download.canServe(peer, at)) missing.unshift(at);
      if (missing.length > BLOCKS_IN_FLIGHT) return [];
    }
    return missing;
  }

  /** It sends compact blocks, and we have transactions to put them together. */
  #usesCompact(peer: Peer): boolean {
    return peer.chain.compactBlocks && !(this.#context.options.blocksOnly ?? false);
  }

  async #receiveBlock(peer: Peer, block: Block): Promise<void> {
    const { chain } = this.#context;
    const before = chain.tip;
    const judged = this.#download.receive(peer, block).then(() => {
      if (chain.tip !== before) this.#prefer(peer, block.hash);
    });
    // Of blocks that come one after the other the next is read while this one is judged: else no thread had
    // anything to verify between two of them.
    if (peer.blocks.requests.size === 0) return judged;
    judged.catch((error: Error) => chain.fatal.emit(error));
    await this.#download.judging.room();
  }

  async #receiveCompact(peer: Peer, compact: CompactBlock): Promise<void> {
    const { chain } = this.#context;
    if (!this.#usesCompact(peer)) return;
    const parent = chain.entry(compact.header.prev);
    if (parent === undefined) {
      if (!chain.isInitialBlockDownload) this.#headers.announced(peer, compact.header.hash);
      return;
    }
    if (parent.chainWork + workFromBits(compact.header.bits) < chain.workThreshold) {
      this.#context.logger.log('debug', 'net', `Ignoring low-work compact block from peer ${peer.id}`);
      return;
    }
    const verdict = chain.acceptHeaders([compact.header]);
    if (!verdict.ok) {
      if (verdict.invalid.kind === 'consensus') this.#context.peers.punish(peer, verdict.invalid.message);
      else if (verdict.invalid.kind === 'early') this.#headers.tooNew(peer, [compact.header]);
      return;
    }
    const entry = chain.entry(compact.header.hash);
    if (entry === undefined || entry.failed !== 'none') return;
    peer.chain.learn(entry);
    if (entry.haveData || this.#download.judging.has(entry.hash)) return;
    const asked = peer.blocks.requests.get(entry.hash);
    // From others it says no more than where their chain is.
    if (asked === undefined && !peer.chain.highBandwidthTo) return this.#download.fill(peer);
    const near = entry.height <= chain.height + COMPACT_LOOKAHEAD && entry.chainWork > chain.tip.chainWork;
    if (near && asked?.partial === undefined) await this.#rebuild(peer, entry, compact);
    else if (asked === undefined) this.#headersAccepted(peer, entry);
    else if (asked.partial === undefined) this.#download.ask(peer, [entry]);
  }

  /** With nothing missing, always; what is missing is asked for if there is a place. */
  async #rebuild(peer: Peer, entry: HeaderEntry, compact: CompactBlock): Promise<void> {
    const partial = PartialBlock.from(compact, this.#candidates());
    if (partial === 'invalid') return this.#context.peers.punish(peer, 'invalid compact block');
    const missing = partial === 'collision' ? [] : partial.missing;
    if (partial !== 'collision' && missing.length === 0) return this.#complete(peer, entry, partial, []);
    // It may be one of several copies on the way: a few in parallel defeat a peer that stalls.
    const mayAsk = this.#download.canAsk(peer) && this.#download.hasPlace(peer, entry.hash);
    if (peer.blocks.requests.get(entry.hash) === undefined && !mayAsk) return this.#download.fill(peer);
    if (partial === 'collision') return this.#download.ask(peer, [entry]);
    this.#download.note(peer, entry, partial);
    peer.send('getblocktxn', { blockHash: entry.hashBytes, indexes: missing });
  }

  async #receiveTransactions(peer: Peer, body: BlockTransactions): Promise<void> {
    const request = peer.blocks.requests.get(toDisplayHex(body.blockHash) as BlockHash);
    if (request?.partial === undefined) return;
    const { partial } = request;
    if (partial === 'failed')
      return this.#context.peers.punish(peer, 'previous compact block reconstruction attempt failed');
    request.partial = 'failed';
    await this.#complete(peer, request.entry, partial, body.transactions);
  }

  async #complete(
    peer: Peer,
    entry: HeaderEntry,
    partial: PartialBlock,
    transactions: readonly Transaction[],
  ): Promise<void> {
    const block = partial.complete(transactions);
    if (block === 'invalid')
      return this.#context.peers.punish(peer, 'invalid compact block/non-matching block transactions');
    if (block === 'collision') return this.#download.ask(peer, [entry]);
    const before = this.#context.chain.tip;
    await this.#download.accept(peer, block, { blame: false, requested: true });
    if (this.#context.chain.tip !== before) this.#prefer(peer, block.hash);
  }

  *#candidates(): Iterable<Transaction> {
    for (const entry of this.#context.mempool.graph.entries()) yield entry.tx;
    yield* this.#extra();
  }

  /** BIP152: three peers that were first with new blocks send compact ones unasked. */
  #prefer(peer: Peer, hash: BlockHash): void {
    const { chain } = this.#context;
    if (chain.tip.hash !== hash || chain.isInitialBlockDownload || peer.closed) return;
    if (!this.#usesCompact(peer) || peer.type === 'block-relay-only') return;
    const without = this.#highBandwidth.filter((other) => other !== peer);
    if (without.length === this.#highBandwidth.length) {
      this.#setHighBandwidth(peer, true);
      // Strangers do not take the last place of a peer that we dialled.
      const kept = peer.inbound && without.filter((other) => !other.inbound).length === 1;
      const leaving = kept && !without[0]!.inbound ? 1 : 0;
      if (without.length >= HIGH_BANDWIDTH_PEERS)
        this.#setHighBandwidth(without.splice(leaving, 1)[0]!, false);
    }
    this.#highBandwidth = [...without, peer];
  }

  #setHighBandwidth(peer: Peer, announce: boolean): void {
    peer.chain.highBandwidthTo = announce;
    peer.send('sendcmpct', { announce, version: COMPACT_VERSION });
  }

  /**
   * To those who want compact blocks unasked, a block goes on before its scripts are verified (BIP152): work was
   * done for it, and nobody is blamed. Of rivals at one height only the first.
   */
  #announceEarly(entry: HeaderEntry, block: Block): void {
    const { chain } = this.#context;
    if (chain.isInitialBlockDownload || entry.height <= this.#announcedEarly) return;
    this.#announcedEarly = entry.height;
    const peers = [...this.#context.peers.ready()].filter((peer) => this.#wantsUnasked(peer, entry));
    if (peers.length === 0) return;
    this.#sendCompact(peers, entry, block);
    // Ahead of all that is done with the block here.
    for (const { connection } of peers) connection.flush?.();
  }

  /** It does not have the block, but the one before. */
  #wantsUnasked(peer: Peer, entry: HeaderEntry): boolean {
    const theirs = peer.chain;
    if (!theirs.highBandwidthFrom || entry.parent === null) return false;
    theirs.resolve(this.#context.chain);
    return !theirs.has(entry) && theirs.has(entry.parent);
  }

  #announce(tip: HeaderEntry, fork: HeaderEntry): void {
    const { chain } = this.#context;
    if (chain.isInitialBlockDownload) return;
    const entries: HeaderEntry[] = [];
    for (let at = tip; at !== fork && entries.length <= MAXIMUM_ANNOUNCED; at = at.parent!)
      entries.unshift(at);
    const compactWanted: Peer[] = [];
    for (const peer of this.#context.peers.ready()) {
      const theirs = peer.chain;
      theirs.resolve(chain);
      if (theirs.has(tip)) continue;
      if (this.#wantsUnasked(peer, tip)) compactWanted.push(peer);
      else this.#announceTo(peer, theirs, tip, entries);
    }
    if (compactWanted.length === 0) return;
    chain.blocks.readBlock(tip).then(
      (block) => this.#sendCompact(compactWanted, tip, block),
      (error: Error) => chain.fatal.emit(error),
    );
  }

  /** By headers where the peer asked for them and has what comes before them, else by the tip's hash. */
  #announceTo(peer: Peer, theirs: PeerChain, tip: HeaderEntry, entries: readonly HeaderEntry[]): void {
    const first = entries.findIndex((entry) => !theirs.has(entry));
    const rest = entries.slice(Math.max(first, 0));
    const parent = rest[0]?.parent;
    const connects = parent !== null && parent !== undefined && theirs.has(parent);
    if (peer.sendHeaders && connects && rest.length <= MAXIMUM_ANNOUNCED) {
      peer.send('headers', { headers: rest.map((entry) => entry.header) });
      theirs.announced = tip;
    } else peer.send('inv', { items: [{ type: InventoryType.BLOCK, hash: tip.hashBytes }] });
  }

  /** One encoding for all. */
  #sendCompact(peers: readonly Peer[], entry: HeaderEntry, block: Block): void {
    const payload = encodeBody('cmpctblock', compactBlockOf(block, this.#compactNonce()));
    for (const peer of peers) {
      if (peer.chain.has(entry)) continue;
      peer.sendPayload('cmpctblock', payload);
      peer.chain.announced = entry;
    }
  }

  #compactNonce(): bigint {
    return BigInt(this.#context.random.below(2 ** 48));
  }
}
