/** Transactions and unspent coins by REST (the latter BIP64). */
import { genesisBlock } from '../core/consensus/genesis.ts';
import { fromDisplayHex, fromHex, isHex, latin1 } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { joinFields } from '../core/encoding/json-writer.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint, Transaction, Txid } from '../core/transaction/transaction.ts';
import { scriptJson } from '../formats/script.ts';
import { transactionFields } from '../formats/transaction.ts';
import type { RpcContext } from '../rpc/context.ts';
import { btc } from '../rpc/values.ts';
import {
  badRequest,
  hashIn,
  inForm,
  notFound,
  type Resource,
  type RestRequest,
  wholeNumber,
} from './answer.ts';

const MAX_OUTPOINTS = 15;
const OUTPOINT_SIZE = 36;
const CHECK_MEMPOOL = 'checkmempool';

interface CoinQuery {
  readonly mempool: boolean;
  readonly outpoints: readonly OutPoint[];
}

/** `/checkmempool/<txid>-<n>/…` */
function queryInPath(parts: readonly string[]): CoinQuery {
  const mempool = parts[0] === CHECK_MEMPOOL;
  const outpoints = parts.slice(mempool ? 1 : 0).map((part) => {
    const [txid = '', number, ...more] = part.split('-');
    const vout = wholeNumber(number, 0xffffffff);
    if (more.length > 0 || txid.length !== 64 || !isHex(txid) || vout === undefined)
      throw badRequest('Parse error');
    return { txid: fromDisplayHex(txid), vout };
  });
  if (outpoints.length === 0) throw badRequest('Error: empty request');
  return { mempool, outpoints };
}

function tooMany(tried: number): never {
  throw badRequest(`Error: max outpoints exceeded (max: ${MAX_OUTPOINTS}, tried: ${tried})`);
}

/** A byte that says whether the mempool counts, and outpoints, as BIP64 has them. Core takes its own length for the first byte. */
function queryInBody(bytes: Uint8Array): CoinQuery {
  if (bytes.length === 0) return { mempool: false, outpoints: [] };
  try {
    const reader = new Reader(bytes);
    const mempool = reader.uint8() !== 0;
    const count = reader.count(OUTPOINT_SIZE);
    if (count > MAX_OUTPOINTS) tooMany(count);
    const outpoints = Array.from({ length: count }, () => ({
      txid: reader.view(32),
      vout: reader.uint32(),
    }));
    return { mempool, outpoints };
  } catch (error) {
    throw error instanceof DecodeError ? badRequest('Parse error') : error;
  }
}

function readQuery({ path, form, body }: RestRequest): CoinQuery {
  const parts = path.length > 1 ? path.slice(1).split('/') : [];
  if (body.length === 0 && parts.length === 0) throw badRequest('Error: empty request');
  const inPath = parts.length > 0 ? queryInPath(parts) : undefined;
  if (form === 'json' && inPath === undefined) throw badRequest('Error: empty request');
  if (form === undefined || form === 'json') return inPath ?? { mempool: false, outpoints: [] };
  const hex = form === 'hex' ? latin1(body).replace(/\s/g, '') : '';
  // What is no hex is as if it were not there (Core).
  const bytes = form === 'hex' ? (isHex(hex) ? fromHex(hex) : new Uint8Array()) : body;
  if (inPath === undefined) return queryInBody(bytes);
  if (bytes.length > 0) throw badRequest('Combination of URI scheme inputs and raw post data is not allowed');
  return inPath;
}

/** Undefined where a coin does not exist or is spent; all as of one tip. */
async function findCoins({ mempool: counts, outpoints }: CoinQuery, { chain, mempool }: RpcContext) {
  for (;;) {
    const { tip } = chain;
    const confirmed = await chain.coins(outpoints);
    if (chain.tip !== tip) continue;
    const coins: (Coin | undefined)[] = outpoints.map((outpoint, i) => {
      if (!counts) return confirmed[i];
      if (mempool.graph.spender(outpoint) !== undefined) return undefined;
      return mempool.graph.output(outpoint) ?? confirmed[i];
    });
    return { tip, coins };
  }
}

async function findTransaction(txid: Txid, { mempool, indexes, parameters }: RpcContext) {
  const waiting = mempool.get(txid);
  if (waiting !== undefined) return { tx: waiting.tx };
  const index = indexes.transactions;
  // It can never be spent, and Core's index does not have it.
  if (index === undefined || txid === genesisBlock(parameters).transactions[0]!.txid) return undefined;
  await index.synchronize();
  return index.find(txid);
}

export const coinResources = {
  '/tx/': async ({ path, form, context }) => {
    const found: { tx: Transaction; entry?: { hash: string } } | undefined = await findTransaction(
      hashIn<Txid>(path),
      context,
    );
    if (found === undefined) throw notFound(`${path} not found`);
    const { tx, entry } = found;
    return inForm(form, {
      bytes: () => tx.bytes,
      json: () =>
        joinFields(transactionFields(tx, context.parameters, { hex: true }), { blockhash: entry?.hash }),
    });
  },

  '/getutxos': async (request) => {
    const query = readQuery(request);
    // A form that does not exist is told of before what is asked for is looked up.
    if (request.form !== undefined && query.outpoints.length > MAX_OUTPOINTS) tooMany(query.outpoints.length);
    const { tip, coins } = await findCoins(query, request.context);
    const found = coins.filter((coin) => coin !== undefined);
    return inForm(request.form, {
      bytes: () => {
        const bitmap = new Uint8Array(Math.ceil(coins.length / 8));
        coins.forEach((coin, i) => {
          if (coin !== undefined) bitmap[i >> 3]! |= 1 << (i & 7);
        });
        const writer = new Writer().int32(tip.height).bytes(tip.hashBytes).varBytes(bitmap);
        writer.compactSize(found.length);
        // The version of old stays zero.
        for (const { height, output } of found)
          writer.uint32(0).uint32(height).int64(output.value).varBytes(output.scriptPubKey);
        return writer.finish();
      },
      json: () => ({
        chainHeight: tip.height,
        chaintipHash: tip.hash,
        bitmap: coins.map((coin) => (coin === undefined ? '0' : '1')).join(''),
        utxos: found.map(({ height, output: { value, scriptPubKey } }) => ({
          height,
          value: btc(value),
          scriptPubKey: scriptJson(scriptPubKey, request.context.parameters),
        })),
      }),
    });
  },
} satisfies Readonly<Record<string, Resource>>;
