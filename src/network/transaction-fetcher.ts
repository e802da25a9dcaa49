/**
 * Transactions that others announce: what is worth asking for, what becomes of an answer, and orphans that
 * wait for parents (alone, or as a package of one parent and one child).
 */
import { fromDisplayHex, toDisplayHex } from '../core/encoding/bytes.ts';
import { MAX_STANDARD_TX_WEIGHT } from '../core/script/standard.ts';
import type { Transaction, Txid, Wtxid } from '../core/transaction/transaction.ts';
import { type Orphan, OrphanPool } from '../mempool/orphans.ts';
import type { AcceptResult, Refused } from '../mempool/results.ts';
import type { Handlers, NetworkContext, Part, Screens } from './context.ts';
import { type InventoryItem, InventoryType, inventoryText } from './messages/inventory.ts';
import type { Peer } from './peer.ts';
import { GETDATA_BATCH } from './protocol.ts';
import { RecentSet } from './recent-set.ts';
import type { TransactionAnnouncer } from './transaction-announcer.ts';
import { type Announcement, TransactionRequests } from './transaction-requests.ts';

const REMEMBERED = 20_000;
/** Refused or replaced transactions that a block may still contain. */
const EXTRA_TRANSACTIONS = 100;
/** Bytes. Larger ones are not kept for it: what was refused may have any size, and cost its sender nothing. */
const MAXIMUM_EXTRA_SIZE = 25_000;
/** An orphan with more missing parents than this is not worth the asking. */
const MAXIMUM_MISSING = 24;

export class TransactionFetcher implements Part {
  readonly #context: NetworkContext;
  readonly #announcer: TransactionAnnouncer;
  readonly #requests: TransactionRequests;
  readonly #orphans = new OrphanPool();
  /** Refused for good (until the tip changes): by wtxid, and by txid where the witness cannot matter. */
  readonly #rejected = new RecentSet<string>(REMEMBERED);
  /** Refused for their fee alone: only a child can bring them in. */
  readonly #reconsiderable = new RecentSet<string>(REMEMBERED);
  readonly #confirmed = new RecentSet<string>(REMEMBERED);
  readonly #extra: Transaction[] = [];
  readonly handlers: Handlers = { tx: (peer, { transaction }) => this.#receive(peer, transaction) };
  /** Of so many bytes it is worth decoding: it may be relayed (it has as many weight units, or more), or was asked for. */
  readonly screens: Screens = {
    tx: (peer, { length }) =>
      length <= MAX_STANDARD_TX_WEIGHT ||
      !this.#context.mempool.policy.requireStandard ||
      this.#requests.isAsked(peer),
  };

  constructor(context: NetworkContext, announcer: TransactionAnnouncer) {
    this.#context = context;
    this.#announcer = announcer;
    this.#requests = new TransactionRequests(context, (peer, announcements) =>
      this.#ask(peer, announcements),
    );
    context.chain.connected.subscribe(({ block }) => {
      // Then nothing is asked for, and to note every hash as text takes a tenth of the time.
      if (context.chain.isInitialBlockDownload) return;
      for (const { txid, wtxid } of block.transactions) {
        this.#confirmed.add(txid);
        this.#confirmed.add(wtxid);
        this.#requests.forget(txid);
        this.#requests.forget(wtxid);
      }
      const erased = this.#orphans.eraseForBlock(block.transactions);
      const what = `Erased ${erased} orphan transaction(s) included or conflicted by block`;
      if (erased > 0) context.logger.log('debug', 'txpackages', what);
    });
    context.chain.disconnected.subscribe(() => this.#confirmed.clear());
    context.chain.rewound.subscribe(() => {
      for (const set of [this.#rejected, this.#reconsiderable, this.#confirmed]) set.clear();
      this.#orphans.clear();
    });
    context.chain.tipChanged.subscribe(() => {
      this.#rejected.clear();
      this.#reconsiderable.clear();
    });
    context.mempool.removed.subscribe(({ entry, reason }) => {
      if (reason === 'replaced') this.#keepExtra(entry.tx);
    });
  }

  stop(): void {
    this.#requests.close();
  }

  closed(peer: Peer): void {
    this.#requests.remove(peer);
    this.#orphans.eraseForPeer(peer.id);
  }

  orphans(): Iterable<Orphan> {
    return this.#orphans.all();
  }

  extra(): Iterable<Transaction> {
    return this.#extra;
  }

  /** @param seen what this message has announced before: repetitions in it cost nothing. */
  announced(peer: Peer, item: InventoryItem, seen: Set<string>): void {
    if (!this.#announcer.takesFrom(peer)) {
      peer.close(`transaction (${toDisplayHex(item.hash)}) inv sent in violation of protocol`);
      return;
    }
    // BIP339: each peer announces by one kind of hash only.
    const unexpected = peer.wtxidRelay ? InventoryType.TX : InventoryType.WTX;
    if (item.type === unexpected || this.#requests.isFull(peer)) return;
    const byTxid = item.type !== InventoryType.WTX;
    const hash = toDisplayHex(item.hash);
    if (seen.size === seen.add(`${byTxid} ${hash}`).size) return;
    this.#announcer.markKnown(peer, hash);
    const orphan = this.#orphans.get(hash as Wtxid);
    if (orphan !== undefined) this.#sharedBy(peer, orphan);
    const known = this.#isKnown(hash) || this.#reconsiderable.has(hash);
    peer.note(`got inv: ${inventoryText(item)} ${known ? 'have' : 'new'} peer=${peer.id}`);
    if (this.#context.chain.isInitialBlockDownload || known) return;
    this.#request(peer, hash, byTxid);
  }

  notFound(peer: Peer, item: InventoryItem): void {
    this.#requests.answered(peer, toDisplayHex(item.hash));
  }

  async #receive(peer: Peer, tx: Transaction): Promise<void> {
    if (!this.#announcer.takesFrom(peer)) {
      peer.close('transaction sent in violation of protocol');
      return;
    }
    this.#announcer.markKnown(peer, peer.wtxidRelay ? tx.wtxid : tx.txid);
    // Simple wallets send theirs unasked: it is judged like another. The peer's next message waits for that.
    const wanted = !this.#context.chain.isInitialBlockDownload && !this.#isKnown(tx.wtxid);
    // Answered only then: while it is judged, nobody else need be asked for it.
    if (wanted) await this.#judge(peer, tx);
    else if (peer.may('forcerelay')) this.#forceRelay(peer, tx);
    this.#requests.answered(peer, tx.wtxid);
    this.#requests.answered(peer, tx.txid);
  }

  /** For nodes behind us: what they repeat is announced once more to those who do not know it. */
  #forceRelay({ id }: Peer, { txid, wtxid }: Transaction): void {
    const { logger, mempool } = this.#context;
    const entry = mempool.get(txid);
    const what = entry === undefined ? 'Not relaying non-mempool transaction' : 'Force relaying tx';
    logger.log(
      'info',
      'net',
      `${what} ${txid} (wtxid=${wtxid}) from ${entry ? '' : 'forcerelay '}peer=${id}`,
    );
    if (entry !== undefined) this.#announcer.announce(entry);
  }

  async #judge(peer: Peer, tx: Transaction): Promise<void> {
    if (this.#reconsiderable.has(tx.wtxid)) await this.#tryWithChild(peer, tx);
    else await this.#conclude(peer, tx, await this.#context.mempool.accept(tx));
  }

  #isKnown(hash: string): boolean {
    const { mempool } = this.#context;
    return (
      this.#rejected.has(hash) ||
      this.#confirmed.has(hash) ||
      this.#orphans.has(hash as Wtxid) ||
      mempool.graph.getByWtxid(hash as Wtxid) !== undefined ||
      mempool.has(hash as Txid)
    );
  }

  #ask(peer: Peer, announcements: readonly Announcement[]): void {
    const wanted = announcements.filter(({ hash, state }) => {
      if (state === 'asked' && this.#isKnown(hash)) this.#requests.forget(hash);
      return state === 'asked';
    });
    for (let at = 0; at < wanted.length; at += GETDATA_BATCH)
      peer.send('getdata', {
        items: wanted.slice(at, at + GETDATA_BATCH).map(({ hash, byTxid }) => ({
          type: byTxid
            ? peer.servesWitnesses
              ? InventoryType.WITNESS_TX
              : InventoryType.TX
            : InventoryType.WTX,
          hash: fromDisplayHex(hash),
        })),
      });
  }

  async #conclude(peer: Peer, tx: Transaction, result: AcceptResult): Promise<void> {
    if (result.ok) {
      this.#forget(tx);
      peer.lastTransaction = this.#context.clock.seconds();
      await this.#adoptChildren(tx);
      return;
    }
    const { kind, message } = result.invalid;
    this.#logRefusal(tx, peer.id, message);
    if (kind === 'missing') return this.#keepOrphan(peer, tx, result);
    if (kind === 'duplicate') this.#forget(tx);
    else if (result.reconsiderable) {
      this.#reconsiderable.add(tx.wtxid);
      this.#reconsiderable.add(tx.txid);
      this.#keepExtra(tx);
      await this.#tryWithChild(peer, tx);
    } else {
      // Whatever is wrong with it: others may know rules that its sender does not, and it costs us no more.
      this.#reject(tx, result);
    }
  }

  #forget(tx: Transaction): void {
    this.#requests.forget(tx.wtxid);
    this.#requests.forget(tx.txid);
    this.#orphans.erase(tx.wtxid);
  }

  #reject(tx: Transaction, result: Refused): void {
    this.#orphans.erase(tx.wtxid);
    this.#keepExtra(tx);
    // A stripped witness says nothing of the true transaction, and one txid may have many witnesses.
    if (result.witnessStripped) return;
    // Nor does a witness change which outputs are spent.
    const isSettled = result.invalid.reason === 'bad-txns-nonstandard-inputs';
    for (const hash of isSettled ? [tx.wtxid, tx.txid] : [tx.wtxid]) {
      this.#rejected.add(hash);
      this.#requests.forget(hash);
    }
  }

  #keepExtra(tx: Transaction): void {
    if (tx.bytes.length > MAXIMUM_EXTRA_SIZE) return;
    this.#extra.push(tx);
    if (this.#extra.length > EXTRA_TRANSACTIONS) this.#extra.shift();
  }

  /** Its parents are asked for by txid, of those who announced it. */
  #keepOrphan(peer: Peer, tx: Transaction, result: Refused): void {
    const parents = [...new Set(result.missing)];
    const poor = parents.filter((txid) => this.#reconsiderable.has(txid));
    // With more than one parent that pays too little it could not come in, either.
    if (
      parents.length > MAXIMUM_MISSING ||
      poor.length > 1 ||
      parents.some((txid) => this.#rejected.has(txid))
    ) {
      peer.note(`not keeping orphan with rejected parents ${tx.txid} (wtxid=${tx.wtxid})`);
      this.#rejected.add(tx.wtxid);
      this.#rejected.add(tx.txid);
      return;
    }
    const announcers = new Set([peer, ...this.#requests.announcers(tx.wtxid)]);
    this.#requests.forget(tx.wtxid);
    for (const announcer of announcers) this.#sharedBy(announcer, { tx, missing: parents });
  }

  /** This peer has the orphan, too, and with it its parents. */
  #sharedBy(peer: Peer, { tx, missing }: Pick<Orphan, 'tx' | 'missing'>): void {
    // Who has left meanwhile would never be forgotten.
    if (peer.closed || !this.#orphans.add(tx, peer.id, missing)) return;
    for (const txid of missing) if (!this.#isKnown(txid)) this.#request(peer, txid, true);
  }

  /** By txid a little later, if there are others: who announces by wtxid says more. */
  #request(peer: Peer, hash: string, byTxid: boolean): void {
    this.#requests.announced(peer, hash, { byTxid, delay: byTxid && this.#hasOthersByWtxid() });
  }

  #hasOthersByWtxid(): boolean {
    for (const { wtxidRelay } of this.#context.peers.ready()) if (wtxidRelay) return true;
    return false;
  }

  /** A new transaction may be what orphans waited for. */
  async #adoptChildren(parent: Transaction): Promise<void> {
    const queue = [...this.#orphans.children(parent.txid)];
    for (let orphan = queue.shift(); orphan !== undefined; orphan = queue.shift()) {
      if (!this.#orphans.has(orphan.wtxid)) continue;
      const result = await this.#context.mempool.accept(orphan);
      if (result.ok) {
        this.#forget(orphan);
        queue.push(...this.#orphans.children(orphan.txid));
      } else if (result.invalid.kind !== 'missing') {
        this.#logRefusal(orphan, '', result.invalid.message);
        this.#reject(orphan, result);
      }
    }
  }

  #logRefusal({ txid, wtxid }: Transaction, from: number | '', message: string): void {
    const what = `${txid} (wtxid=${wtxid}) from peer=${from}`;
    this.#context.logger.log('debug', 'mempool', `${what} was not accepted: ${message}`);
  }

  /** One parent, one child: together they may pay enough (BIP331's simplest case, by orphans as in Core). */
  async #tryWithChild(peer: Peer, parent: Transaction): Promise<void> {
    const [child] = this.#orphans.children(parent.txid, peer.id);
    if (child === undefined) return;
    const result = await this.#context.mempool.acceptPackage([parent, child]);
    if (result.invalid === null) {
      this.#forget(parent);
      this.#forget(child);
      await this.#adoptChildren(child);
      return;
    }
    const verdict = result.results.get(child.wtxid);
    if (verdict?.ok === false && verdict.invalid.kind !== 'missing' && !verdict.reconsiderable)
      this.#reject(child, verdict);
  }
}
