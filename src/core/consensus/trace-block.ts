/**
 * The rules that a block is judged by, each with the values it compares: for those who want to see. The verdict is that
 * of the rules themselves; scripts are traced by `script/trace.ts`.
 */
import type { Block } from '../block/block.ts';
import { merkleRoot } from '../block/merkle.ts';
import { allowedTarget } from '../block/proof-of-work.ts';
import { toDisplayHex, toHex } from '../encoding/bytes.ts';
import { Invalid } from '../encoding/errors.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { pushNumber } from '../script/script.ts';
import { legacySigOps, sigOpCost } from '../script/sigops.ts';
import { totalValue } from '../transaction/amount.ts';
import type { Coin, CoinView } from '../transaction/coin.ts';
import { OutPointMap } from '../transaction/outpoint-map.ts';
import {
  LOCK_TIME_THRESHOLD,
  SEQUENCE_FINAL,
  type Transaction,
  WITNESS_SCALE_FACTOR,
} from '../transaction/transaction.ts';
import { checkBlock } from './check-block.ts';
import { committedHash, witnessCommitment, witnessCommitmentIndex } from './commitment.ts';
import { type BlockPlace, connectBlock } from './connect-block.ts';
import { checkBlockContext, checkHeaderContext } from './contextual.ts';
import { nextWorkRequired } from './difficulty.ts';
import { blockScriptFlags } from './flags.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT, MAX_TIMEWARP } from './limits.ts';
import { sequenceLocks } from './lock-time.ts';
import { blockSubsidy } from './subsidy.ts';
import type { BlockUndo } from './undo.ts';

/** Numbers, satoshis (bigint), or hex of equal length, which compares as the number it shows. */
export type Compared = number | bigint | string;
type Relation = '<' | '<=' | '=' | '>=' | '>';

export interface Check {
  /** The reason with which a block that fails is refused. */
  readonly rule: string;
  readonly left: readonly [name: string, value: Compared];
  readonly relation: Relation;
  readonly right: readonly [name: string, value: Compared];
  readonly passed: boolean;
}

export interface TransactionTrace {
  readonly tx: Transaction;
  readonly checks: readonly Check[];
  /** What each input spends; undefined where that is not known. */
  readonly spent: readonly Coin[] | undefined;
}

export interface BlockTrace {
  readonly checks: readonly Check[];
  readonly transactions: readonly TransactionTrace[];
  /** Null where the rules that could be applied hold. */
  readonly failure: Invalid | null;
}

function holds(left: Compared, relation: Relation, right: Compared): boolean {
  if (relation === '=') return left === right;
  if (relation === '<') return left < right;
  if (relation === '>') return left > right;
  return relation === '<=' ? left <= right : left >= right;
}

const check = (rule: string, left: Check['left'], relation: Relation, right: Check['right']): Check => ({
  ...{ rule, left, relation, right },
  passed: holds(left[1], relation, right[1]),
});

export interface TraceSubject {
  readonly block: Block;
  readonly place: BlockPlace;
  /** Null where the coins that it spends are not known: rules about them are left out. */
  readonly undo: BlockUndo | null;
  /** Seconds, by the node's clock. */
  readonly now: number;
}

export function traceBlock(subject: TraceSubject, parameters: NetworkParameters): BlockTrace {
  const { block, place, undo } = subject;
  const transactions = block.transactions.map((tx, i) =>
    traceTransaction(tx, i === 0 ? [] : undo?.[i - 1], block, place, parameters),
  );
  return {
    checks: [
      ...headerChecks(subject, parameters),
      ...bodyChecks(block, place, parameters),
      ...sumChecks(block, place, undo, parameters),
    ],
    transactions,
    failure: failureOf(subject, parameters),
  };
}

/** What the rules themselves say. */
function failureOf({ block, place, undo, now }: TraceSubject, parameters: NetworkParameters): Invalid | null {
  try {
    const checked = checkBlock(block, parameters);
    checkHeaderContext(block.header, place.parent, parameters, now);
    checkBlockContext(checked, place.parent, parameters);
    if (undo !== null) connectBlock(checked, place, coinsOf(block, undo), parameters, { scripts: false });
    return null;
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
}

function coinsOf({ transactions }: Block, undo: BlockUndo): CoinView {
  const coins = new OutPointMap<Coin>();
  undo.forEach((spent, i) => {
    transactions[i + 1]?.inputs.forEach(({ prevout }, j) => {
      if (spent[j] !== undefined) coins.set(prevout, spent[j]);
    });
  });
  return { get: (outpoint) => coins.get(outpoint) };
}

function headerChecks(
  { block: { header }, place, now }: TraceSubject,
  parameters: NetworkParameters,
): Check[] {
  const { parent, height } = place;
  const { heights, difficulty: rule, maxFutureBlockTime } = parameters;
  // Of bits that stand for no target nothing is below.
  const target = (allowedTarget(header.bits, parameters) ?? 0n).toString(16).padStart(64, '0');
  const required = nextWorkRequired(parent, header.time, parameters);
  const versions = [
    [heights.bip34, 2],
    [heights.bip66, 3],
    [heights.bip65, 4],
  ] as const;
  const least = versions.findLast(([from]) => height >= from)?.[1];
  const span = rule.kind === 'interval' ? rule.bip94 && rule.interval : rule.kind === 'none' && rule.bip94;
  return [
    check('high-hash', ['hash', header.hash], '<=', ['target', target]),
    check('bad-diffbits', ['bits', hex32(header.bits)], '=', ['required', hex32(required)]),
    check('time-too-old', ['time', header.time], '>', ['median time past', parent.medianTimePast]),
    ...(span && height % span === 0
      ? [
          check('time-timewarp-attack', ['time', header.time], '>=', [
            'parent time less the tolerance',
            parent.header.time - MAX_TIMEWARP,
          ]),
        ]
      : []),
    check('time-too-new', ['time', header.time], '<=', ['our clock and tolerance', now + maxFutureBlockTime]),
    ...(least === undefined
      ? []
      : [
          check(`bad-version(0x${hex32(header.version)})`, ['version', header.version], '>=', [
            'least',
            least,
          ]),
        ]),
  ];
}

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

function bodyChecks(block: Block, { height }: BlockPlace, { heights }: NetworkParameters): Check[] {
  const { header, transactions } = block;
  const { root, mutated } = merkleRoot(transactions.map((tx) => tx.txidBytes));
  const coinbases = transactions.filter((tx) => tx.isCoinbase).length;
  const first = transactions[0];
  const expected = toHex(pushNumber(height));
  return [
    check('bad-txnmrklroot', ['merkle root', toDisplayHex(header.merkleRoot)], '=', [
      'of the transactions',
      toDisplayHex(root),
    ]),
    check('bad-txns-duplicate', ['duplicated transactions', Number(mutated)], '=', ['allowed', 0]),
    check(
      'bad-blk-length',
      ['size without witnesses, times 4', block.strippedSize * WITNESS_SCALE_FACTOR],
      '<=',
      ['limit', MAX_BLOCK_WEIGHT],
    ),
    check('bad-blk-length', ['transactions', transactions.length], '>=', ['needed', 1]),
    check('bad-cb-missing', ['coinbases in the first place', Number(first?.isCoinbase ?? false)], '=', [
      'needed',
      1,
    ]),
    check('bad-cb-multiple', ['coinbases', coinbases], '<=', ['allowed', 1]),
    ...(height >= heights.bip34 && first?.isCoinbase
      ? [
          check(
            'bad-cb-height',
            ['coinbase begins', toHex(first.inputs[0]!.scriptSig).slice(0, expected.length)],
            '=',
            [`height ${height}`, expected],
          ),
        ]
      : []),
    ...witnessChecks(block, height >= heights.segwit),
    check('bad-blk-weight', ['weight', block.weight], '<=', ['limit', MAX_BLOCK_WEIGHT]),
  ];
}

function witnessChecks(block: Block, expected: boolean): Check[] {
  const index = expected ? witnessCommitmentIndex(block) : -1;
  const coinbase = block.transactions[0];
  if (index < 0 || coinbase === undefined) {
    const witnesses = block.transactions.filter((tx) => tx.hasWitness).length;
    return [check('unexpected-witness', ['transactions with witnesses', witnesses], '=', ['allowed', 0])];
  }
  const { witness } = coinbase.inputs[0]!;
  const size = witness.length === 1 ? witness[0]!.length : 0;
  return [
    check('bad-witness-nonce-size', ['reserved value, bytes', size], '=', ['needed', 32]),
    check(
      'bad-witness-merkle-match',
      ['commitment', toHex(committedHash(coinbase.outputs[index]!.scriptPubKey))],
      '=',
      ['of the witnesses', toHex(witnessCommitment(block.transactions, witness[0] ?? new Uint8Array(32)))],
    ),
  ];
}

/** What is counted over all transactions. */
function sumChecks(
  block: Block,
  place: BlockPlace,
  undo: BlockUndo | null,
  parameters: NetworkParameters,
): Check[] {
  const { transactions } = block;
  const flags = blockScriptFlags(place, parameters);
  const cost = transactions.reduce((sum, tx, i) => {
    const spent = i === 0 ? [] : undo?.[i - 1]?.map(({ output }) => output);
    const isKnown = tx.isCoinbase || spent?.length === tx.inputs.length;
    return sum + (isKnown ? sigOpCost(tx, spent ?? [], flags) : legacySigOps(tx) * WITNESS_SCALE_FACTOR);
  }, 0);
  const checks = [
    check('bad-blk-sigops', ['cost of signature operations', cost], '<=', ['limit', MAX_BLOCK_SIGOPS_COST]),
  ];
  if (undo === null || transactions.length === 0) return checks;
  const fees = transactions
    .slice(1)
    .reduce((sum, tx, i) => sum + totalOf(undo[i] ?? []) - totalValue(tx.outputs), 0n);
  const limit = fees + blockSubsidy(place.height, parameters);
  return [
    ...checks,
    check('bad-cb-amount', ['coinbase pays', totalValue(transactions[0]!.outputs)], '<=', [
      'subsidy and fees',
      limit,
    ]),
  ];
}

const totalOf = (coins: readonly Coin[]): bigint => coins.reduce((sum, { output }) => sum + output.value, 0n);

function traceTransaction(
  tx: Transaction,
  spent: readonly Coin[] | undefined,
  block: Block,
  { height, parent }: BlockPlace,
  parameters: NetworkParameters,
): TransactionTrace {
  const usesMedian = height >= parameters.heights.csv;
  const checks: Check[] = [];
  if (tx.inputs.some(({ sequence }) => sequence !== SEQUENCE_FINAL) && tx.lockTime > 0) {
    const time = usesMedian ? parent.medianTimePast : block.header.time;
    const isHeight = tx.lockTime < LOCK_TIME_THRESHOLD;
    checks.push(
      check(
        'bad-txns-nonfinal',
        ['lock time', tx.lockTime],
        '<',
        isHeight ? ['height', height] : ['time', time],
      ),
    );
  }
  if (tx.isCoinbase || spent === undefined) return { tx, checks, spent };
  for (const { coinbase, height: created } of spent)
    if (coinbase)
      checks.push(
        check('bad-txns-premature-spend-of-coinbase', ['blocks on a coinbase', height - created], '>=', [
          'maturity',
          parameters.coinbaseMaturity,
        ]),
      );
  checks.push(
    check('bad-txns-in-belowout', ['inputs', totalOf(spent)], '>=', ['outputs', totalValue(tx.outputs)]),
  );
  if (usesMedian) {
    const locks = sequenceLocks(tx, spent, parent);
    const rule = 'bad-txns-nonfinal';
    if (locks.height >= 0)
      checks.push(check(rule, ['locked up to height', locks.height], '<', ['height', height]));
    if (locks.time >= 0)
      checks.push(
        check(rule, ['locked up to', locks.time], '<', ['median time past', parent.medianTimePast]),
      );
  }
  return { tx, checks, spent };
}
