/**
 * What must hold whatever is thrown at the rules. The unit tests try each a few times; `npm run fuzz` goes
 * on for as long as it is told.
 */
import fc from 'fast-check';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import { Block } from '../../src/core/block/block.ts';
import { basicFilter, matchesFilter } from '../../src/core/block/filter.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { extractMatches, readPartialMerkleTree } from '../../src/core/block/partial-merkle-tree.ts';
import { bitsFromTarget, targetFromBits } from '../../src/core/block/target.ts';
import { checkTransaction } from '../../src/core/consensus/check-transaction.ts';
import { blockSubsidy } from '../../src/core/consensus/subsidy.ts';
import { decodeUndo, encodeUndo } from '../../src/core/consensus/undo.ts';
import { equalBytes, toHex } from '../../src/core/encoding/bytes.ts';
import { DecodeError } from '../../src/core/encoding/errors.ts';
import {
  bindHashes,
  type HashFunctions,
  hash160,
  hash256,
  referenceHashes,
  ripemd160,
  sha1,
  sha256,
} from '../../src/core/encoding/hashes.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ScriptFlag } from '../../src/core/script/flags.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { SighashContext } from '../../src/core/script/sighash.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import { verifyInput } from '../../src/core/script/verify.ts';
import { decodeCoin, encodeCoin } from '../../src/core/transaction/coin-encoding.ts';
import { compressAmount, decompressAmount } from '../../src/core/transaction/compression.ts';
import { Transaction } from '../../src/core/transaction/transaction.ts';
import {
  ChainBuilder,
  output,
  reasonOf,
  type SpendableCoin,
  transaction,
} from '../../test/support/chain-builder.ts';
import type { Material, Spend } from './material.ts';
import { mutatedBlock, mutatedBytes, mutatedSpend } from './mutations.ts';

/** The fast paths of a platform, which must agree with the plain ones. */
export interface FastPaths {
  readonly hashes: HashFunctions;
  readonly engine: SignatureEngine;
  /** Workers, and a cache before them. */
  readonly verifier: ScriptVerifier;
}

interface NamedProperty {
  readonly name: string;
  readonly property: fc.IRawProperty<[unknown]>;
}

function mustBe(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** What is decoded, or null where it cannot be; any other error is a bug. */
function decoded<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function property<T>(name: string, arbitrary: fc.Arbitrary<T>, holds: (value: T) => void): NamedProperty {
  return { name, property: fc.property(arbitrary, holds) as fc.IRawProperty<[unknown]> };
}

function asyncProperty<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
): NamedProperty {
  return { name, property: fc.asyncProperty(arbitrary, holds) as fc.IRawProperty<[unknown]> };
}

/** The script verdict of every input. */
function verdicts({ tx, spent, flags }: Spend, engine: SignatureEngine): string {
  const context = new SighashContext(tx, spent);
  return tx.inputs.map((_, i) => verifyInput(tx, i, spent[i]!, flags, context, engine) ?? 'OK').join();
}

/** A transaction of a random chain: how many coins it spends (from where on), into what, for what fee. */
interface Step {
  readonly coins: number;
  readonly at: number;
  readonly outputs: number;
  readonly fee: number;
}

/** The transactions of one block. */
const plan: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    coins: fc.integer({ min: 1, max: 4 }),
    at: fc.nat(1000),
    outputs: fc.integer({ min: 1, max: 4 }),
    fee: fc.nat(10_000),
  }),
  { maxLength: 3 },
);

/** Mines a chain by plan, undoes it, and mines it again. */
function runChain(plans: readonly (readonly Step[])[]): void {
  const chain = new ChainBuilder({ ...REGTEST, coinbaseMaturity: 2, halvingInterval: 5 });
  const snapshots = [chain.coinList()];
  let allowed = 0n;
  for (const steps of plans) {
    const available = [...chain.coins.entries()]
      .map(([outpoint, coin]): SpendableCoin => ({ outpoint, coin }))
      .filter(({ coin }) => !coin.coinbase || chain.height + 1 - coin.height >= 2);
    const transactions = steps.flatMap(({ coins, outputs, fee, at }) => {
      const taken = available.splice(at % (available.length + 1), coins);
      const total = taken.reduce((sum, { coin }) => sum + coin.output.value, 0n) - BigInt(fee);
      if (taken.length === 0 || total < BigInt(outputs)) return [];
      const each = Array.from({ length: outputs }, () => output(total / BigInt(outputs)));
      const tx = transaction(
        taken.map(({ outpoint }) => ({ prevout: outpoint })),
        each,
      );
      // Its outputs may be spent by later transactions of the same block.
      each.forEach((made, vout) => {
        const coin = { output: made, height: 0, coinbase: false };
        available.push({ outpoint: { txid: tx.txidBytes, vout }, coin });
      });
      return [tx];
    });
    chain.accept(chain.block({ transactions }));
    allowed += blockSubsidy(chain.height, chain.parameters);
    const supply = [...chain.coins.entries()].reduce((sum, [, coin]) => sum + coin.output.value, 0n);
    mustBe(supply <= allowed, `supply of ${supply} at height ${chain.height}, ${allowed} allowed`);
    const undo = chain.undo.at(-1)!;
    mustBe(toHex(encodeUndo(decodeUndo(encodeUndo(undo)))) === toHex(encodeUndo(undo)), 'undo data changed');
    snapshots.push(chain.coinList());
  }
  const blocks = [...chain.blocks];
  while (chain.height > 0) {
    mustBe(chain.coinList().join() === snapshots[chain.height]!.join(), `coins differ at ${chain.height}`);
    chain.disconnect();
  }
  mustBe(chain.coinList().length === 0, 'coins are left after everything was undone');
  for (const block of blocks) chain.accept(block);
  mustBe(chain.coinList().join() === snapshots.at(-1)!.join(), 'coins differ the second time');
}

/** A chain of a few blocks and a valid block on it, to be spoiled. */
function spoilable(): { chain: ChainBuilder; block: Block } {
  const chain = new ChainBuilder({ ...REGTEST, coinbaseMaturity: 2 }).mine(6);
  const spends = [chain.spend([chain.takeMature()]), chain.spend([chain.takeMature(), chain.takeMature()])];
  return { chain, block: chain.block({ transactions: spends, commit: true }) };
}

export function properties(material: Material, fast: FastPaths): NamedProperty[] {
  const { transactions, blocks, spends } = material;
  const { chain, block } = spoilable();
  const before = chain.coinList().join();
  const bytesOf = (items: readonly { bytes: Uint8Array }[]): Uint8Array[] => items.map(({ bytes }) => bytes);
  return [
    property('a transaction is encoded as it was decoded', mutatedBytes(bytesOf(transactions)), (bytes) => {
      const tx = decoded(() => Transaction.decode(bytes));
      if (tx === null) return;
      mustBe(equalBytes(Transaction.from(tx).bytes, bytes), 'other bytes');
      mustBe(tx.strippedSize === tx.stripped.length, 'stripped size');
      const again = Transaction.decode(bytes.slice());
      mustBe(reasonOf(() => checkTransaction(tx)) === reasonOf(() => checkTransaction(again)), 'verdict');
    }),
    property('a block is encoded as it was decoded', mutatedBytes(bytesOf(blocks)), (bytes) => {
      const read = decoded(() => Block.decode(bytes));
      if (read === null) return;
      const header = BlockHeader.from(read.header);
      const written = Block.from(
        header,
        read.transactions.map((tx) => Transaction.from(tx)),
      );
      mustBe(equalBytes(written.bytes, bytes), 'other bytes');
      const stripped = read.transactions.reduce((size, tx) => size + tx.stripped.length, 0);
      mustBe(read.strippedSize - stripped >= 81, 'stripped size');
    }),
    property(
      'bytes of coins, undo data and proofs are read or refused',
      fc.uint8Array({ maxLength: 200 }),
      (bytes) => {
        const coin = decoded(() => decodeCoin(bytes));
        if (coin !== null) {
          const again = decodeCoin(encodeCoin(coin));
          mustBe(toHex(encodeCoin(again)) === toHex(encodeCoin(coin)), 'coin');
        }
        decoded(() => decodeUndo(bytes));
        decoded(() => extractMatches(readPartialMerkleTree(new Reader(bytes))));
        decoded(() => matchesFilter(bytes, new Uint8Array(32), [bytes]));
      },
    ),
    property(
      'amounts and targets are packed without loss',
      fc.tuple(fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }), fc.nat(0xffffffff)),
      ([amount, bits]) => {
        mustBe(decompressAmount(compressAmount(amount)) === amount, 'amount');
        const { target, negative, overflow } = targetFromBits(bits);
        if (negative || overflow) return;
        mustBe(targetFromBits(bitsFromTarget(target)).target === target, 'target');
      },
    ),
    property(
      'a spoiled block is judged the same twice, and changes nothing',
      mutatedBlock(block),
      (spoiled) => {
        const reason = chain.reason(spoiled);
        const read = decoded(() => Block.decode(spoiled.bytes));
        if (read !== null) mustBe(chain.reason(read) === reason, `${reason} the first time`);
        mustBe(chain.coinList().join() === before, 'coins changed');
        if (reason === null) basicFilter(spoiled, []);
      },
    ),
    property(
      'no chain makes more coins than it may, and every block can be undone',
      fc.array(plan, { maxLength: 12 }),
      runChain,
    ),
    property('scripts are judged the same by the fast engine', mutatedSpend(spends), (spend) => {
      const plain = verdicts(spend, nobleEngine);
      mustBe(verdicts(spend, nobleEngine) === plain, 'not deterministic');
      mustBe(verdicts(spend, fast.engine) === plain, `${fast.engine.name} differs from ${plain}`);
    }),
    asyncProperty(
      'scripts are judged the same by workers, and by a cache the second time',
      fc.array(fc.oneof(fc.constantFrom(...spends), mutatedSpend(spends)), { minLength: 1, maxLength: 8 }),
      async (checks) => {
        const isValid = checks.every((check) => /^(OK,)*OK$/.test(verdicts(check, fast.engine)));
        for (const flags of [0, ScriptFlag.SIGPUSHONLY]) {
          // With a flag of policy the cache remembers; then it is asked again.
          const asked = checks.map((check) => ({ ...check, flags: check.flags | flags }));
          const first = await fast.verifier.verify(asked);
          mustBe(((await fast.verifier.verify(asked)) === null) === (first === null), 'the second time');
          if (flags === 0) mustBe((first === null) === isValid, `workers: ${first?.error ?? 'OK'}`);
        }
      },
    ),
    property('the fast hashes are the same', fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const all = (): string =>
        [sha256, hash256, ripemd160, sha1, hash160].map((hash) => toHex(hash(bytes))).join();
      const plain = all();
      try {
        bindHashes(fast.hashes);
        mustBe(all() === plain, 'differ');
      } finally {
        bindHashes(referenceHashes);
      }
    }),
  ];
}
