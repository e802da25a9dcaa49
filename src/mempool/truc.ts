/** BIP431: transactions of version 3 are small and come in families of two, so that they can be replaced. */
import { TRUC_CHILD_MAX_SIZE, TRUC_MAX_SIZE, TRUC_VERSION } from '../core/script/standard.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import type { MempoolEntry } from './entry.ts';
import { spendsFrom, withAncestors, withDescendants } from './graph.ts';

/** The transaction and one parent, or one child. */
const FAMILY = 2;

const named = (tx: Transaction) => `tx ${tx.txid} (wtxid=${tx.wtxid})`;

function checkVersions(tx: Transaction, parents: Iterable<Transaction>): string | null {
  for (const parent of parents) {
    if (tx.version !== TRUC_VERSION && parent.version === TRUC_VERSION)
      return `non-version=3 ${named(tx)} cannot spend from version=3 ${named(parent)}`;
    if (tx.version === TRUC_VERSION && parent.version !== TRUC_VERSION)
      return `version=3 ${named(tx)} cannot spend from non-version=3 ${named(parent)}`;
  }
  return null;
}

interface TrucViolation {
  readonly detail: string;
  /** The only other child of the parent: the transaction may be accepted if it replaces that. */
  readonly sibling: MempoolEntry | null;
}

/** Null if the rules are kept. @param conflicts what the transaction would replace. */
export function checkTruc(
  tx: Transaction,
  size: number,
  parents: ReadonlySet<MempoolEntry>,
  conflicts: ReadonlySet<MempoolEntry>,
): TrucViolation | null {
  const broken = (detail: string, sibling: MempoolEntry | null = null) => ({ detail, sibling });
  const versions = checkVersions(
    tx,
    [...parents].map((parent) => parent.tx),
  );
  if (versions !== null) return broken(versions);
  if (tx.version !== TRUC_VERSION) return null;
  if (size > TRUC_MAX_SIZE)
    return broken(`version=3 ${named(tx)} is too big: ${size} > ${TRUC_MAX_SIZE} virtual bytes`);
  const [parent, second] = parents;
  if (parent === undefined) return null;
  if (second !== undefined || withAncestors(parent).size + 1 > FAMILY)
    return broken(`${named(tx)} would have too many ancestors`);
  if (size > TRUC_CHILD_MAX_SIZE)
    return broken(`version=3 child ${named(tx)} is too big: ${size} > ${TRUC_CHILD_MAX_SIZE} virtual bytes`);
  const family = withDescendants(parent);
  family.delete(parent);
  const replaces = [...family].some((child) => conflicts.has(child));
  if (family.size + 2 <= FAMILY || replaces) return null;
  const [sibling] = family;
  // After a reorganisation there may be more than one, or one that does not keep the rules itself.
  const evictable = family.size === 1 && withAncestors(sibling!).size === FAMILY;
  return broken(`${named(parent.tx)} would exceed descendant count limit`, evictable ? sibling! : null);
}

/** The same for a transaction among a package, whose members count as family. Null if the rules are kept. */
export function checkPackageTruc(
  tx: Transaction,
  size: number,
  parents: ReadonlySet<MempoolEntry>,
  members: readonly Transaction[],
): string | null {
  const inside = members.filter((member) => member !== tx && spendsFrom(tx, member));
  const [known] = parents;
  if (tx.version !== TRUC_VERSION) return checkVersions(tx, [...[...parents].map(({ tx }) => tx), ...inside]);
  const ancestors = known === undefined ? 0 : withAncestors(known).size;
  if (Math.max(parents.size, ancestors) + inside.length + 1 > FAMILY)
    return `${named(tx)} would have too many ancestors`;
  const parent = known?.tx ?? inside[0];
  if (parent === undefined) return null;
  if (size > TRUC_CHILD_MAX_SIZE)
    return `version=3 child ${named(tx)} is too big: ${size} > ${TRUC_CHILD_MAX_SIZE} virtual bytes`;
  const versions = checkVersions(tx, [parent]);
  if (versions !== null) return versions;
  for (const other of members) {
    if (other === tx) continue;
    if (spendsFrom(other, parent)) return `${named(parent)} would exceed descendant count limit`;
    if (spendsFrom(other, tx)) return `${named(other)} would have too many ancestors`;
  }
  if (known !== undefined && known.children.size > 0)
    return `${named(parent)} would exceed descendant count limit`;
  return null;
}
