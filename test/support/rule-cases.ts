/**
 * Every rule of blocks as data: on a chain of a few blocks, one block that just keeps the rule, and one
 * that just breaks it, with Bitcoin Core's reason.
 */
import type { Block } from '../../src/core/block/block.ts';
import { commitmentScript } from '../../src/core/consensus/commitment.ts';
import { MAX_BLOCK_WEIGHT, MAX_TIMEWARP } from '../../src/core/consensus/limits.ts';
import { concatBytes, EMPTY } from '../../src/core/encoding/bytes.ts';
import type { InvalidKind } from '../../src/core/encoding/errors.ts';
import { hash160, sha256 } from '../../src/core/encoding/hashes.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { pushNumber, script } from '../../src/core/script/script.ts';
import { COIN, MAX_MONEY } from '../../src/core/transaction/amount.ts';
import {
  NULL_OUTPOINT,
  SEQUENCE_DISABLE,
  SEQUENCE_TIME,
  type Transaction,
} from '../../src/core/transaction/transaction.ts';
import { type BlockSpec, ChainBuilder, output, outputOf, transaction } from './chain-builder.ts';

interface RuleCase {
  readonly title: string;
  readonly reason: string;
  /** `consensus` if not given. */
  readonly kind?: InvalidKind;
  /** What differs from regtest with a maturity of 5. */
  readonly parameters?: Partial<NetworkParameters>;
  /** Blocks before; 8 if not given. */
  readonly before?: number;
  /** The case needs coins that no chain makes: only the pure rules can be asked. */
  readonly impossible?: boolean;
  /** Done on the chain before either block is built. */
  readonly prepare?: (chain: ChainBuilder) => void;
  readonly valid: (chain: ChainBuilder) => BlockSpec;
  readonly broken: (chain: ChainBuilder) => BlockSpec;
}

const BASE: NetworkParameters = { ...REGTEST, coinbaseMaturity: 5 };
/** Height of the block that is judged, with 8 before it. */
const HEIGHT = 9;

/** The chain of a case, and the two blocks. Every call builds the same. */
export function buildCase({ parameters, before = HEIGHT - 1, prepare, valid, broken }: RuleCase): {
  chain: ChainBuilder;
  valid: Block;
  broken: Block;
} {
  const make = (): ChainBuilder => {
    const chain = new ChainBuilder({ ...BASE, ...parameters }).mine(before);
    prepare?.(chain);
    return chain;
  };
  // Coins taken for the one block are to be there for the other.
  const [first, second] = [make(), make()];
  return { chain: first, valid: first.block(valid(first)), broken: second.block(broken(second)) };
}

const heights = (changes: Partial<NetworkParameters['heights']>): Partial<NetworkParameters> => ({
  heights: { ...REGTEST.heights, ...changes },
});

const repeat = (opcode: number, count: number): Uint8Array => new Uint8Array(count).fill(opcode);

/** Spends a mature coinbase to an output, and that in the same block: the two transactions. */
function through(
  chain: ChainBuilder,
  scriptPubKey: Uint8Array,
  unlock: { scriptSig?: Uint8Array; witness?: readonly Uint8Array[] },
  count = 1,
): Transaction[] {
  const { outpoint, coin } = chain.takeMature();
  const each = coin.output.value / BigInt(count);
  const first = transaction(
    [{ prevout: outpoint }],
    Array.from({ length: count }, () => output(each, scriptPubKey)),
  );
  const inputs = first.outputs.map((_, vout) => ({ prevout: { txid: first.txidBytes, vout }, ...unlock }));
  return [first, transaction(inputs, [output(each)])];
}

/** Witness version 2: anyone may spend it, with any witness. */
const FUTURE_PROGRAM = script(OP.OP_2, Uint8Array.of(9, 9));
const p2sh = (redeem: Uint8Array): Uint8Array => script(OP.HASH160, hash160(redeem), OP.EQUAL);
const p2wsh = (witnessScript: Uint8Array): Uint8Array => script(OP.OP_0, sha256(witnessScript));

/** True, with so many CHECKMULTISIG (20 operations each) that are never run. */
const multisigs = (count: number): Uint8Array =>
  concatBytes(script(OP.OP_0, OP.IF), repeat(OP.CHECKMULTISIG, count), script(OP.ENDIF, OP.OP_1));

const spendOne = (chain: ChainBuilder, sequence: number, version = 2, lockTime = 0): BlockSpec => {
  const { outpoint, coin } = chain.takeMature();
  return {
    transactions: [
      transaction([{ prevout: outpoint, sequence }], [output(coin.output.value)], { version, lockTime }),
    ],
  };
};

const headerCases: readonly RuleCase[] = [
  {
    title: 'the hash meets the target',
    reason: 'high-hash',
    valid: () => ({}),
    broken: () => ({ mined: false }),
  },
  ...[0x00000000, 0xff800001, 0x227fffff, 0x2100ffff].map((bits) => ({
    title: `no hash can meet bits ${bits.toString(16)}`,
    reason: 'high-hash',
    valid: () => ({}),
    broken: () => ({ header: { bits }, mined: false }),
  })),
  {
    title: 'the bits are those that the rule asks for',
    reason: 'bad-diffbits',
    valid: () => ({ header: { bits: 0x207fffff } }),
    broken: () => ({ header: { bits: 0x207ffffe } }),
  },
  {
    title: 'the time is after the median of eleven',
    reason: 'time-too-old',
    before: 14,
    valid: ({ tip }) => ({ header: { time: tip.ancestor(9).header.time + 1 } }),
    broken: ({ tip }) => ({ header: { time: tip.ancestor(9).header.time } }),
  },
  {
    title: 'the time is at most two hours ahead',
    reason: 'time-too-new',
    kind: 'early',
    valid: ({ tip }) => ({ header: { time: tip.header.time + 600 + 7200 } }),
    broken: ({ tip }) => ({ header: { time: tip.header.time + 601 + 7200 } }),
  },
  {
    title: 'or as far as the network allows',
    reason: 'time-too-new',
    kind: 'early',
    parameters: { maxFutureBlockTime: 60 },
    valid: ({ tip }) => ({ header: { time: tip.header.time + 660 } }),
    broken: ({ tip }) => ({ header: { time: tip.header.time + 661 } }),
  },
  {
    title: 'BIP94: the first block of an interval is at most ten minutes before its parent',
    reason: 'time-timewarp-attack',
    parameters: {
      difficulty: { kind: 'interval', interval: HEIGHT, clamp: 4, minimumDifficultyAfter: 0, bip94: true },
    },
    valid: ({ tip }) => ({ header: { time: tip.header.time - MAX_TIMEWARP } }),
    broken: ({ tip }) => ({ header: { time: tip.header.time - MAX_TIMEWARP - 1 } }),
  },
  ...(
    [
      ['bip34', 1, 2],
      ['bip66', 2, 3],
      ['bip65', 3, 4],
    ] as const
  ).map(([fork, old, least]) => ({
    title: `${fork} asks for version ${least}`,
    reason: `bad-version(0x0000000${old})`,
    parameters: heights({ bip34: 99, bip65: 99, bip66: 99, [fork]: HEIGHT }),
    valid: () => ({ header: { version: least } }),
    broken: () => ({ header: { version: old } }),
  })),
  {
    title: 'the version is a signed number',
    reason: 'bad-version(0xffffffff)',
    valid: () => ({ header: { version: 0x7fffffff } }),
    broken: () => ({ header: { version: -1 } }),
  },
];

const shapeCases: readonly RuleCase[] = [
  {
    title: 'the header commits to the transactions',
    reason: 'bad-txnmrklroot',
    kind: 'mutated',
    valid: (chain) => ({ transactions: [chain.spend([chain.takeMature()])] }),
    broken: (chain) => ({
      transactions: [chain.spend([chain.takeMature()])],
      body: ([coinbase]) => [coinbase!],
    }),
  },
  {
    title: 'CVE-2012-2459: transactions repeated at the end have the same root',
    reason: 'bad-txns-duplicate',
    kind: 'mutated',
    valid: (chain) => ({
      transactions: [chain.spend([chain.takeMature()]), chain.spend([chain.takeMature()])],
    }),
    broken: (chain) => ({
      transactions: [chain.spend([chain.takeMature()]), chain.spend([chain.takeMature()])],
      body: (transactions) => [...transactions, transactions.at(-1)!],
    }),
  },
  {
    title: 'there is a transaction',
    reason: 'bad-blk-length',
    valid: () => ({}),
    broken: () => ({ arrange: () => [] }),
  },
  {
    title: 'a block has at most 1,000,000 bytes without witnesses',
    reason: 'bad-blk-length',
    // Header, count, and the coinbase around a script of this length.
    valid: () => ({ coinbase: { scriptPubKey: repeat(OP.NOP, 1_000_000 - 81 - 66) } }),
    broken: () => ({ coinbase: { scriptPubKey: repeat(OP.NOP, 1_000_000 - 81 - 66 + 1) } }),
  },
  {
    title: 'the first transaction is a coinbase',
    reason: 'bad-cb-missing',
    valid: (chain) => ({ transactions: [chain.spend([chain.takeMature()])] }),
    broken: (chain) => ({
      transactions: [chain.spend([chain.takeMature()])],
      arrange: (transactions) => transactions.slice(1),
    }),
  },
  {
    title: 'CVE-2017-12842: 64 bytes that are no coinbase may be hashes of the true tree',
    reason: 'bad-cb-missing',
    kind: 'mutated',
    valid: (chain) => ({ transactions: [sizedTransaction(chain, 64)] }),
    broken: (chain) => ({
      transactions: [sizedTransaction(chain, 64)],
      arrange: (transactions) => transactions.slice(1),
    }),
  },
  ...[63, 65].map((size) => ({
    title: `${size} bytes that are no coinbase are no hashes`,
    reason: 'bad-cb-missing',
    valid: (chain: ChainBuilder) => ({ transactions: [sizedTransaction(chain, size)] }),
    broken: (chain: ChainBuilder) => ({
      transactions: [sizedTransaction(chain, size)],
      arrange: (transactions: readonly Transaction[]) => transactions.slice(1),
    }),
  })),
  {
    title: 'only the first transaction is a coinbase',
    reason: 'bad-cb-multiple',
    valid: () => ({}),
    broken: () => ({
      transactions: [transaction([{ prevout: NULL_OUTPOINT, scriptSig: repeat(0, 2) }], [output(0n)])],
    }),
  },
  {
    title: "a coinbase's scriptSig has two bytes or more",
    reason: 'bad-cb-length',
    valid: () => ({ coinbase: { scriptSig: concatBytes(pushNumber(HEIGHT), repeat(0, 1)) } }),
    broken: () => ({ coinbase: { scriptSig: pushNumber(HEIGHT) } }),
  },
  {
    title: "a coinbase's scriptSig has 100 bytes or less",
    reason: 'bad-cb-length',
    valid: () => ({ coinbase: { scriptSig: concatBytes(pushNumber(HEIGHT), repeat(0, 99)) } }),
    broken: () => ({ coinbase: { scriptSig: concatBytes(pushNumber(HEIGHT), repeat(0, 100)) } }),
  },
  {
    title: 'the transactions before P2SH have at most 20,000 signature operations',
    reason: 'bad-blk-sigops',
    valid: () => ({ coinbase: { scriptPubKey: repeat(OP.CHECKSIG, 20_000) } }),
    broken: () => ({ coinbase: { scriptPubKey: repeat(OP.CHECKSIG, 20_001) } }),
  },
];

/** A transaction of a mature coin, with so many bytes. */
function sizedTransaction(chain: ChainBuilder, size: number): Transaction {
  const { outpoint, coin } = chain.takeMature();
  // Everything around the output's script takes 60 bytes.
  return transaction([{ prevout: outpoint }], [output(coin.output.value, repeat(OP.NOP, size - 60))]);
}

/** A transaction of a mature coin, changed. */
const changed =
  (change: (chain: ChainBuilder, tx: Transaction) => Transaction) =>
  (chain: ChainBuilder): BlockSpec => ({
    transactions: [change(chain, chain.spend([chain.takeMature()], 0n))],
    coinbase: { value: 0n },
  });
const unchanged = changed((_, tx) => tx);

const transactionCases: readonly RuleCase[] = [
  {
    title: 'a transaction has inputs',
    reason: 'bad-txns-vin-empty',
    valid: unchanged,
    broken: changed((_, tx) => transaction([], tx.outputs)),
  },
  {
    title: 'a transaction has outputs',
    reason: 'bad-txns-vout-empty',
    valid: unchanged,
    broken: changed((_, tx) => transaction(tx.inputs, [])),
  },
  {
    title: 'no output is negative',
    reason: 'bad-txns-vout-negative',
    valid: changed((_, tx) => transaction(tx.inputs, [output(0n)])),
    broken: changed((_, tx) => transaction(tx.inputs, [output(-1n)])),
  },
  {
    title: 'no output is more than all money',
    reason: 'bad-txns-vout-toolarge',
    valid: unchanged,
    broken: changed((_, tx) => transaction(tx.inputs, [output(MAX_MONEY + 1n)])),
  },
  {
    title: 'all outputs together are no more than all money',
    reason: 'bad-txns-txouttotal-toolarge',
    valid: unchanged,
    broken: changed((_, tx) => transaction(tx.inputs, [output(MAX_MONEY), output(1n)])),
  },
  {
    title: 'CVE-2018-17144: no coin is spent twice in a transaction',
    reason: 'bad-txns-inputs-duplicate',
    valid: unchanged,
    broken: changed((_, tx) => transaction([...tx.inputs, ...tx.inputs], tx.outputs)),
  },
  {
    title: 'only a coinbase has a null prevout',
    reason: 'bad-txns-prevout-null',
    valid: unchanged,
    broken: changed((_, tx) => transaction([...tx.inputs, { prevout: NULL_OUTPOINT }], tx.outputs)),
  },
];

const contextCases: readonly RuleCase[] = [
  {
    title: 'a lock time that is a height has passed',
    reason: 'bad-txns-nonfinal',
    valid: (chain) => spendOne(chain, 0, 2, HEIGHT - 1),
    broken: (chain) => spendOne(chain, SEQUENCE_DISABLE, 2, HEIGHT),
  },
  {
    title: 'an input that is final lets the lock time pass only together with all others',
    reason: 'bad-txns-nonfinal',
    valid: (chain) => spendOne(chain, 0xffffffff, 2, HEIGHT),
    broken: (chain) => {
      const [a, b] = [chain.takeMature().outpoint, chain.takeMature().outpoint];
      const inputs = [{ prevout: a }, { prevout: b, sequence: 0xfffffffe }];
      return { transactions: [transaction(inputs, [output(0n)], { lockTime: HEIGHT })] };
    },
  },
  {
    title: 'BIP113: a lock time that is a time is before the median time, from its height on',
    reason: 'bad-txns-nonfinal',
    parameters: heights({ csv: HEIGHT }),
    valid: (chain) => spendOne(chain, SEQUENCE_DISABLE, 2, chain.tip.medianTimePast - 1),
    broken: (chain) => spendOne(chain, SEQUENCE_DISABLE, 2, chain.tip.medianTimePast),
  },
  {
    title: 'before BIP113 a lock time is compared with the time of the block',
    reason: 'bad-txns-nonfinal',
    parameters: heights({ csv: HEIGHT + 1 }),
    valid: (chain) => spendOne(chain, SEQUENCE_DISABLE, 2, chain.tip.header.time + 599),
    broken: (chain) => spendOne(chain, SEQUENCE_DISABLE, 2, chain.tip.header.time + 600),
  },
  {
    title: 'BIP34: the coinbase begins with the height, from its height on',
    reason: 'bad-cb-height',
    parameters: heights({ bip34: HEIGHT }),
    valid: () => ({ coinbase: { scriptSig: concatBytes(pushNumber(HEIGHT), repeat(0, 9)) } }),
    broken: () => ({ coinbase: { scriptSig: concatBytes(pushNumber(HEIGHT - 1), repeat(0, 9)) } }),
  },
  {
    title: 'BIP34: the height is pushed as a number in its shortest form',
    reason: 'bad-cb-height',
    before: 16,
    valid: () => ({ coinbase: { scriptSig: concatBytes(script(Uint8Array.of(17)), repeat(0, 1)) } }),
    broken: () => ({ coinbase: { scriptSig: Uint8Array.of(2, 17, 0) } }),
  },
  {
    title: 'witnesses are committed to',
    reason: 'unexpected-witness',
    kind: 'mutated',
    valid: (chain) => ({ transactions: through(chain, FUTURE_PROGRAM, { witness: [EMPTY] }) }),
    broken: (chain) => ({
      transactions: through(chain, FUTURE_PROGRAM, { witness: [EMPTY] }),
      commit: false,
    }),
  },
  {
    title: 'before segwit there are no witnesses, committed to or not',
    reason: 'unexpected-witness',
    kind: 'mutated',
    parameters: heights({ segwit: HEIGHT + 1 }),
    valid: (chain) => ({ transactions: through(chain, FUTURE_PROGRAM, {}) }),
    broken: (chain) => ({ transactions: through(chain, FUTURE_PROGRAM, { witness: [EMPTY] }) }),
  },
  ...[[], [new Uint8Array(31)], [new Uint8Array(33)], [new Uint8Array(32), EMPTY]].map((witness) => ({
    title: `the reserved value is one item of 32 bytes, not [${witness.map((item) => item.length)}]`,
    reason: 'bad-witness-nonce-size',
    kind: 'mutated' as const,
    valid: () => ({ commit: true }),
    broken: () => ({ commit: true, coinbase: { witness } }),
  })),
  {
    title: 'the commitment is to these witnesses, from the height of segwit on',
    reason: 'bad-witness-merkle-match',
    kind: 'mutated',
    parameters: heights({ segwit: HEIGHT }),
    valid: (chain) => ({ transactions: through(chain, FUTURE_PROGRAM, { witness: [EMPTY] }) }),
    broken: (chain) => ({
      transactions: through(chain, FUTURE_PROGRAM, { witness: [EMPTY] }),
      body: ([coinbase, first, second]) => [
        coinbase!,
        first!,
        transaction(
          second!.inputs.map((input) => ({ ...input, witness: [Uint8Array.of(1)] })),
          second!.outputs,
        ),
      ],
    }),
  },
  {
    title: 'of several commitments the last counts',
    reason: 'bad-witness-merkle-match',
    kind: 'mutated',
    valid: () => ({ commit: true, coinbase: { moreOutputs: [output(0n, commitmentScript(repeat(7, 32)))] } }),
    broken: () => ({
      coinbase: { witness: [repeat(0, 32)], moreOutputs: [output(0n, commitmentScript(repeat(7, 32)))] },
    }),
  },
  {
    title: 'a block weighs at most 4,000,000 units',
    reason: 'bad-blk-weight',
    valid: (chain) => paddedTo(chain, MAX_BLOCK_WEIGHT),
    broken: (chain) => paddedTo(chain, MAX_BLOCK_WEIGHT + 1),
  },
];

/** A block of exactly this weight, by a witness that nobody reads. */
function paddedTo(chain: ChainBuilder, weight: number): BlockSpec {
  const [first, second] = through(chain, FUTURE_PROGRAM, { witness: [repeat(0, 100_000)] });
  const short = weight - chain.block({ transactions: [first!, second!] }).weight;
  const inputs = second!.inputs.map((input) => ({ ...input, witness: [repeat(0, 100_000 + short)] }));
  return { transactions: [first!, transaction(inputs, second!.outputs)] };
}

const coinCases: readonly RuleCase[] = [
  {
    title: 'BIP30: no transaction is repeated while it has unspent outputs',
    reason: 'bad-txns-BIP30',
    parameters: heights({ bip34: 1000 }),
    valid: () => ({ coinbase: { scriptSig: concatBytes(pushNumber(HEIGHT), repeat(0, 1)) } }),
    broken: () => ({ coinbase: { scriptSig: concatBytes(pushNumber(HEIGHT - 1), repeat(0, 1)) } }),
  },
  {
    title: 'the coins are there',
    reason: 'bad-txns-inputs-missingorspent',
    valid: unchanged,
    broken: changed((_, tx) => transaction([{ prevout: { txid: repeat(7, 32), vout: 0 } }], tx.outputs)),
  },
  {
    title: 'an output of a coin that is there is not another one',
    reason: 'bad-txns-inputs-missingorspent',
    valid: unchanged,
    broken: changed((_, tx) => transaction([{ prevout: { ...tx.inputs[0]!.prevout, vout: 1 } }], tx.outputs)),
  },
  {
    title: 'a coin is spent once in a block',
    reason: 'bad-txns-inputs-missingorspent',
    valid: unchanged,
    broken: (chain) => {
      const coin = chain.takeMature();
      return { transactions: [chain.spend([coin], 1n), chain.spend([coin], 2n)] };
    },
  },
  {
    title: 'a coin of the block itself is spent once',
    reason: 'bad-txns-inputs-missingorspent',
    valid: (chain) => {
      const first = chain.spend([chain.takeMature()]);
      return { transactions: [first, chain.spend([outputOf(first)])] };
    },
    broken: (chain) => {
      const first = chain.spend([chain.takeMature()]);
      return {
        transactions: [first, chain.spend([outputOf(first)], 1n), chain.spend([outputOf(first)], 2n)],
      };
    },
  },
  {
    title: 'a coin is made before it is spent',
    reason: 'bad-txns-inputs-missingorspent',
    valid: unchanged,
    broken: (chain) => {
      const first = chain.spend([chain.takeMature()]);
      return { transactions: [chain.spend([outputOf(first)]), first] };
    },
  },
  {
    title: 'a coin is spent once in a chain',
    reason: 'bad-txns-inputs-missingorspent',
    prepare: (chain) => {
      chain.accept(chain.block({ transactions: [chain.spend([chain.takeMature()])] }));
    },
    valid: unchanged,
    broken: ({ blocks }) => {
      const { prevout } = blocks.at(-1)!.transactions[1]!.inputs[0]!;
      return { transactions: [transaction([{ prevout }], [output(1n)])] };
    },
  },
  {
    title: 'an OP_RETURN output is no coin',
    reason: 'bad-txns-inputs-missingorspent',
    valid: (chain) => ({ transactions: through(chain, script(OP.OP_1, OP.VERIFY, OP.OP_1), {}) }),
    broken: (chain) => ({ transactions: through(chain, script(OP.RETURN), {}) }),
  },
  {
    title: 'a coinbase is mature',
    reason: 'bad-txns-premature-spend-of-coinbase',
    valid: ({ coins }) => ({ transactions: [spendCoinbaseOf(coins, HEIGHT - 5)] }),
    broken: ({ coins }) => ({ transactions: [spendCoinbaseOf(coins, HEIGHT - 4)] }),
  },
  {
    title: 'a transaction pays no more than it spends',
    reason: 'bad-txns-in-belowout',
    valid: (chain) => ({ transactions: [chain.spend([chain.takeMature()], 0n)] }),
    broken: (chain) => ({ transactions: [chain.spend([chain.takeMature()], -1n)] }),
  },
  {
    title: 'the coinbase takes no more than subsidy and fees',
    reason: 'bad-cb-amount',
    valid: (chain) => ({
      transactions: [chain.spend([chain.takeMature()], 7n)],
      coinbase: { value: 50n * COIN + 7n },
    }),
    broken: (chain) => ({
      transactions: [chain.spend([chain.takeMature()], 7n)],
      coinbase: { value: 50n * COIN + 8n },
    }),
  },
  {
    title: 'the subsidy halves',
    reason: 'bad-cb-amount',
    parameters: { halvingInterval: HEIGHT },
    valid: () => ({ coinbase: { value: 25n * COIN } }),
    broken: () => ({ coinbase: { value: 25n * COIN, moreOutputs: [output(1n)] } }),
  },
  {
    title: 'all fees of a block are no more than all money',
    reason: 'bad-txns-accumulated-fee-outofrange',
    impossible: true,
    prepare: ({ coins }) => {
      for (const vout of [0, 1])
        coins.set({ txid: repeat(7, 32), vout }, { output: output(MAX_MONEY), height: 1, coinbase: false });
    },
    valid: () => ({ transactions: [spendRich(0, 0n), spendRich(1, MAX_MONEY)], coinbase: { value: 0n } }),
    broken: () => ({
      transactions: [spendRich(0, 0n), spendRich(1, MAX_MONEY - 1n)],
      coinbase: { value: 0n },
    }),
  },
  {
    title: 'BIP68: a relative lock of blocks has passed',
    reason: 'bad-txns-nonfinal',
    // The coin is of block 1.
    valid: (chain) => spendOne(chain, HEIGHT - 1),
    broken: (chain) => spendOne(chain, HEIGHT),
  },
  {
    title: 'BIP68: a relative lock of time has passed',
    reason: 'bad-txns-nonfinal',
    before: 14,
    // The coin is of block 1, so time counts from the genesis block to the median, block 9: 5,400 s or 10 * 512 and more.
    valid: (chain) => spendOne(chain, SEQUENCE_TIME | 10),
    broken: (chain) => spendOne(chain, SEQUENCE_TIME | 11),
  },
  {
    title: 'BIP68: only for transactions of version 2',
    reason: 'bad-txns-nonfinal',
    valid: (chain) => spendOne(chain, HEIGHT, 1),
    broken: (chain) => spendOne(chain, HEIGHT, 0xffffffff),
  },
  {
    title: 'BIP68: only where the sequence says so',
    reason: 'bad-txns-nonfinal',
    valid: (chain) => spendOne(chain, SEQUENCE_DISABLE | HEIGHT),
    broken: (chain) => spendOne(chain, 0x7f800000 | HEIGHT),
  },
  {
    title: 'BIP68: from its height on',
    reason: 'bad-txns-nonfinal',
    parameters: heights({ csv: HEIGHT }),
    valid: (chain) => spendOne(chain, HEIGHT - 1),
    broken: (chain) => spendOne(chain, HEIGHT),
  },
  {
    title: 'signature operations in P2SH scripts count four each',
    reason: 'bad-blk-sigops',
    valid: (chain) => sigOpsOfP2sh(chain, 1000),
    broken: (chain) => sigOpsOfP2sh(chain, 1001),
  },
  {
    title: 'signature operations in witness scripts count one each',
    reason: 'bad-blk-sigops',
    valid: (chain) => sigOpsOfP2wsh(chain, 19_050),
    broken: (chain) => sigOpsOfP2wsh(chain, 19_051),
  },
  {
    title: 'every input has a script that lets it',
    reason: 'block-script-verify-flag-failed',
    valid: (chain) => ({ transactions: through(chain, script(OP.OP_1), {}) }),
    broken: (chain) => ({ transactions: through(chain, script(OP.OP_0), {}) }),
  },
];

function spendCoinbaseOf(coins: ChainBuilder['coins'], height: number): Transaction {
  for (const [outpoint, coin] of coins.entries())
    if (coin.height === height) return transaction([{ prevout: outpoint }], [output(coin.output.value)]);
  throw new Error(`no coin of height ${height}`);
}

const spendRich = (vout: number, value: bigint): Transaction =>
  transaction([{ prevout: { txid: repeat(7, 32), vout } }], [output(value)]);

/** 5 * 190 * 20 * 4 = 76,000 in redeem scripts, and 4 for each CHECKSIG. */
function sigOpsOfP2sh(chain: ChainBuilder, checkSigs: number): BlockSpec {
  const redeem = multisigs(190);
  return {
    transactions: through(chain, p2sh(redeem), { scriptSig: script(redeem) }, 5),
    coinbase: { scriptPubKey: repeat(OP.CHECKSIG, checkSigs) },
  };
}

/** 190 * 20 = 3,800 in the witness script, and 4 for each CHECKSIG. */
function sigOpsOfP2wsh(chain: ChainBuilder, checkSigs: number): BlockSpec {
  const witnessScript = multisigs(190);
  return {
    transactions: through(chain, p2wsh(witnessScript), { witness: [witnessScript] }),
    coinbase: { scriptPubKey: repeat(OP.CHECKSIG, checkSigs) },
  };
}

export const RULE_CASES: readonly RuleCase[] = [
  ...headerCases,
  ...shapeCases,
  ...transactionCases,
  ...contextCases,
  ...coinCases,
];
