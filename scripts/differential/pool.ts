/** Transactions that come into the mempools: children, rivals, siblings, dust and packages of those that are there. */
import { toHex } from '../../src/core/encoding/bytes.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { SEQUENCE_FINAL, Transaction, type TxOut } from '../../src/core/transaction/transaction.ts';
import type { Draw } from './draw.ts';
import { anyoneCanSpend } from './locks.ts';
import type { Call } from './pair.ts';

interface Coin {
  readonly tx: Transaction;
  readonly vout: number;
}

const TRUE = Uint8Array.of(OP.OP_1);
const isOurs = ({ scriptPubKey }: TxOut): boolean => toHex(scriptPubKey) === toHex(anyoneCanSpend);

export class PoolStory {
  readonly #draw: Draw;
  /** Outputs that anyone can spend, of what was offered so far; spent ones too, for rivals. */
  readonly #coins: Coin[] = [];

  /** @param roots valid by themselves */
  constructor(draw: Draw, roots: readonly Transaction[]) {
    this.#draw = draw;
    for (const tx of roots) this.#add(tx);
  }

  #add(tx: Transaction): void {
    tx.outputs.forEach((output, vout) => {
      if (isOurs(output)) this.#coins.push({ tx, vout });
    });
  }

  /** The next calls: some transactions offered, or only tried. */
  next(): Call[] {
    const draw = this.#draw;
    const send = (tx: Transaction): Call => {
      this.#add(tx);
      return {
        method: 'sendrawtransaction',
        parameters: `["${toHex(tx.bytes)}",0,1]`,
        about: 'into the pool',
      };
    };
    const list = (txs: readonly Transaction[]): string =>
      `["${txs.map((tx) => toHex(tx.bytes)).join('","')}"]`;
    return draw.weighted<() => Call[]>([
      [6, () => [send(this.#spend(this.#some()))]],
      [1, () => this.#twice().map(send)],
      [2, () => [this.#try(this.#spend(this.#some()))]],
      [
        3,
        () => {
          const txs = this.#package();
          const [method, more] = draw.one([
            ['submitpackage', ',0,1'],
            ['testmempoolaccept', ',0'],
          ]);
          if (method === 'submitpackage') for (const tx of txs) this.#add(tx);
          return [{ method, parameters: `[${list(txs)}${more}]`, about: 'a package' }];
        },
      ],
      [
        1,
        () => {
          const { tx } = draw.one(this.#coins);
          const delta = draw.one([-5_000, 1_000, 20_000]);
          return [
            { method: 'prioritisetransaction', parameters: `["${tx.txid}",0,${delta}]`, about: 'a priority' },
          ];
        },
      ],
    ])();
  }

  #try(tx: Transaction): Call {
    return { method: 'testmempoolaccept', parameters: `[["${toHex(tx.bytes)}"],0]`, about: 'tried' };
  }

  /** The newest mostly, so that there are chains; now and then an old one, whose coins are spent already. */
  #some(): Coin[] {
    const draw = this.#draw;
    const count = draw.weighted([
      [7, 1],
      [3, 2],
      [1, 4],
    ]);
    const last = this.#coins.length - 1;
    const chosen = draw.list(
      count,
      () => this.#coins[draw.once(2) ? draw.below(last + 1) : last - draw.below(Math.min(last + 1, 8))]!,
    );
    return [...new Set(chosen)];
  }

  #spend(coins: readonly Coin[], fee = this.#fee(), version = this.#version()): Transaction {
    const draw = this.#draw;
    const total = coins.reduce((sum, { tx, vout }) => sum + tx.outputs[vout]!.value, 0n);
    const count = draw.weighted([
      [5, 1],
      [3, 2],
      [1, 12],
      [1, 3],
    ]);
    const share = total > fee ? (total - fee) / BigInt(count) : 1n;
    const dust = draw.once(12)
      ? [{ value: BigInt(draw.one([0, 1, 200])), scriptPubKey: anyoneCanSpend }]
      : [];
    const data = draw.once(10)
      ? [
          {
            value: 0n,
            scriptPubKey: Uint8Array.from([OP.RETURN, OP.PUSHDATA2, 0xb8, 0x0b, ...draw.bytes(3_000)]),
          },
        ]
      : [];
    return Transaction.from({
      version,
      inputs: coins.map(({ tx, vout }) => ({
        prevout: { txid: tx.txidBytes, vout },
        scriptSig: new Uint8Array(),
        sequence: draw.one([SEQUENCE_FINAL, SEQUENCE_FINAL - 1, SEQUENCE_FINAL - 2]),
        witness: draw.once(40) ? [] : [TRUE],
      })),
      outputs: [
        ...draw.list(count, () => ({ value: share, scriptPubKey: anyoneCanSpend })),
        ...dust,
        ...data,
      ],
      lockTime: 0,
    });
  }

  #fee(): bigint {
    const draw = this.#draw;
    return BigInt(
      draw.weighted([
        [3, 0],
        [4, draw.between(5, 60)],
        [8, draw.between(100, 2_000)],
        [3, draw.between(2_000, 40_000)],
      ]),
    );
  }

  #version(): number {
    return this.#draw.weighted([
      [6, 2],
      [3, 3],
      [1, 1],
    ]);
  }

  /** One after the other with the same coins. */
  #twice(): Transaction[] {
    const coins = this.#some();
    return [this.#spend(coins), this.#spend(coins)];
  }

  /** Parents and their child, mostly; or what is no package. */
  #package(): Transaction[] {
    const draw = this.#draw;
    const version = this.#version();
    const parents = draw.list(
      draw.weighted([
        [5, 1],
        [2, 2],
        [1, 4],
      ]),
      () =>
        this.#spend(this.#some(), draw.once(2) ? 0n : this.#fee(), draw.once(6) ? this.#version() : version),
    );
    const coins = parents.flatMap((tx) =>
      tx.outputs.flatMap((output, vout) => (isOurs(output) && !draw.once(4) ? [{ tx, vout }] : [])),
    );
    const spare = draw.once(6) ? this.#some() : [];
    const all = [...coins, ...spare];
    const child =
      all.length === 0 ? [] : [this.#spend(all, this.#fee(), draw.once(6) ? this.#version() : version)];
    const txs = [...parents, ...child];
    return draw.once(12) ? txs.reverse() : draw.once(20) ? [...txs, txs[0]!] : txs;
  }
}
