/**
 * A small client of the RPC for scripts, tests and pages: one call, one promise. Owns the transport
 * and the types of the most used answers; amounts are numbers of bitcoin, exact in a double.
 */
import { RpcError, type RpcErrorCode } from './errors.ts';

export interface RpcClientOptions {
  /** `http://127.0.0.1:8332/` */
  readonly url: string;
  /** `user:password`, such as the content of the cookie file; read at each call, since a restart renews it. */
  readonly cookie: () => string;
}

export interface Unspent {
  readonly txid: string;
  readonly vout: number;
  readonly amount: number;
  readonly scriptPubKey: string;
  readonly coinbase: boolean;
  readonly height: number;
}

interface WalletUnspent {
  readonly txid: string;
  readonly vout: number;
  readonly address?: string;
  readonly amount: number;
  readonly confirmations: number;
  readonly spendable: boolean;
}

interface Output {
  readonly value: number;
  readonly n: number;
  readonly scriptPubKey: { readonly hex: string; readonly address?: string; readonly type: string };
}

interface DecodedTransaction {
  readonly txid: string;
  readonly hash: string;
  readonly size: number;
  readonly vsize: number;
  readonly vin: readonly { readonly txid?: string; readonly vout?: number; readonly sequence: number }[];
  readonly vout: readonly Output[];
}

interface BlockSummary {
  readonly hash: string;
  readonly height: number;
  readonly confirmations: number;
  readonly time: number;
  readonly previousblockhash?: string;
  readonly nextblockhash?: string;
}

interface Tip {
  readonly hash: string;
  readonly height: number;
}

/** What the methods answer that scripts and tests use most; others answer `unknown`. */
export interface RpcAnswers {
  readonly getblockcount: number;
  readonly getbestblockhash: string;
  readonly getblockhash: string;
  readonly getblockchaininfo: {
    readonly chain: string;
    readonly blocks: number;
    readonly headers: number;
    readonly bestblockhash: string;
    readonly verificationprogress: number;
    readonly initialblockdownload: boolean;
  };
  readonly getblock: BlockSummary & { readonly tx: readonly (string & DecodedTransaction)[] };
  readonly getblockheader: BlockSummary;
  readonly waitfornewblock: Tip;
  readonly waitforblock: Tip;
  readonly waitforblockheight: Tip;
  readonly getmempoolinfo: {
    readonly size: number;
    readonly bytes: number;
    readonly mempoolminfee: number;
  };
  readonly getrawmempool: readonly string[];
  readonly getmininginfo: {
    readonly blocks: number;
    readonly networkhashps: number;
    readonly hashrate?: number;
  };
  readonly getconnectioncount: number;
  readonly getpeerinfo: readonly { readonly id: number; readonly addr: string; readonly inbound: boolean }[];
  readonly generatetoaddress: readonly string[];
  readonly createrawtransaction: string;
  readonly decoderawtransaction: DecodedTransaction;
  readonly signrawtransactionwithkey: {
    readonly hex: string;
    readonly complete: boolean;
    readonly errors?: readonly unknown[];
  };
  readonly sendrawtransaction: string;
  readonly scantxoutset: {
    readonly success: boolean;
    readonly height: number;
    readonly unspents: readonly Unspent[];
    readonly total_amount: number;
  };
  readonly testmempoolaccept: readonly { readonly allowed: boolean; readonly 'reject-reason'?: string }[];
  readonly validateaddress: { readonly isvalid: boolean; readonly error?: string };
  readonly getdescriptorinfo: { readonly descriptor: string; readonly checksum: string };
  readonly deriveaddresses: readonly string[];
  readonly createwallet: { readonly name: string };
  readonly listwallets: readonly string[];
  readonly importmnemonic: { readonly name: string };
  readonly exportkey: string;
  readonly getnewaddress: string;
  readonly getbalance: number;
  readonly getreceivedbyaddress: number;
  readonly sendtoaddress: string;
  readonly sendmany: string;
  readonly listunspent: readonly WalletUnspent[];
  readonly gettransaction: {
    readonly txid: string;
    readonly amount: number;
    readonly confirmations: number;
    readonly hex: string;
  };
  readonly uptime: number;
  readonly stop: string;
  readonly help: string;
}

type AnswerOf<M extends string> = M extends keyof RpcAnswers ? RpcAnswers[M] : unknown;

/** A parameter as JSON has it; amounts may also be text, which keeps every digit. */
export type RpcArgument =
  | null
  | boolean
  | number
  | string
  | readonly RpcArgument[]
  | { readonly [key: string]: RpcArgument };

export class RpcClient {
  readonly #options: RpcClientOptions;

  constructor(options: RpcClientOptions) {
    this.#options = options;
  }

  /** The same node, with calls that mean one of its wallets. */
  wallet(name: string): RpcClient {
    const url = new URL(`/wallet/${encodeURIComponent(name)}`, this.#options.url).href;
    return new RpcClient({ ...this.#options, url });
  }

  /** @throws RpcError if the node answers with an error, or Error if it does not answer as an RPC should. */
  call<M extends string>(method: M, ...parameters: readonly RpcArgument[]): Promise<AnswerOf<M>> {
    return this.#post(method, parameters);
  }

  /** The same with named parameters. */
  callNamed<M extends string>(
    method: M,
    parameters: { readonly [name: string]: RpcArgument },
  ): Promise<AnswerOf<M>> {
    return this.#post(method, parameters);
  }

  async #post<T>(method: string, params: RpcArgument): Promise<T> {
    const response = await this.#send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    const text = await response.text();
    if (response.status === 401) throw new Error(`${this.#options.url}: wrong user or password`);
    if (text === '') throw new Error(`${this.#options.url}: HTTP status ${response.status}`);
    const answer = JSON.parse(text) as { result?: T; error?: { code: RpcErrorCode; message: string } | null };
    if (answer.error) throw new RpcError(answer.error.code, answer.error.message);
    return answer.result as T;
  }

  async #send(body: string): Promise<Response> {
    const headers = {
      authorization: `Basic ${btoa(this.#options.cookie().trim())}`,
      'content-type': 'application/json',
    };
    try {
      return await fetch(this.#options.url, { method: 'POST', headers, body });
    } catch (error) {
      // "fetch failed" alone says nothing: what did is the cause.
      const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
      throw new Error(`${this.#options.url}: no answer (${code ?? message})`, { cause: error });
    }
  }
}
