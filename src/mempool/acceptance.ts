/**
 * Judging one transaction for the mempool, in Core's order of checks (MemPoolAccept::PreChecks and
 * ReplacementChecks), everything but its scripts. Changes nothing; `Mempool` and `packages` act on it.
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import { checkSpentCoins } from '../core/consensus/check-inputs.ts';
import { checkTransaction } from '../core/consensus/check-transaction.ts';
import { checkSequenceLocks, isFinal, sequenceLocks } from '../core/consensus/lock-time.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { STANDARD_FLAGS } from '../core/script/flags.ts';
import { sigOpCost } from '../core/script/sigops.ts';
import { MAX_STANDARD_TX_SIGOPS_COST } from '../core/script/standard.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { type FeeRate, feeAt, feeRateOf } from '../core/transaction/fee-rate.ts';
import type { OutPoint, Transaction, Txid, TxOut } from '../core/transaction/transaction.ts';
import { Changes } from './changes.ts';
import { checkDustIsSpent, checkDustPaysNothing } from './dust.ts';
import { MempoolEntry } from './entry.ts';
import { MEMPOOL_HEIGHT, spendsFrom, type TransactionGraph, withAncestors } from './graph.ts';
import type { MempoolPolicy } from './policy.ts';
import { checkPaysForReplacement, conflictsWithDescendants, diagramFailure } from './replacement.ts';
import { FeeInvalid } from './results.ts';
import {
  checkInputsStandard,
  checkNotTooSmall,
  checkStandard,
  checkWitnessStandard,
} from './standardness.ts';
import { checkTruc } from './truc.ts';

/** What a transaction is judged against. */
export interface Circumstances {
  readonly graph: TransactionGraph;
  readonly policy: MempoolPolicy;
  readonly parameters: NetworkParameters;
  readonly tip: HeaderEntry;
  /** What a full mempool asks for. */
  readonly minimumFeeRate: FeeRate;
  readonly feeDelta: (txid: Txid) => bigint;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly sequence: number;
  readonly updates: number;
}

/** How a transaction comes: alone or in a package. */
export interface Manner {
  readonly allowReplacement: boolean;
  /** A version 3 transaction may replace its sibling. */
  readonly allowSiblingEviction: boolean;
  /** Fees are judged for the package as a whole. */
  readonly packageFees: boolean;
}

export interface Candidate {
  /** With its parents set, in the mempool or earlier in the package; not linked from them yet. */
  readonly entry: MempoolEntry;
  /** What each input spends. */
  readonly spent: readonly TxOut[];
  /** Whom it would replace directly. */
  readonly conflicts: ReadonlySet<MempoolEntry>;
  /** One of them is a sibling whose coins it does not spend. */
  readonly evictsSibling: boolean;
}

/** What needs no coin. @throws Invalid */
export function checkAlone(tx: Transaction, { graph, policy, tip }: Circumstances, manner: Manner): void {
  checkTransaction(tx);
  // A coinbase is only valid in a block.
  if (tx.isCoinbase) throw new Invalid('consensus', 'coinbase');
  if (policy.requireStandard) checkStandard(tx, policy);
  checkNotTooSmall(tx);
  if (!isFinal(tx, tip.height + 1, tip.medianTimePast)) throw new Invalid('early', 'non-final');
  const known = graph.creator(tx.txidBytes);
  if (known !== undefined)
    throw new Invalid(
      'duplicate',
      known.wtxid === tx.wtxid ? 'txn-already-in-mempool' : 'txn-same-nonwitness-data-in-mempool',
    );
  if (!manner.allowReplacement && graph.conflictsOf(tx).size > 0)
    throw new Invalid('policy', 'bip125-replacement-disallowed');
}

/**
 * A transaction against the coins that it spends.
 * @param found what each input spends; undefined where there is no such coin.
 * @throws Invalid
 */
export function judgeCoins(
  tx: Transaction,
  found: readonly (Coin | undefined)[],
  { policy, parameters, tip }: Circumstances,
): { readonly fee: bigint; readonly spent: readonly TxOut[]; readonly spendsCoinbase: boolean } {
  if (found.includes(undefined)) throw new Invalid('missing', 'bad-txns-inputs-missingorspent');
  const next = tip.height + 1;
  const coins = (found as Coin[]).map((coin) =>
    coin.height === MEMPOOL_HEIGHT ? { ...coin, height: next } : coin,
  );
  if (!checkSequenceLocks(sequenceLocks(tx, coins, tip), tip)) throw new Invalid('early', 'non-BIP68-final');
  const fee = checkSpentCoins(tx, coins, next, parameters);
  const spent = coins.map((coin) => coin.output);
  if (policy.requireStandard) {
    checkInputsStandard(tx, spent);
    if (tx.hasWitness) checkWitnessStandard(tx, spent);
  }
  return { fee, spent, spendsCoinbase: coins.some((coin) => coin.coinbase) };
}

/**
 * Everything else but replacement, limits and scripts. `checkAlone` was passed.
 * @param find the coin of an outpoint: in the chain, the mempool or the package.
 * @param members entries of the package that come before.
 * @throws Invalid
 */
export function judge(
  tx: Transaction,
  find: (outpoint: OutPoint) => Coin | undefined,
  circumstances: Circumstances,
  manner: Manner,
  members: readonly MempoolEntry[] = [],
): Candidate {
  const { graph, policy, tip } = circumstances;
  const { fee, spent, spendsCoinbase } = judgeCoins(
    tx,
    tx.inputs.map((input) => find(input.prevout)),
    circumstances,
  );
  const facts = {
    tx,
    fee,
    sigOpCost: sigOpCost(tx, spent, STANDARD_FLAGS),
    time: circumstances.time,
    height: tip.height,
    sequence: circumstances.sequence,
    spendsCoinbase,
  };
  const entry = new MempoolEntry(facts, {
    feeDelta: circumstances.feeDelta(tx.txid),
    bytesPerSigOp: policy.bytesPerSigOp,
  });
  checkEntry(entry, policy);
  if (!manner.packageFees) checkFeeRate(entry.virtualSize, entry.modifiedFee, circumstances);

  const parents = graph.parentsOf(tx);
  const conflicts = graph.conflictsOf(tx);
  let evictsSibling = false;
  const violation = checkTruc(tx, entry.virtualSize, parents, conflicts);
  if (violation !== null) {
    if (!manner.allowSiblingEviction || violation.sibling === null)
      throw new Invalid('policy', 'TRUC-violation', violation.detail);
    conflicts.add(violation.sibling);
    evictsSibling = true;
  }
  for (const parent of parents) entry.addParent(parent);
  for (const member of members) if (spendsFrom(tx, member.tx)) entry.addParent(member);
  return { entry, spent, conflicts, evictsSibling };
}

/** Dust and signature operations: asked of what comes back after a reorganisation, too. @throws Invalid */
export function checkEntry({ tx, fee, modifiedFee, sigOpCost }: MempoolEntry, policy: MempoolPolicy): void {
  if (policy.requireStandard) checkDustPaysNothing(tx, policy.dustRelayFeeRate, fee, modifiedFee);
  if (sigOpCost > MAX_STANDARD_TX_SIGOPS_COST)
    throw new Invalid('policy', 'bad-txns-too-many-sigops', String(sigOpCost));
}

/** @param fee satoshis, modified. @throws FeeInvalid below what the mempool or relaying asks for. */
export function checkFeeRate(
  size: number,
  fee: bigint,
  { policy, minimumFeeRate }: Pick<Circumstances, 'policy' | 'minimumFeeRate'>,
): void {
  const check = (rate: FeeRate, reason: string) => {
    const needed = feeAt(rate, size);
    if (fee < needed) throw new FeeInvalid(reason, `${fee} < ${needed}`);
  };
  if (minimumFeeRate > 0n) check(minimumFeeRate, 'mempool min fee not met');
  check(policy.minimumRelayFeeRate, 'min relay fee not met');
}

/** @throws Invalid above what its sender can have meant. */
export function checkMaximumFeeRate(entry: MempoolEntry, maximum: FeeRate | undefined): void {
  if (maximum !== undefined && feeRateOf(entry.modifiedFee, entry.virtualSize) > maximum)
    throw new Invalid('policy', 'max feerate exceeded');
}

/**
 * Replacement, limits on connected transactions and dust for a transaction that comes alone.
 * @returns what it takes the place of. @throws Invalid
 */
export function judgeChanges(candidate: Candidate, circumstances: Circumstances): Set<MempoolEntry> {
  const { policy } = circumstances;
  const { entry, conflicts } = candidate;
  const { txid, tx } = entry;
  let removed = new Set<MempoolEntry>();
  if (conflicts.size > 0) {
    const suffix = candidate.evictsSibling ? ' (including sibling eviction)' : '';
    removed = conflictsWithDescendants(conflicts, txid, `too many potential replacements${suffix}`);
    const offer = { fee: entry.modifiedFee, size: entry.virtualSize, txid };
    checkPaysForReplacement(removed, offer, policy.incrementalRelayFeeRate, `insufficient fee${suffix}`);
  }
  const changes = new Changes([entry], removed);
  changes.checkLimits(policy);
  if (conflicts.size > 0) {
    const failure = diagramFailure(changes);
    if (failure !== null) throw new FeeInvalid('replacement-failed', failure);
  }
  for (const ancestor of withAncestors(entry))
    if (conflicts.has(ancestor))
      throw new Invalid(
        'consensus',
        'bad-txns-spends-conflicting-tx',
        `${txid} spends conflicting transaction ${ancestor.txid}`,
      );
  if (policy.requireStandard)
    checkDustIsSpent(
      tx,
      [...entry.parents].map((parent) => parent.tx),
      policy.dustRelayFeeRate,
    );
  return removed;
}
