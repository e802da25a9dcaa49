/**
 * A channel in which one party pays another as often as it likes, with two transactions on the chain. The payer locks
 * coins in a taproot output that has no key of its own, only two scripts: both sign (a payment), or the payer alone
 * after a time (the way back, if the payee is gone). A payment is a transaction of the first kind, signed by the payer
 * and handed over outside of the chain; each pays the payee more than the one before, so the payee publishes the last.
 *
 * Keys never leave the wallets that hold them; what the parties exchange is public keys and PSBTs (BIP174, 371).
 */
import type { RpcClient } from 'penny/client';

/** BIP341's point of which nobody knows the key: such an output is spent by its scripts only. */
const NOBODY = '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0';
/** Coins for a transaction of 160 virtual bytes. */
const FEE = 0.00002;

export interface Terms {
  /** Public keys, 33 bytes in hex. */
  readonly payer: string;
  readonly payee: string;
  readonly coins: number;
  /** Seconds since the epoch, after which the payer may take the rest back. */
  readonly until: number;
}

/** Where the coins are. */
export interface Funding {
  readonly txid: string;
  readonly vout: number;
}

/** Public keys, or a private one for the party that holds it. */
const scripts = (payer: string, payee: string, until: number): string =>
  `tr(${NOBODY},{and_v(v:pk(${payer}),pk(${payee})),and_v(v:pk(${payer}),after(${until}))})`;

/** One party's end: a wallet for the channel's key, and another one for its money. */
abstract class End {
  protected readonly node: RpcClient;
  protected readonly money: RpcClient;
  protected readonly channel: RpcClient;
  readonly #name: string;
  #keyAddress = '';

  constructor(node: RpcClient, wallet: string) {
    this.node = node;
    this.money = node.wallet(wallet);
    this.#name = `${wallet}-channel`;
    this.channel = node.wallet(this.#name);
  }

  /** A new key for a channel. @returns its public half */
  async key(): Promise<string> {
    await this.node.createwallet({ wallet_name: this.#name, blank: true, load_on_startup: true });
    this.#keyAddress = await this.money.getnewaddress('channel', 'bech32');
    return (await this.money.getaddressinfo(this.#keyAddress)).pubkey!;
  }

  /** Watches the output of these terms, able to sign for it. @returns its address */
  protected async enter({ payer, payee, until }: Terms, side: 'payer' | 'payee'): Promise<string> {
    const secret = await this.money.exportkey(this.#keyAddress);
    const text = side === 'payer' ? scripts(secret, payee, until) : scripts(payer, secret, until);
    const { descriptor, checksum } = await this.node.getdescriptorinfo(text);
    const [imported] = await this.channel.importdescriptors([
      { desc: `${text}#${checksum}`, timestamp: 'now' },
    ]);
    if (!imported!.success)
      throw new Error(`the channel's descriptor was refused: ${JSON.stringify(imported)}`);
    const [address] = await this.node.deriveaddresses(descriptor);
    return String(address);
  }
}

export class Payer extends End {
  #terms!: Terms;
  #funding!: Funding;
  #paid = 0;

  /** Locks the coins. @returns where, for the payee to see */
  async open(terms: Terms): Promise<Funding> {
    this.#terms = terms;
    const address = await this.enter(terms, 'payer');
    const txid = await this.money.sendtoaddress(address, terms.coins);
    const { vout } = await this.node.getrawtransaction(txid, 1);
    this.#funding = { txid, vout: vout.findIndex(({ scriptPubKey }) => scriptPubKey.address === address) };
    return this.#funding;
  }

  /** @param to the payee's address @returns a PSBT that lacks only the payee's signature */
  async pay(coins: number, to: string): Promise<string> {
    const paid = this.#paid + coins;
    const rest = this.#terms.coins - paid - FEE;
    if (rest < 0) throw new Error(`the channel has ${(rest + coins).toFixed(8)} coins left`);
    const outputs = [
      { [to]: paid.toFixed(8) },
      { [await this.money.getrawchangeaddress()]: rest.toFixed(8) },
    ];
    const psbt = await this.node.createpsbt([this.#funding], outputs);
    const signed = await this.channel.walletprocesspsbt(psbt);
    this.#paid = paid;
    return signed.psbt;
  }

  /** Takes all back. The network refuses it before the time. @returns txid */
  async refund(): Promise<string> {
    const outputs = [{ [await this.money.getnewaddress()]: (this.#terms.coins - FEE).toFixed(8) }];
    const psbt = await this.node.createpsbt(
      [{ ...this.#funding, sequence: 0xfffffffe }],
      outputs,
      this.#terms.until,
    );
    const { hex, complete } = await this.channel.walletprocesspsbt(psbt);
    if (!complete) throw new Error('the refund is not signed');
    return this.node.sendrawtransaction(hex!);
  }
}

export class Payee extends End {
  #funding!: Funding;
  #address = '';
  #best = { hex: '', coins: 0 };

  /** What was agreed upon is on the chain, or it is no channel. @returns the address to be paid */
  async accept(terms: Terms, funding: Funding): Promise<string> {
    const address = await this.enter(terms, 'payee');
    const coin = await this.node.gettxout(funding.txid, funding.vout, false);
    if (coin === null || coin.scriptPubKey.address !== address || coin.value < terms.coins)
      throw new Error('these terms are not on the chain');
    this.#funding = funding;
    this.#address = await this.money.getnewaddress();
    return this.#address;
  }

  /** Believes nothing: the transaction must be what it is said to be, and complete once this end has signed. */
  async receive(psbt: string, coins: number): Promise<void> {
    const { complete, hex } = await this.channel.walletprocesspsbt(psbt);
    if (!complete) throw new Error('the payer has not signed it');
    const { vin, vout, locktime } = await this.node.decoderawtransaction(hex!);
    const [input, ...others] = vin;
    const isOfChannel = input!.txid === this.#funding.txid && input!.vout === this.#funding.vout;
    if (others.length > 0 || !isOfChannel || locktime !== 0) throw new Error('it does not spend the channel');
    const paid = vout.find(({ scriptPubKey }) => scriptPubKey.address === this.#address)?.value ?? 0;
    if (Math.abs(paid - this.#best.coins - coins) > 1e-9) throw new Error(`it pays ${paid} in all`);
    this.#best = { hex: hex!, coins: paid };
  }

  /** Publishes the last payment, in good time before the payer may take the coins back. @returns txid */
  close(): Promise<string> {
    return this.node.sendrawtransaction(this.#best.hex);
  }
}
