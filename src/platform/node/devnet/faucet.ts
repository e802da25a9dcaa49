/** Coins out of nowhere: blocks for a key that everyone knows, and payments from it. Uses the RPC only. */
import type { RpcClient } from '../../../client/client.ts';
import { utf8 } from '../../../core/encoding/bytes.ts';
import { hash160, sha256 } from '../../../core/encoding/hashes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { encodeAddress } from '../../../core/script/address.ts';
import { publicKeyOf } from '../../../core/script/signing.ts';
import { p2wpkh } from '../../../core/script/templates.ts';
import { encodeWif } from '../../../core/script/wif.ts';

/** Blocks whose coins are mature after the first filling. */
const MATURE = 10;
/** Satoshis for a payment, and for each coin that it spends: above every minimum. */
const FEE = 10_000;
const FEE_PER_COIN = 500;

interface Coin {
  readonly txid: string;
  readonly vout: number;
  readonly amount: number;
}

export class Faucet {
  readonly #rpc: RpcClient;
  readonly #maturity: number;
  /** Coins of a block, at first. */
  readonly #subsidy: number;
  /** One of all nodes, and this node's own: two that mine at the same time make two blocks. */
  readonly #keys: readonly string[];
  readonly #addresses: readonly string[];

  constructor(rpc: RpcClient, node: string, parameters: NetworkParameters) {
    this.#rpc = rpc;
    this.#maturity = parameters.coinbaseMaturity;
    this.#subsidy = Number(parameters.subsidy) / 1e8;
    const secrets = ['', node].map((owner) => sha256(utf8(`penny/testing ${owner}`)));
    this.#keys = secrets.map((secret) => encodeWif(secret, true, parameters));
    this.#addresses = secrets.map(
      (secret) => encodeAddress(p2wpkh(hash160(publicKeyOf(secret))), parameters)!,
    );
  }

  /** For this node's blocks. */
  get address(): string {
    return this.#addresses[1]!;
  }

  /** Blocks that it takes until it has something to give. */
  get depth(): number {
    return MATURE + this.#maturity;
  }

  /** Such as are to be its own. @param tries hashes at most */
  async fill(blocks = this.depth, tries?: number): Promise<void> {
    await this.#rpc.generatetoaddress(blocks, this.#addresses[0]!, ...(tries ? [tries] : []));
  }

  /** Blocks that it takes until it can give so much; none if it can. */
  async lacking(coins: number): Promise<number> {
    const there = (await this.#coins()).reduce((sum, { amount }) => sum + amount, 0);
    const missing = coins - there + 0.01;
    return missing <= 0 ? 0 : Math.max(MATURE, Math.ceil(missing / this.#subsidy)) + this.#maturity;
  }

  /** @returns txid @throws Error if there is not so much */
  async pay(address: string, coins: number): Promise<string> {
    if ((await this.#coins()).length === 0) await this.fill();
    const spent: Coin[] = [];
    let left = sat(coins) + FEE;
    for (const coin of await this.#coins()) {
      if (left <= 0) break;
      spent.push(coin);
      left -= sat(coin.amount) - FEE_PER_COIN;
    }
    if (left > 0)
      throw new Error(
        `the faucet has ${(sat(coins) + FEE - left) / 1e8} coins, fewer than ${coins} and a fee: mine some`,
      );
    const outputs = [
      { [address]: coins.toFixed(8) },
      ...(left < -1_000 ? [{ [this.#addresses[0]!]: (-left / 1e8).toFixed(8) }] : []),
    ];
    const raw = await this.#rpc.createrawtransaction(
      spent.map(({ txid, vout }) => ({ txid, vout })),
      outputs,
    );
    const { hex } = await this.#rpc.signrawtransactionwithkey(raw, [...this.#keys]);
    return this.#rpc.sendrawtransaction(hex);
  }

  /** Unspent and mature; those that unconfirmed payments spend are left out. */
  async #coins(): Promise<Coin[]> {
    const scan = async () => {
      const descriptors = this.#addresses.map((address) => `addr(${address})`);
      const { unspents, height } = await this.#rpc.scantxoutset('start', descriptors);
      return unspents.filter((coin) => !coin.coinbase || height - coin.height + 1 >= this.#maturity);
    };
    const found = await scan();
    const unspent = await Promise.all(found.map(({ txid, vout }) => this.#rpc.gettxout(txid, vout)));
    return found.filter((_, i) => unspent[i] !== null).sort((a, b) => b.amount - a.amount);
  }
}

const sat = (coins: number): number => Math.round(coins * 1e8);
