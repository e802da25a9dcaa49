/** What a test does with one node, whatever it is made of: mining, paying, waiting. Speaks to it by RPC. */
import type { RpcClient } from '../client/client.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { Faucet } from '../platform/node/devnet/faucet.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { TestNode, TestWallet, WaitOptions } from './api.ts';
import type { Body } from './body.ts';
import {
  blocks as blockCount,
  checkOptions,
  coins as coinAmount,
  hash,
  MINE,
  REORGANISE,
  seconds as span,
  text,
  WAIT,
  whole,
} from './checks.ts';

/** Makes every branch another one. */
let branches = 0;

export class BodyNode implements TestNode {
  readonly body: Body;
  readonly coins: Faucet;

  constructor(body: Body, parameters: NetworkParameters) {
    this.body = body;
    this.coins = new Faucet(body.rpc, body.name, parameters);
  }

  get name(): string {
    return this.body.name;
  }

  get rpc(): RpcClient {
    return this.body.rpc;
  }

  get http(): TestNode['http'] {
    return this.body.http;
  }

  async mine(
    blocks = 1,
    options: { readonly to?: string; readonly interval?: number } = {},
  ): Promise<string[]> {
    blockCount(blocks, 'blocks');
    checkOptions(options, MINE, 'mine');
    const { to, interval = 0 } = options;
    const address = to ?? this.coins.address;
    if (interval === 0) return [...(await this.rpc.generatetoaddress(blocks, address))];
    const hashes: string[] = [];
    while (hashes.length < blocks) {
      await this.advance(interval);
      hashes.push(...(await this.rpc.generatetoaddress(1, address)));
    }
    return hashes;
  }

  async wallet(name: string, coins = 0): Promise<TestWallet> {
    text(name, 'name');
    coinAmount(coins, 'coins');
    if (!(await this.rpc.listwallets()).includes(name))
      await this.rpc.createwallet({ wallet_name: name, load_on_startup: true });
    const wallet = new RpcWallet(name, this.rpc.wallet(name));
    if (coins > 0) {
      await this.faucet(await wallet.address(), coins);
      await this.mine();
    }
    return wallet;
  }

  async faucet(address: string, coins: number): Promise<string> {
    text(address, 'address');
    coinAmount(coins, 'coins');
    return this.coins.pay(address, coins);
  }

  async confirmed(txid: string, confirmations = 1, options: WaitOptions = {}): Promise<void> {
    hash(txid, 'txid');
    whole(0, 2 ** 31 - 1)(confirmations, 'confirmations');
    checkOptions(options, WAIT, 'confirmed');
    let seen = '';
    const look = async (): Promise<boolean> => {
      const tx = await this.rpc.getrawtransaction(txid, 1).catch((error: Error) => {
        const isUnknown = error instanceof RpcError && error.code === RpcCode.INVALID_ADDRESS_OR_KEY;
        seen = isUnknown ? 'it was not seen' : error.message;
        return null;
      });
      if (tx !== null) seen = `it has ${tx.confirmations ?? 0}`;
      return tx !== null && (tx.confirmations ?? 0) >= confirmations;
    };
    const what = (): string => `${confirmations} confirmations of ${txid} on ${this.name}: ${seen}`;
    return this.body.wait(what, look, options.timeout);
  }

  async height(least: number, options: WaitOptions = {}): Promise<void> {
    whole(0, 2 ** 31 - 1)(least, 'height');
    checkOptions(options, WAIT, 'height');
    let height = 0;
    const look = async (): Promise<boolean> => {
      height = await this.rpc.getblockcount();
      return height >= least;
    };
    return this.body.wait(
      () => `height ${least} on ${this.name}, which is at ${height}`,
      look,
      options.timeout,
    );
  }

  async reorganise(
    depth: number,
    options: { readonly blocks?: number; readonly keep?: boolean | readonly string[] } = {},
  ): Promise<string[]> {
    checkOptions(options, REORGANISE, 'reorganise');
    const { blocks = depth + 1, keep = true } = options;
    const { rpc } = this;
    const height = await rpc.getblockcount();
    if (!(Number.isInteger(depth) && depth >= 1 && depth <= height))
      throw new RangeError(`a depth is 1 to ${height} here, not ${depth}`);
    if (!(blocks > depth)) throw new RangeError(`a branch of ${blocks} blocks does not replace ${depth}`);
    const first = await rpc.getblockhash(height - depth + 1);
    // Nobody's, so that no wallet is the richer for it.
    const output = `raw(6a04${(++branches).toString(16).padStart(8, '0')})`;
    await rpc.invalidateblock(first);
    const hashes: string[] = [];
    for (let i = 0; i < blocks; i++) {
      const wanted = keep === true ? await rpc.getrawmempool() : i === 0 && keep !== false ? keep : [];
      const { hash } = await rpc.generateblock(output, [...wanted]);
      hashes.push(hash);
    }
    await rpc.reconsiderblock(first);
    return hashes;
  }

  async advance(seconds: number): Promise<void> {
    span(seconds, 'seconds');
    return this.body.advance(seconds);
  }

  snapshot(): Promise<string> {
    return this.body.snapshot();
  }

  revert(snapshot?: string): Promise<void> {
    return this.body.revert(snapshot);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  start(): Promise<void> {
    return this.body.start();
  }

  stop(): Promise<void> {
    return this.body.stop();
  }

  dump(path: string): Promise<void> {
    return this.body.dump(path);
  }
}

class RpcWallet implements TestWallet {
  readonly name: string;
  readonly rpc: RpcClient;

  constructor(name: string, rpc: RpcClient) {
    this.name = name;
    this.rpc = rpc;
  }

  address(): Promise<string> {
    return this.rpc.getnewaddress();
  }

  balance(): Promise<number> {
    return this.rpc.getbalance();
  }

  async send(to: string | TestWallet, coins: number): Promise<string> {
    coinAmount(coins, 'coins');
    return this.rpc.sendtoaddress(typeof to === 'string' ? to : await to.address(), coins.toFixed(8));
  }
}
