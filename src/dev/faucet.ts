/**
 * Coins for whoever asks on a network of one's own. Its key follows from the genesis block: every node has it, and
 * everybody may. What it gives it has mined, and mines more where that is not enough: rules stay rules.
 */
import { blockSubsidy } from '../core/consensus/subsidy.ts';
import { equalBytes, utf8 } from '../core/encoding/bytes.ts';
import { hash160, sha256 } from '../core/encoding/hashes.ts';
import { publicKeyOf } from '../core/script/signing.ts';
import { p2wpkh } from '../core/script/templates.ts';
import { feeAt, higherRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import {
  NO_WITNESS,
  type OutPoint,
  SEQUENCE_NOT_FINAL,
  Transaction,
  type TxOut,
} from '../core/transaction/transaction.ts';
import type { RpcContext } from '../rpc/context.ts';
import { refuse } from '../rpc/errors.ts';
import { SigningProvider } from '../wallet/signing/provider.ts';
import { signTransaction } from '../wallet/signing/sign-transaction.ts';

type FaucetParts = Pick<RpcContext, 'parameters' | 'chain' | 'mempool' | 'miner' | 'wallets'>;

interface Funds {
  readonly outpoint: OutPoint;
  readonly output: TxOut;
}

const FEE_RATE = satPerKvB(1_000n);
/** Vbytes of a payment, at most, and of each of its inputs. */
const PAYMENT = 150;
const INPUT = 69;
/** Blocks that are mined for one payment at most. */
const MOST_BLOCKS = 1_000;
const TRIES = 2 ** 32;

export class Faucet {
  readonly #parts: FaucetParts;
  readonly #secret: Uint8Array;
  /** Made when it is asked for: few nodes are, and its making was a tenth of a start. */
  #knownKey: Uint8Array | undefined;
  /** One payment after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: FaucetParts) {
    this.#parts = parts;
    this.#secret = sha256(utf8(`penny faucet ${parts.parameters.genesis.hash}`));
  }

  get #publicKey(): Uint8Array {
    this.#knownKey ??= publicKeyOf(this.#secret);
    return this.#knownKey;
  }

  /** The scriptPubKey that fills it. */
  get script(): Uint8Array {
    return p2wpkh(hash160(this.#publicKey));
  }

  /** With its key. */
  provider(): SigningProvider {
    const provider = new SigningProvider();
    provider.addKey(this.#publicKey, null, this.#secret);
    return provider;
  }

  /** @param amount satoshis @returns the payment, which waits in the mempool @throws RpcError */
  pay(script: Uint8Array, amount: bigint): Promise<Transaction> {
    const payment = this.#turn.then(() => this.#pay(script, amount));
    this.#turn = payment.catch(() => undefined);
    return payment;
  }

  async #pay(scriptPubKey: Uint8Array, amount: bigint): Promise<Transaction> {
    const { mempool, wallets } = this.#parts;
    const rate = higherRate(mempool.minimumFeeRate(), FEE_RATE);
    const { chosen, fee } = await this.#choose(amount, (inputs) => feeAt(rate, PAYMENT + INPUT * inputs));
    const change = chosen.reduce((sum, { output }) => sum + output.value, 0n) - amount - fee;
    const outputs = [{ value: amount, scriptPubKey }];
    if (change > 1_000n) outputs.push({ value: change, scriptPubKey: this.script });
    const inputs = chosen.map(({ outpoint }) => ({
      ...{ prevout: outpoint, scriptSig: new Uint8Array(), sequence: SEQUENCE_NOT_FINAL },
      witness: NO_WITNESS,
    }));
    const unsigned = Transaction.from({ version: 2, inputs, outputs, lockTime: 0 });
    const spent = chosen.map(({ output }) => output);
    const { tx } = await signTransaction(unsigned, spent, this.provider(), null);
    const verdict = await mempool.accept(tx);
    if (!verdict.ok) throw refuse.misc(`The faucet cannot pay this: ${verdict.invalid.message}`);
    mempool.unbroadcast.add(tx.txid);
    await wallets.settled();
    return tx;
  }

  /** Coins that make up the amount; blocks are mined until there are enough. */
  async #choose(
    amount: bigint,
    feeOf: (inputs: number) => bigint,
  ): Promise<{ readonly chosen: readonly Funds[]; readonly fee: bigint }> {
    const { chain, miner, mempool, parameters } = this.#parts;
    for (let mined = 0; ; ) {
      const chosen: Funds[] = [];
      let sum = 0n;
      for (const funds of await this.#funds()) {
        if (sum >= amount + feeOf(chosen.length) && chosen.length > 0) break;
        chosen.push(funds);
        sum += funds.output.value;
      }
      const missing = amount + feeOf(chosen.length) - sum;
      if (missing <= 0n) return { chosen, fee: feeOf(chosen.length) };
      const subsidy = blockSubsidy(chain.height + 1, parameters);
      const blocks =
        subsidy === 0n ? MOST_BLOCKS : Number(missing / subsidy) + parameters.coinbaseMaturity + 1;
      mined += blocks;
      if (mined > MOST_BLOCKS) throw refuse.misc('The faucet cannot mine so much');
      await miner.mineBlocks(blocks, this.script, TRIES);
      await mempool.settled();
    }
  }

  /** What can be spent in the next block, largest first. */
  async #funds(): Promise<Funds[]> {
    const { chain, mempool, parameters } = this.#parts;
    const { tip, coins } = await chain.snapshotCoins();
    const found: Funds[] = [];
    const isOurs = ({ scriptPubKey }: TxOut) => equalBytes(scriptPubKey, this.script);
    for await (const [outpoint, { output, coinbase, height }] of coins) {
      const isMature = !coinbase || tip.height + 1 - height >= parameters.coinbaseMaturity;
      if (isMature && isOurs(output)) found.push({ outpoint, output });
    }
    for (const { tx } of mempool.graph.entries())
      for (const [vout, output] of tx.outputs.entries())
        if (isOurs(output)) found.push({ outpoint: { txid: tx.txidBytes, vout }, output });
    return found
      .filter(({ outpoint }) => mempool.graph.spender(outpoint) === undefined)
      .sort((a, b) => Number(b.output.value - a.output.value));
  }
}
