/** Headers first: asks peers for headers, judges what they send, and knows who is asked. Owns no block. */
import type { HeaderEntry } from '../chain/header-entry.ts';
import { Signal } from '../chain/signal.ts';
import type { BlockHash, BlockHeader } from '../core/block/header.ts';
import { checkProofOfWork } from '../core/block/proof-of-work.ts';
import { workFromBits } from '../core/block/target.ts';
import { equalBytes } from '../core/encoding/bytes.ts';
import type { Timer } from '../seams.ts';
import type { Handlers, NetworkContext, Part } from './context.ts';
import { HeadersPresync } from './headers-presync.ts';
import { MAXIMUM_HEADERS } from './messages/inventory.ts';
import type { Peer } from './peer.ts';
import { HOUR, MINUTE, PROTOCOL_VERSION, SECOND, servesBlocks } from './protocol.ts';

/** A getheaders that was not answered is repeated after this long. */
const HEADERS_RESPONSE_TIME = 2 * MINUTE;
const HEADERS_DOWNLOAD_TIMEOUT = 15 * MINUTE;
/** Headers further ahead than this are not worth a timer: the peer announces more before. */
const LONGEST_WAIT = HOUR;
const NO_STOP = new Uint8Array(32);
/** The time rules allow no more than six blocks a second (median of eleven must grow). */
const MAXIMUM_BLOCKS_A_SECOND = 6;

export class HeaderSync implements Part {
  readonly #context: NetworkContext;
  /** Headers are in the tree; the last one of a message. */
  readonly accepted = new Signal<{ readonly peer: Peer; readonly last: HeaderEntry }>();
  /** While our headers are a day old, one peer is asked at a time. */
  #syncPeer: Peer | undefined;
  #syncTimer: Timer | undefined;
  /** The last block that made us ask a peer which is not asked by itself. */
  #lastInventory: BlockHash | undefined;
  readonly handlers: Handlers;

  constructor(context: NetworkContext) {
    const { chain, peers } = context;
    this.#context = context;
    chain.rewound.subscribe(() => {
      for (const peer of peers.ready()) peer.chain.rewind(chain);
    });
    // However we came to a recent block: perhaps we made it.
    context.chain.tipChanged.subscribe(() => {
      if (this.#syncPeer !== undefined && this.#isRecent()) this.#askAll(this.#syncPeer);
    });
    this.handlers = { headers: (peer, body) => this.#receive(peer, body.headers) };
  }

  /** A peer joined: ask it, unless another is being asked for the bulk. */
  opened(peer: Peer): void {
    if (peer.type === 'feeler' || peer.type === 'addr-fetch' || !servesBlocks(peer.services)) return;
    const bulk = !this.#isRecent();
    // One that we dialled takes over from a stranger, who may have come to keep us waiting.
    if (bulk && this.#syncPeer !== undefined && (!peer.preferred || this.#syncPeer.preferred)) return;
    peer.chain.headersStarted = true;
    const { bestHeader } = this.#context.chain;
    peer.note(`initial getheaders (${(bestHeader.parent ?? bestHeader).height}) to peer=${peer.id}`);
    // From the parent of our best header, so that the answer is never empty and says whether it has ours.
    this.request(peer, this.#context.chain.locator(bestHeader.parent ?? bestHeader));
    if (!bulk) return;
    this.#syncPeer = peer;
    const { clock, parameters } = this.#context;
    peer.chain.bulkSince = clock.elapsed();
    const expected = (clock.seconds() - bestHeader.time) / parameters.targetSpacing;
    this.#watch(peer, HEADERS_DOWNLOAD_TIMEOUT + expected);
  }

  /** The bulk must have come after so many milliseconds. */
  #watch(peer: Peer, timeout: number): void {
    const { clock } = this.#context;
    const left = (): number => peer.chain.bulkSince! + timeout - clock.elapsed();
    this.#syncTimer?.cancel();
    this.#syncTimer = clock.schedule(left(), () => {
      if (this.#syncPeer !== peer || this.#isRecent() || peer.closed) return;
      // Somebody has moved our time since.
      if (left() > 0) this.#watch(peer, timeout);
      else if (!this.#hasOther(peer)) {
        peer.chain.bulkSince = clock.elapsed();
        this.#watch(peer, timeout);
      } else if (peer.may('noban')) {
        peer.note(`Timeout downloading headers from noban peer, not disconnecting peer=${peer.id}`);
        this.#nextSyncPeer();
      } else peer.close('Timeout downloading headers');
    });
  }

  /** One that we chose could be asked instead. */
  #hasOther(peer: Peer): boolean {
    const others = [...this.#context.peers.ready()].filter((other) => other !== peer);
    return others.some(({ preferred, services }) => preferred && servesBlocks(services));
  }

  closed(peer: Peer): void {
    if (this.#syncPeer === peer) this.#nextSyncPeer();
  }

  /**
   * Outbound peers are for learning the best chain: one that has shown less work than ours for a while is
   * asked once more, and let go if it does not catch up (Core's ConsiderEviction).
   */
  review(): void {
    const { chain } = this.#context;
    for (const peer of this.#context.peers.ready()) {
      if (peer.inbound || peer.type === 'manual') continue;
      const theirs = peer.chain;
      if (theirs.best !== undefined && theirs.best.chainWork >= chain.tip.chainWork)
        theirs.behind = undefined;
      else if (theirs.behind === undefined) theirs.behind = chain.tip;
      else if ((theirs.best?.chainWork ?? 0n) < theirs.behind.chainWork) {
        if (theirs.warned) peer.close('its chain stays behind');
        theirs.warned = true;
        this.request(peer, chain.locator(chain.bestHeader.parent ?? chain.bestHeader));
      } else theirs.behind = undefined;
      if (theirs.behind === undefined) theirs.warned = false;
    }
  }

  /** A peer announced a block: if it is new to us, ask for the headers that lead to it. */
  announced(peer: Peer, hash: BlockHash): void {
    const known = this.#context.chain.entry(hash);
    const chain = peer.chain;
    if (known !== undefined) {
      chain.learn(known);
      return;
    }
    chain.unknown = hash;
    // Of those that are not asked by themselves, each block lets us ask one, and each only once (after Core).
    if (!chain.headersStarted) {
      if (chain.askedForInventory || this.#lastInventory === hash) return;
      chain.askedForInventory = true;
      this.#lastInventory = hash;
    }
    this.request(peer);
  }

  /**
   * Headers were too far in the future, which may only mean that our clock is late: what came before them counts,
   * and they are asked for again when their time has come.
   */
  tooNew(peer: Peer, headers: readonly BlockHeader[]): void {
    const { clock, parameters } = this.#context;
    const chain = peer.chain;
    const latest = clock.seconds() + parameters.maxFutureBlockTime;
    const first = headers.find(({ time }) => time > latest);
    const wait = Math.max(1, (first?.time ?? 0) - latest);
    if (chain.tooNew !== undefined || wait * SECOND > LONGEST_WAIT) return;
    chain.tooNew = peer.schedule(wait * SECOND, () => {
      chain.tooNew = undefined;
      this.request(peer);
    });
  }

  /** @param locator 32-byte hashes, newest first */
  request(peer: Peer, locator: readonly Uint8Array[] = this.#ownLocator()): void {
    const chain = peer.chain;
    const now = this.#context.clock.elapsed();
    if (chain.headersAsked !== undefined && now - chain.headersAsked < HEADERS_RESPONSE_TIME) return;
    chain.headersAsked = now;
    peer.send('getheaders', { version: PROTOCOL_VERSION, locator, stop: NO_STOP });
  }

  #ownLocator(): Uint8Array[] {
    return this.#context.chain.locator(this.#context.chain.bestHeader);
  }

  /** Networks whose tip may be of any age never need to ask one peer at a time. */
  #isRecent(): boolean {
    const { chain, clock } = this.#context;
    return chain.maxTipAge === 0 || chain.bestHeader.time > clock.seconds() - (24 * HOUR) / SECOND;
  }

  #nextSyncPeer(): void {
    this.#syncTimer?.cancel();
    this.#syncPeer = undefined;
    const peers = [...this.#context.peers.ready()].sort((a, b) => Number(a.inbound) - Number(b.inbound));
    for (const peer of peers) if (this.#syncPeer === undefined && !peer.closed) this.opened(peer);
  }

  #receive(peer: Peer, headers: readonly BlockHeader[]): void {
    const chain = peer.chain;
    if (headers.length === 0) {
      chain.headersAsked = undefined;
      chain.presync = undefined;
      return;
    }
    const offence = this.#check(headers);
    if (offence !== undefined) this.#context.peers.punish(peer, offence);
    else if (chain.presync !== undefined) this.#continuePresync(peer, chain.presync, headers);
    else this.#judge(peer, headers);
  }

  #check(headers: readonly BlockHeader[]): string | undefined {
    for (let i = 0; i < headers.length; i++) {
      const header = headers[i]!;
      if (i > 0 && !equalBytes(header.prevHash, headers[i - 1]!.hashBytes))
        return 'non-continuous headers sequence';
      if (!checkProofOfWork(header.hashBytes, header.bits, this.#context.parameters))
        return 'header with invalid proof of work';
    }
    return undefined;
  }

  #judge(peer: Peer, headers: readonly BlockHeader[]): void {
    const { chain, clock, parameters } = this.#context;
    const last = headers[headers.length - 1]!;
    const parent = chain.entry(headers[0]!.prev);
    if (parent === undefined) {
      peer.chain.unknown = last.hash;
      this.request(peer);
      return;
    }
    peer.chain.headersAsked = undefined;
    let work = parent.chainWork;
    for (const header of headers) work += workFromBits(header.bits);
    if (chain.entry(last.hash) !== undefined || work >= chain.workThreshold || peer.may('noban')) {
      this.#store(peer, headers, headers.length === MAXIMUM_HEADERS);
      return;
    }
    // A branch with too little work that has ended is not worth storing, whoever made it.
    if (headers.length < MAXIMUM_HEADERS) {
      peer.note(`Ignoring low-work chain (height=${parent.height + headers.length}) from peer=${peer.id}`);
      return;
    }
    const seconds = Math.max(0, clock.seconds() + parameters.maxFutureBlockTime - parent.medianTimePast);
    const presync = new HeadersPresync(parent, chain.workThreshold, MAXIMUM_BLOCKS_A_SECOND * seconds);
    peer.chain.presync = presync;
    this.#continuePresync(peer, presync, headers);
  }

  #continuePresync(peer: Peer, presync: HeadersPresync, headers: readonly BlockHeader[]): void {
    const step = presync.next(headers);
    const chain = peer.chain;
    chain.headersAsked = undefined;
    if (step.kind === 'abandon') {
      chain.presync = undefined;
      this.#context.logger.log('debug', 'net', `headers of peer ${peer.id} abandoned: ${step.reason}`);
      return;
    }
    if (step.kind === 'store') {
      const end = step.after === undefined;
      if (end) chain.presync = undefined;
      this.#store(peer, step.headers, end);
    }
    if (step.after !== undefined)
      this.request(peer, [step.after, ...this.#context.chain.locator(presync.start).slice(0, 90)]);
  }

  /** Headers that belong to a chain with enough work. */
  #store(peer: Peer, headers: readonly BlockHeader[], more: boolean): void {
    const { chain } = this.#context;
    const verdict = chain.acceptHeaders(headers);
    const { last } = verdict;
    if (!verdict.ok) {
      const { kind, message } = verdict.invalid;
      this.#context.logger.log('debug', 'validation', `header of peer ${peer.id} refused: ${message}`);
      // One on a branch long known to be invalid is of no use from those we chose; who came to us may still learn
      // from us that it is (Core's BLOCK_CACHED_INVALID), and could not if it were sent away each time.
      if (kind === 'consensus' || (kind === 'duplicate' && !peer.inbound))
        this.#context.peers.punish(peer, message);
      if (kind !== 'early') return;
      this.tooNew(peer, headers);
    }
    if (last === undefined) return;
    peer.chain.learn(last);
    if (more && verdict.ok) this.request(peer, chain.locator(last));
    else if (this.#syncPeer === peer && this.#isRecent()) this.#askAll(peer);
    const short = !more && chain.isInitialBlockDownload && last.chainWork < chain.workThreshold;
    if (short && !peer.inbound && peer.type !== 'manual') peer.close('its chain has too little work');
    else this.accepted.emit({ peer, last });
  }

  /** The bulk is here: now everyone may tell what they have. */
  #askAll(except: Peer): void {
    this.#syncTimer?.cancel();
    this.#syncPeer = undefined;
    for (const peer of this.#context.peers.ready()) if (peer !== except) this.opened(peer);
  }
}
