/**
 * Transactions that are judged together: a child that pays for its parents (Core's AcceptPackage), or any few
 * that are only tested (AcceptMultipleTransactions). Owns the package's rules; each transaction is judged as
 * if it came alone but for fees.
 */

import { equalBytes } from '../core/encoding/bytes.ts';
import { Invalid } from '../core/encoding/errors.ts';
import { MAX_PACKAGE_COUNT } from '../core/script/standard.ts';
import { type FeeRate, feeRateOf } from '../core/transaction/fee-rate.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import { type OutPoint, prevoutsOf, type Transaction, type Wtxid } from '../core/transaction/transaction.ts';
import {
  type Candidate,
  type Circumstances,
  checkAlone,
  checkFeeRate,
  checkMaximumFeeRate,
  judge,
  type Manner,
} from './acceptance.ts';
import type { Acceptor } from './acceptor.ts';
import { Changes } from './changes.ts';
import { checkDustIsSpent } from './dust.ts';
import type { MempoolEntry } from './entry.ts';
import { MEMPOOL_HEIGHT, spendsFrom } from './graph.ts';
import { checkPaysForReplacement, conflictsWithDescendants, diagramFailure } from './replacement.ts';
import type { PackageMemberResult, PackageResult, Refused } from './results.ts';
import { checkPackageTruc } from './truc.ts';

/** Weight units of all members. */
const MAX_PACKAGE_WEIGHT = 404_000;

const refused = (reason: string, detail?: string) => new Invalid('policy', reason, detail);
const transactionFailed = () => refused('transaction failed');

type Results = Map<Wtxid, PackageMemberResult>;

/** One member broke a rule, so the package fails with it. */
class MemberFailure extends Error {
  readonly tx: Transaction;
  readonly invalid: Invalid;
  readonly packageReason: string;
  /** Those before it were found good in all respects. */
  readonly good: readonly MempoolEntry[];

  constructor(
    tx: Transaction,
    invalid: Invalid,
    packageReason = 'transaction failed',
    good: readonly MempoolEntry[] = [],
  ) {
    super(packageReason);
    this.tx = tx;
    this.invalid = invalid;
    this.packageReason = packageReason;
    this.good = good;
  }
}

/** What shows without the mempool. @throws Invalid */
function checkWellFormed(txs: readonly Transaction[]): void {
  if (txs.length > MAX_PACKAGE_COUNT) throw refused('package-too-many-transactions');
  const weight = txs.reduce((sum, tx) => sum + tx.weight, 0);
  if (txs.length > 1 && weight > MAX_PACKAGE_WEIGHT) throw refused('package-too-large');
  if (new Set(txs.map((tx) => tx.txid)).size < txs.length) throw refused('package-contains-duplicates');
  txs.forEach((tx, i) => {
    if (txs.slice(i + 1).some((later) => spendsFrom(tx, later))) throw refused('package-not-sorted');
  });
  const spent = new OutPointMap<true>();
  for (const tx of txs) {
    if (tx.inputs.some(({ prevout }) => spent.has(prevout))) throw refused('conflict-in-package');
    for (const { prevout } of tx.inputs) spent.set(prevout, true);
  }
}

/** Judges transactions that need not be connected, each by its own fee; changes nothing. */
export async function testPackage(
  txs: readonly Transaction[],
  acceptor: Acceptor,
  maximumFeeRate?: FeeRate,
): Promise<PackageResult> {
  const manner: Manner = { allowReplacement: false, allowSiblingEviction: false, packageFees: false };
  return submitTogether(txs, acceptor, { manner, maximumFeeRate, testOnly: true });
}

/** Takes in a child with its parents, or a single transaction. */
export async function acceptPackage(
  txs: readonly Transaction[],
  acceptor: Acceptor,
  maximumFeeRate?: FeeRate,
): Promise<PackageResult> {
  const { graph } = acceptor.pool;
  try {
    checkWellFormed(txs);
    const child = txs.at(-1)!;
    if (!txs.every((tx) => tx === child || spendsFrom(child, tx)))
      throw refused('package-not-child-with-parents');
  } catch (error) {
    return failed(error);
  }
  const results: Results = new Map();
  const together: Transaction[] = [];
  let invalid: Invalid | null = null;
  for (const tx of txs) {
    const same = graph.get(tx.txid);
    if (same !== undefined) {
      results.set(
        tx.wtxid,
        same.wtxid === tx.wtxid ? { ok: true, known: same } : { ok: true, sameTxid: same },
      );
      continue;
    }
    // Whoever can pay for himself shall: otherwise a child might pay for what a parent could.
    const alone = await acceptor.accept(tx, { maximumFeeRate }, true);
    results.set(tx.wtxid, alone);
    if (alone.ok) continue;
    together.push(tx);
    if (!alone.reconsiderable && alone.invalid.kind !== 'missing') invalid ??= transactionFailed();
  }
  if (invalid === null && together.length > 0) {
    const manner: Manner = { allowReplacement: true, allowSiblingEviction: false, packageFees: true };
    const result =
      together.length === 1
        ? { invalid: transactionFailed(), results: new Map() }
        : await submitTogether(together, acceptor, { manner, maximumFeeRate, testOnly: false });
    invalid = result.invalid;
    for (const [wtxid, member] of result.results) results.set(wtxid, member);
  }
  acceptor.pool.limit();
  for (const tx of txs) {
    if (results.get(tx.wtxid)?.ok !== true || graph.get(tx.txid) !== undefined) continue;
    invalid = transactionFailed();
    results.set(tx.wtxid, await acceptor.refuse(refused('mempool full'), tx));
  }
  return { invalid, results };
}

function failed(error: unknown, results: Results = new Map()): PackageResult {
  if (!(error instanceof Invalid)) throw error;
  return { invalid: error, results };
}

interface Terms {
  readonly manner: Manner;
  readonly maximumFeeRate: FeeRate | undefined;
  readonly testOnly: boolean;
}

async function submitTogether(
  txs: readonly Transaction[],
  acceptor: Acceptor,
  terms: Terms,
): Promise<PackageResult> {
  const { manner, testOnly } = terms;
  const results: Results = new Map();
  const note = (entries: readonly MempoolEntry[], replaced: Iterable<MempoolEntry> = []): void => {
    const total = totalOf(entries);
    const wtxids = txs.map((tx) => tx.wtxid);
    let replacedTxs = Array.from(replaced, (entry) => entry.tx);
    for (const entry of entries) {
      const paying = manner.packageFees ? total : { fee: entry.modifiedFee, size: entry.virtualSize };
      results.set(entry.wtxid, {
        ok: true,
        entry,
        replaced: replacedTxs,
        effectiveFeeRate: feeRateOf(paying.fee, paying.size),
        effectiveIncludes: manner.packageFees ? wtxids : [entry.wtxid],
      });
      replacedTxs = [];
    }
  };
  try {
    checkWellFormed(txs);
    const { entries, replaced } = await acceptor.settled(
      (circumstances) => judgeTogether(txs, acceptor, circumstances, terms),
      (judged) => {
        if (testOnly) return;
        acceptor.pool.remove(judged.replaced, 'replaced');
        for (const entry of judged.entries) acceptor.pool.add(entry);
      },
    );
    note(entries, replaced);
    return { invalid: null, results };
  } catch (error) {
    if (!(error instanceof MemberFailure)) return failed(error, results);
    note(error.good);
    const member: Refused = await acceptor.refuse(error.invalid, error.tx);
    results.set(error.tx.wtxid, member);
    return { invalid: refused(error.packageReason), results };
  }
}

function totalOf(entries: readonly MempoolEntry[]) {
  return {
    fee: entries.reduce((sum, entry) => sum + entry.modifiedFee, 0n),
    size: entries.reduce((sum, entry) => sum + entry.virtualSize, 0),
  };
}

/** Blames a broken rule on a member. */
function blame<T>(tx: Transaction, check: () => T, packageReason?: string): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof Invalid ? new MemberFailure(tx, error, packageReason) : error;
  }
}

async function judgeTogether(
  txs: readonly Transaction[],
  acceptor: Acceptor,
  circumstances: Circumstances,
  { manner, maximumFeeRate, testOnly }: Terms,
): Promise<{ entries: readonly MempoolEntry[]; replaced: ReadonlySet<MempoolEntry> }> {
  const { graph, policy } = circumstances;
  const findOutside = await acceptor.fetch(txs.flatMap(prevoutsOf));
  const find = (outpoint: OutPoint) => {
    const member = txs.find((tx) => equalBytes(tx.txidBytes, outpoint.txid));
    const output = member?.outputs[outpoint.vout];
    return output === undefined ? findOutside(outpoint) : { output, height: MEMPOOL_HEIGHT, coinbase: false };
  };
  const candidates: Candidate[] = [];
  for (const tx of txs)
    blame(tx, () => {
      checkAlone(tx, circumstances, manner);
      const before = candidates.map((candidate) => candidate.entry);
      const candidate = judge(tx, find, circumstances, manner, before);
      checkMaximumFeeRate(candidate.entry, maximumFeeRate);
      candidates.push(candidate);
    });
  const entries = candidates.map((candidate) => candidate.entry);
  for (const { tx, virtualSize } of entries) {
    const violation = checkPackageTruc(tx, virtualSize, graph.parentsOf(tx), txs);
    if (violation !== null) throw refused('TRUC-violation', violation);
  }
  if (manner.packageFees) {
    const { fee, size } = totalOf(entries);
    blame(txs.at(-1)!, () => checkFeeRate(size, fee, circumstances));
  }
  const replaced = judgeReplacement(candidates, circumstances);
  new Changes(entries, replaced).checkLimits(policy);
  if (policy.requireStandard)
    for (const { tx, parents } of entries) {
      const own = [...parents].map((parent) => parent.tx);
      blame(tx, () => checkDustIsSpent(tx, own, policy.dustRelayFeeRate), 'unspent-dust');
    }
  for (const [i, { entry, spent }] of candidates.entries())
    await acceptor.checkScripts(entry.tx, spent).catch((error: unknown) => {
      if (!(error instanceof Invalid)) throw error;
      throw new MemberFailure(entry.tx, error, undefined, testOnly ? entries.slice(0, i) : []);
    });
  return { entries, replaced };
}

/** Replacement by a package: one parent and one child that make a cluster of their own. @throws Invalid */
function judgeReplacement(
  candidates: readonly Candidate[],
  { policy, graph }: Circumstances,
): ReadonlySet<MempoolEntry> {
  const conflicts = new Set(candidates.flatMap((candidate) => [...candidate.conflicts]));
  if (conflicts.size === 0) return conflicts;
  const failure = (why: string, detail?: string) => refused(`package RBF failed: ${why}`, detail);
  const [parent, child] = candidates.map((candidate) => candidate.entry);
  if (candidates.length !== 2) throw failure('package must be 1-parent-1-child');
  if (candidates.some(({ entry }) => graph.parentsOf(entry.tx).size > 0))
    throw failure('new transaction cannot have mempool ancestors');
  const { txid } = child!;
  const wording = 'package RBF failed: too many potential replacements';
  const removed = conflictsWithDescendants(conflicts, txid, wording);
  const total = totalOf([parent!, child!]);
  const antiDos = 'package RBF failed: insufficient anti-DoS fees';
  checkPaysForReplacement(removed, { ...total, txid }, policy.incrementalRelayFeeRate, antiDos);
  const packageRate = feeRateOf(total.fee, total.size);
  const parentRate = feeRateOf(parent!.modifiedFee, parent!.virtualSize);
  if (packageRate <= parentRate) throw failure('package feerate is less than or equal to parent feerate');
  const changes = new Changes([parent!, child!], removed);
  changes.checkLimits(policy);
  const notBetter = diagramFailure(changes);
  if (notBetter !== null) throw failure(notBetter);
  return removed;
}
