/** Blocks on the tip, right and with one thing wrong, or two: which of them is named is part of the rules. */
import { Block } from '../../src/core/block/block.ts';
import { BlockHeader, type HeaderFields } from '../../src/core/block/header.ts';
import { merkleRoot } from '../../src/core/block/merkle.ts';
import { checkProofOfWork } from '../../src/core/block/proof-of-work.ts';
import { commitmentScript, witnessCommitment } from '../../src/core/consensus/commitment.ts';
import { blockSubsidy } from '../../src/core/consensus/subsidy.ts';
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { pushNumber } from '../../src/core/script/script.ts';
import {
  NULL_OUTPOINT,
  type OutPoint,
  SEQUENCE_FINAL,
  Transaction,
  type TransactionFields,
} from '../../src/core/transaction/transaction.ts';
import type { Draw } from './draw.ts';
import { anyoneCanSpend } from './locks.ts';

/** Where a block goes. */
export interface Place {
  /** Of the block itself. */
  readonly height: number;
  /** Internal order. */
  readonly prevHash: Uint8Array;
  readonly medianTimePast: number;
  readonly now: number;
  /** Coinbases that are not mature, and coins that were spent. */
  readonly unspendable: readonly OutPoint[];
}

/** A block in the making: fields may be changed until it is built. */
interface Draft {
  coinbase: TransactionFields;
  transactions: Transaction[];
  header: HeaderFields;
  commit: 'if needed' | 'never' | 'wrong' | 'twice' | 'always';
  /** The header's root is that of the body. */
  fits: boolean;
  /** After the header was made. */
  after: (transactions: Transaction[]) => Transaction[];
}

const RESERVED = new Uint8Array(32);

function draft(
  { height, prevHash, medianTimePast, now }: Place,
  transactions: readonly Transaction[],
): Draft {
  return {
    coinbase: {
      version: 2,
      inputs: [
        {
          prevout: NULL_OUTPOINT,
          scriptSig: concatBytes(pushNumber(height), Uint8Array.of(OP.OP_0)),
          sequence: SEQUENCE_FINAL,
          witness: [RESERVED],
        },
      ],
      outputs: [{ value: blockSubsidy(height, REGTEST), scriptPubKey: anyoneCanSpend }],
      lockTime: 0,
    },
    transactions: [...transactions],
    header: {
      version: 0x20000000,
      prevHash,
      merkleRoot: RESERVED,
      time: Math.max(medianTimePast + 1, now),
      bits: REGTEST.genesis.bits,
      nonce: 0,
    },
    commit: 'if needed',
    fits: true,
    after: (all) => all,
  };
}

function finish(made: Draft, mined: boolean): Block {
  const { coinbase, transactions, commit } = made;
  const committed = commit === 'if needed' ? transactions.some((tx) => tx.hasWitness) : commit !== 'never';
  const first = Transaction.from(coinbase);
  const hash = witnessCommitment([first, ...transactions], RESERVED);
  if (commit === 'wrong') hash[0]! ^= 1;
  const outputs = [
    ...coinbase.outputs,
    ...(commit === 'twice' ? [{ value: 0n, scriptPubKey: commitmentScript(new Uint8Array(32)) }] : []),
    { value: 0n, scriptPubKey: commitmentScript(hash) },
  ];
  const inputs = committed ? coinbase.inputs : coinbase.inputs.map((input) => withoutReserved(input));
  const top = Transaction.from({ ...coinbase, inputs, ...(committed && { outputs }) });
  const all = [top, ...transactions];
  const root = made.fits ? merkleRoot(all.map((tx) => tx.txidBytes)).root : made.header.merkleRoot;
  const body = made.after(all);
  const fitting = made.fits && body.length > 0 ? merkleRoot(body.map((tx) => tx.txidBytes)).root : root;
  let header = BlockHeader.from({ ...made.header, merkleRoot: body === all ? root : fitting });
  if (mined)
    for (let nonce = 0; !checkProofOfWork(header.hashBytes, REGTEST.genesis.bits, REGTEST); nonce++)
      header = BlockHeader.from({ ...header, nonce });
  return Block.from(header, body);
}

const withoutReserved = (input: TransactionFields['inputs'][number]) =>
  input.witness[0] === RESERVED ? { ...input, witness: [] } : input;

/** A block that is right if its transactions are. */
export const blockOf = (place: Place, transactions: readonly Transaction[], mined = false): Block =>
  finish(draft(place, transactions), mined);

/** @param spends valid on the tip, each by itself */
export function spoiltBlock(draw: Draw, place: Place, spends: readonly Transaction[], mined: boolean): Block {
  const count = Math.min(spends.length, draw.below(4));
  const chosen = new Set<Transaction>();
  while (chosen.size < count) chosen.add(draw.one(spends));
  const made = draft(place, [...chosen]);
  for (
    let changes = draw.weighted([
      [1, 0],
      [6, 1],
      [5, 2],
      [2, 3],
    ]);
    changes > 0;
    changes--
  )
    draw.one([changeHeader, changeCoinbase, changeCoinbase, changeBody, changeBody])(draw, made, place);
  return finish(made, mined);
}

function changeHeader(draw: Draw, made: Draft, { medianTimePast, now }: Place): void {
  const set = (fields: Partial<HeaderFields>): void => {
    made.header = { ...made.header, ...fields };
  };
  draw.one<() => void>([
    () => set({ version: draw.one([-1, 0, 1, 2, 3, 4, 0x7fffffff, -0x80000000]) }),
    () =>
      set({
        time: draw.one([
          0,
          medianTimePast - 1,
          medianTimePast,
          medianTimePast + 1,
          now + 7_200,
          now + 7_201,
          0xffffffff,
        ]),
      }),
    () => set({ bits: draw.one([0, 0x1d00ffff, 0x207ffffe, 0x20800000, 0x227fffff, 0xffffffff]) }),
    () => set({ prevHash: draw.bytes(32) }),
    () => {
      made.fits = false;
    },
  ])();
}

function changeCoinbase(draw: Draw, made: Draft, place: Place): void {
  const { height } = place;
  const { coinbase } = made;
  const { inputs, outputs } = draft(place, []).coinbase;
  const input = coinbase.inputs[0] ?? inputs[0]!;
  const output = coinbase.outputs[0] ?? outputs[0]!;
  const set = (fields: Partial<TransactionFields>): void => {
    made.coinbase = { ...coinbase, ...fields };
  };
  const sign = (fields: Partial<typeof input>): void => set({ inputs: [{ ...input, ...fields }] });
  const pay = (value: bigint): void => set({ outputs: [{ ...output, value }] });
  draw.one<() => void>([
    () => sign({ scriptSig: draw.bytes(draw.one([0, 1, 2, 100, 101])) }),
    () => sign({ scriptSig: concatBytes(pushNumber(height), new Uint8Array(draw.one([0, 97, 98, 99]))) }),
    () => sign({ scriptSig: concatBytes(pushNumber(height + draw.one([-1, 1])), Uint8Array.of(0)) }),
    () => sign({ witness: draw.one([[], [new Uint8Array(31)], [RESERVED, RESERVED], [draw.bytes(32)]]) }),
    () => sign({ sequence: draw.below(3) }),
    () => sign({ prevout: { txid: new Uint8Array(32), vout: 0 } }),
    () => set({ lockTime: draw.one([1, height, height + 1, 0xffffffff]) }),
    () => pay(output.value + 1n),
    () => pay(draw.one([-1n, 0n, 2_100_000_000_000_000n, 2_100_000_000_000_001n])),
    () => set({ outputs: [] }),
    () => set({ outputs: [output, { value: 2_100_000_000_000_000n, scriptPubKey: anyoneCanSpend }] }),
    () => set({ inputs: [input, input] }),
    () => set({ inputs: [] }),
    () =>
      set({
        outputs: [{ value: 1n, scriptPubKey: new Uint8Array(draw.one([19_999, 20_001])).fill(OP.CHECKSIG) }],
      }),
    () => {
      made.commit = draw.one(['never', 'wrong', 'twice', 'always']);
    },
  ])();
}

const changed = (tx: Transaction, fields: Partial<TransactionFields>): Transaction =>
  Transaction.from({
    version: tx.version,
    inputs: tx.inputs,
    outputs: tx.outputs,
    lockTime: tx.lockTime,
    ...fields,
  });

function changeBody(draw: Draw, made: Draft, place: Place): void {
  const { transactions } = made;
  const at = draw.below(Math.max(1, transactions.length));
  const tx = transactions[at];
  const edit = (fields: (tx: Transaction) => Partial<TransactionFields>): void => {
    if (tx !== undefined) transactions.splice(at, 1, changed(tx, fields(tx)));
  };
  const spend = (prevout: OutPoint, value = 1n): Transaction =>
    Transaction.from({
      version: 2,
      inputs: [
        { prevout, scriptSig: new Uint8Array(), sequence: SEQUENCE_FINAL, witness: [Uint8Array.of(OP.OP_1)] },
      ],
      outputs: [{ value, scriptPubKey: anyoneCanSpend }],
      lockTime: 0,
    });
  draw.one<() => void>([
    () => transactions.push(...transactions.slice(at, at + 1)),
    () => transactions.reverse(),
    () => transactions.push(spend({ txid: draw.bytes(32), vout: 0 })),
    () => transactions.push(spend(draw.one(place.unspendable))),
    // A chain within the block, the right way round and the wrong one.
    () => tx && transactions.push(spend({ txid: tx.txidBytes, vout: 0 }, draw.one([1n, 10n ** 15n]))),
    () => tx && transactions.splice(at, 0, spend({ txid: tx.txidBytes, vout: 0 })),
    () => edit(() => ({ outputs: [] })),
    () => edit(({ inputs }) => ({ inputs: [...inputs, ...inputs.slice(0, 1)] })),
    () =>
      edit(({ inputs }) => ({
        inputs: [...inputs, ...inputs.slice(0, 1).map((input) => ({ ...input, prevout: NULL_OUTPOINT }))],
      })),
    () =>
      edit(({ outputs }) => ({
        outputs: outputs.map((output) => ({
          ...output,
          value: draw.one([-1n, 2_100_000_000_000_000n, 2_100_000_000_000_001n]),
        })),
      })),
    () => edit(({ inputs }) => ({ inputs: inputs.map((input) => ({ ...input, witness: [draw.bytes(4)] })) })),
    () => edit(({ inputs }) => ({ inputs: inputs.map((input) => ({ ...input, scriptSig: draw.bytes(4) })) })),
    () =>
      edit(({ inputs }) => ({
        lockTime: draw.one([place.height, 0xffffffff]),
        inputs: inputs.map((input) => ({ ...input, sequence: 0 })),
      })),
    () =>
      edit(({ inputs }) => ({
        version: 2,
        inputs: inputs.map((input) => ({ ...input, sequence: draw.one([5_000, (1 << 22) | 5_000]) })),
      })),
    () => transactions.push(Transaction.from(made.coinbase)),
    () => {
      const sixtyFour = Transaction.from({
        version: 1,
        inputs: [
          { prevout: draw.one(place.unspendable), scriptSig: new Uint8Array(), sequence: 0, witness: [] },
        ],
        outputs: [{ value: 1n, scriptPubKey: new Uint8Array(4) }],
        lockTime: 0,
      });
      transactions.push(sixtyFour);
    },
    () => {
      made.after = (all) => all.slice(1);
    },
    () => {
      made.after = () => [];
    },
    () => {
      // CVE-2012-2459: the same root by repeating the last.
      made.after = (all) => [...all, ...all.slice(-1)];
    },
    () => {
      made.after = (all) => [...all].reverse();
    },
  ])();
}
