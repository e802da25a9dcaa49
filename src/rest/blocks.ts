/** Blocks, their headers, their filters and what they spend, by REST. */
import type { HeaderEntry } from '../chain/header-entry.ts';
import { concatBytes, toDisplayHex, toHex } from '../core/encoding/bytes.ts';
import { Writer } from '../core/encoding/writer.ts';
import { scriptJson } from '../formats/script.ts';
import type { FilterIndex } from '../indexes/filter-index.ts';
import type { RpcContext } from '../rpc/context.ts';
import { blockJson, header } from '../rpc/formats/block.ts';
import { btc } from '../rpc/values.ts';
import {
  badRequest,
  blockIn,
  hashIn,
  inForm,
  notFound,
  type Resource,
  RestError,
  type RestRequest,
  wholeNumber,
} from './answer.ts';

const MAX_HEADERS = 2_000;
const DEFAULT_HEADERS = '5';
/** The only kind of filter (BIP158), and its number. */
const BASIC = ['basic', 0] as const;

/** Bytes of a whole block, or a part of it. */
async function bytesOf(
  entry: HeaderEntry,
  path: string,
  { chain }: RpcContext,
  part?: { readonly offset: bigint; readonly size: bigint },
): Promise<Uint8Array> {
  if (!entry.haveData) {
    const pruned = entry.transactionCount > 0 && chain.pruner.prunedHeight >= 0;
    throw notFound(`${path} not available (${pruned ? 'pruned data' : 'not fully downloaded'})`);
  }
  if (part !== undefined && (part.size === 0n || part.offset + part.size > entry.data!.size))
    throw badRequest(`Bad block part offset/size ${part.offset}/${part.size} for ${path}`);
  try {
    if (part === undefined) return await chain.blocks.readBlockBytes(entry);
    return await chain.blocks.readPart(entry, Number(part.offset), Number(part.size));
  } catch {
    throw new RestError(500, `I/O error reading ${path}`);
  }
}

const wholeBlock =
  (detail: 'txids' | 'prevouts'): Resource =>
  async ({ path, form, context }) => {
    const entry = blockIn(path, context);
    const bytes = await bytesOf(entry, path, context);
    const json = async () => {
      const undo =
        detail === 'prevouts' && entry.haveUndo ? await context.chain.blocks.readUndoBytes(entry) : undefined;
      return blockJson(entry, { bytes, undo }, detail, context);
    };
    return inForm(form, { bytes: () => bytes, json, immutable: 'bytes' });
  };

/** Blocks of the active chain from one on; none where it is not in it. */
function entriesFrom(hash: string, count: string, { chain }: RpcContext): HeaderEntry[] {
  const wanted = wholeNumber(count, MAX_HEADERS);
  if (wanted === undefined || wanted < 1)
    throw badRequest(`Header count is invalid or out of acceptable range (1-${MAX_HEADERS}): ${count}`);
  const entries: HeaderEntry[] = [];
  let next = chain.entry(hashIn(hash));
  if (next !== undefined && !chain.isActive(next)) next = undefined;
  for (; next !== undefined && entries.length < wanted; next = chain.next(next)) entries.push(next);
  return entries;
}

/** Segments of a path that ends with a hash, and how many are asked for: of old a segment before it said so. */
function counted({ path, query }: RestRequest, length: number, expected: string): [...string[]] {
  const parts = path.split('/');
  if (parts.length === length + 1) return parts;
  if (parts.length !== length) throw badRequest(`Invalid URI format. Expected ${expected}`);
  parts.splice(length - 1, 0, query('count') ?? DEFAULT_HEADERS);
  return parts;
}

function filterIndex(kind: string, { indexes }: RpcContext): FilterIndex {
  if (kind !== BASIC[0]) throw badRequest(`Unknown filtertype ${kind}`);
  if (indexes.filters === undefined) throw badRequest(`Index is not enabled for filtertype ${kind}`);
  return indexes.filters;
}

function uint64(text: string | undefined): bigint | undefined {
  const number = /^\d{1,30}$/.test(text ?? '') ? BigInt(text!) : undefined;
  return number === undefined || number >= 2n ** 64n ? undefined : number;
}

const corrupt = 'Filter not found. This error is unexpected and indicates index corruption.';

export const blockResources = {
  '/block/notxdetails/': wholeBlock('txids'),
  '/block/': wholeBlock('prevouts'),

  '/blockpart/': async ({ path, form, query, context }) => {
    const offset = uint64(query('offset'));
    if (offset === undefined) throw badRequest('Block part offset missing or invalid');
    const size = uint64(query('size'));
    if (size === undefined) throw badRequest('Block part size missing or invalid');
    const bytes = await bytesOf(blockIn(path, context), path, context, { offset, size });
    const json = (): never => {
      throw badRequest('JSON output is not supported for this request type');
    };
    return inForm(form, { bytes: () => bytes, json, immutable: true });
  },

  '/headers/': (request) => {
    const expected = '/rest/headers/<hash>.<ext>?count=<count>';
    const [count, hash] = counted(request, 1, expected) as [string, string];
    const { form, context } = request;
    const entries = entriesFrom(hash, count, context);
    return inForm(form, {
      bytes: () => concatBytes(...entries.map(({ headerBytes }) => headerBytes)),
      json: () => entries.map((entry) => header.of(entry, context.chain)),
    });
  },

  '/blockfilterheaders/': async (request) => {
    const expected = '/rest/blockfilterheaders/<filtertype>/<blockhash>.<ext>?count=<count>';
    const [kind, count, hash] = counted(request, 2, expected) as [string, string, string];
    const { form, context } = request;
    const entries = entriesFrom(hash, count, context);
    const index = filterIndex(kind, context);
    await index.synchronize();
    const headers: Uint8Array[] = [];
    for (const entry of entries) {
      const found = await index.find(entry);
      if (found === undefined) throw notFound(corrupt);
      headers.push(found.header);
    }
    return inForm(form, {
      bytes: () => concatBytes(...headers),
      json: () => headers.map(toDisplayHex),
    });
  },

  '/blockfilter/': async ({ path, form, context }) => {
    const parts = path.split('/');
    const [kind = '', hash = ''] = parts;
    if (parts.length !== 2)
      throw badRequest('Invalid URI format. Expected /rest/blockfilter/<filtertype>/<blockhash>');
    hashIn(hash);
    const index = filterIndex(kind, context);
    const entry = blockIn(hash, context);
    await index.synchronize();
    const found = await index.find(entry);
    if (found === undefined)
      throw notFound(
        entry.validScripts ? corrupt : 'Filter not found. Block was not connected to active chain.',
      );
    return inForm(form, {
      bytes: () => new Writer().uint8(BASIC[1]).bytes(entry.hashBytes).varBytes(found.filter).finish(),
      json: () => ({ filter: toHex(found.filter) }),
      immutable: true,
    });
  },

  '/blockhashbyheight/': ({ path, form, context: { chain } }) => {
    const height = wholeNumber(path, 0x7fffffff);
    if (height === undefined)
      throw badRequest(`Invalid height: ${path.replace(/[^A-Za-z0-9!*'();:@&=+$,/?#[\]\-_.~%]/g, '')}`);
    const entry = chain.entryAt(height);
    if (entry === undefined) throw notFound('Block height out of range');
    return inForm(form, {
      bytes: () => entry.hashBytes,
      hex: () => entry.hash,
      json: () => ({ blockhash: entry.hash }),
    });
  },

  '/spenttxouts/': async ({ path, form, context }) => {
    if (path.includes('/')) throw badRequest('Invalid URI format. Expected /rest/spenttxouts/<hash>.<ext>');
    const entry = blockIn(path, context);
    const { chain, parameters } = context;
    const undo = await chain.blocks.readUndo(entry).catch(() => {
      throw notFound(`${path} undo not available`);
    });
    // The coinbase spends nothing, and has no undo data.
    const spent = [[], ...undo].map((coins) => coins.map(({ output }) => output));
    return inForm(form, {
      bytes: () => {
        const writer = new Writer().compactSize(spent.length);
        for (const outputs of spent) {
          writer.compactSize(outputs.length);
          for (const { value, scriptPubKey } of outputs) writer.int64(value).varBytes(scriptPubKey);
        }
        return writer.finish();
      },
      json: () =>
        spent.map((outputs) =>
          outputs.map(({ value, scriptPubKey }) => ({
            value: btc(value),
            scriptPubKey: scriptJson(scriptPubKey, parameters),
          })),
        ),
      immutable: true,
    });
  },
} satisfies Readonly<Record<string, Resource>>;
