/** JSON-RPC as Bitcoin Core answers it: recordings replayed on a whole node, and the forms of amounts and scripts. */
import { isDeepStrictEqual } from 'node:util';
import { fromHex, toHex } from '../../src/core/encoding/bytes.ts';
import { hash160 } from '../../src/core/encoding/hashes.ts';
import { JsonNumber, type JsonObject, type JsonRead } from '../../src/core/encoding/json.ts';
import { readJson } from '../../src/core/encoding/json-reader.ts';
import { writeJson } from '../../src/core/encoding/json-writer.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { encodeAddress } from '../../src/core/script/address.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { p2sh } from '../../src/core/script/templates.ts';
import { Amount } from '../../src/core/transaction/amount.ts';
import { amountFrom, stringFrom } from '../../src/rpc/values.ts';
import { MemoryNode, type RpcReply } from './memory-node.ts';
import { type ConformanceModule, expectEqual, expectTrue, type Report, type VectorFile } from './suite.ts';

const NETWORKS: Readonly<Record<string, NetworkParameters>> = { main: MAIN, regtest: REGTEST };

/** A recorded call. Parameters stay text, so that every digit is sent as it was. */
interface Call {
  readonly chain: string;
  readonly method: string;
  readonly parameters: string;
  readonly ignored: readonly string[];
  readonly asSet: boolean;
  readonly expected: RpcReply;
}

/** Each is read when its turn comes: what is wrong with one is its row's. */
function readCalls(file: VectorFile, standardChain: string): (() => Call)[] {
  const whole = readJson(file.text()) as JsonObject;
  const list = whole.get('calls') as readonly JsonObject[];
  const plain = file.json<{
    calls: { result?: unknown; error?: RpcReply['error']; ignore_fields?: string[]; compare?: string }[];
  }>();
  return list.map((call, i) => () => {
    const { result, error, ignore_fields: ignored = [], compare } = plain.calls[i]!;
    return {
      chain: (call.get('chain') as string | undefined) ?? standardChain,
      method: stringFrom(call.get('method')),
      parameters: writeJson(call.get('params') ?? []),
      ignored,
      asSet: compare === 'as a set',
      expected: error === undefined ? { result } : { error },
    };
  });
}

function comparable(value: unknown, { ignored, asSet }: Call): unknown {
  if (asSet && Array.isArray(value)) return [...value].sort();
  if (ignored.length === 0 || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !ignored.includes(key)));
}

/** What differs, by path: a whole block would not be readable. */
function difference(got: unknown, expected: unknown, path = ''): string | null {
  if (isDeepStrictEqual(got, expected)) return null;
  if (got === null || expected === null || typeof got !== 'object' || typeof expected !== 'object')
    return `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
  const left = got as Record<string, unknown>;
  const right = expected as Record<string, unknown>;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = difference(left[key], right[key], `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

async function replay(calls: readonly (() => Call)[], nodes: Nodes, report: Report): Promise<void> {
  await report.eachAsync(calls, (read) => {
    const call = read();
    return report.rowAsync(`${call.method} ${call.parameters.slice(0, 120)}`, async () => {
      const got = await (await nodes.of(call.chain)).call(call.method, call.parameters);
      const { expected } = call;
      if (expected.error !== undefined)
        return expectEqual({ code: got.error?.code, message: got.error?.message }, expected.error);
      if (got.error !== undefined) expectEqual(got.error, 'a result');
      const found = difference(comparable(got.result, call), comparable(expected.result, call), 'result');
      expectTrue(found === null, found ?? '');
    });
  });
}

/** One node for each chain, started when it is first asked. */
class Nodes {
  readonly #nodes = new Map<string, Promise<MemoryNode>>();
  readonly #prepare: (node: MemoryNode) => Promise<void>;
  readonly #mockTime: number;

  constructor(prepare: (node: MemoryNode) => Promise<void> = () => Promise.resolve(), mockTime = 0) {
    this.#prepare = prepare;
    this.#mockTime = mockTime;
  }

  of(chain: string): Promise<MemoryNode> {
    const known = this.#nodes.get(chain);
    if (known !== undefined) return known;
    const opened = MemoryNode.open(NETWORKS[chain]!, this.#mockTime).then(async (node) => {
      await this.#prepare(node);
      return node;
    });
    this.#nodes.set(chain, opened);
    return opened;
  }

  async stop(): Promise<void> {
    for (const node of this.#nodes.values()) await (await node).stop();
  }
}

async function submit(node: MemoryNode, blocks: Iterable<string>): Promise<void> {
  for (const block of blocks) {
    const { result, error } = await node.call('submitblock', JSON.stringify([block]));
    if (result !== null) throw new Error(`submitblock: ${error?.message ?? String(result)}`);
  }
}

async function run(file: VectorFile, report: Report, chain: string, nodes: Nodes): Promise<void> {
  try {
    await replay(readCalls(file, chain), nodes, report);
  } finally {
    await nodes.stop();
  }
}

/** Blocks of a blk file: magic, length, block. */
function* blocksOf(bytes: Uint8Array): Generator<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    yield toHex(bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
}

function needed(file: VectorFile, name: string): VectorFile {
  const other = file.other(name);
  if (other === undefined) throw new Error(`${name} is needed and was not found`);
  return other;
}

async function runMain(file: VectorFile, report: Report): Promise<void> {
  const blocks = needed(file, 'main_1_255.blk.dat').bytes();
  await run(file, report, 'main', new Nodes((node) => submit(node, blocksOf(blocks))));
}

async function runRegtest(file: VectorFile, report: Report): Promise<void> {
  const { setup } = file.json<{ setup: { mocktime: number } }>();
  const { blocks } = needed(file, 'getblockstats_chain.json').json<{ blocks: string[] }>();
  await run(file, report, 'regtest', new Nodes((node) => submit(node, blocks.slice(1)), setup.mocktime));
}

/** The first call sets the clock; only then is the chain loaded. */
async function runSession(file: VectorFile, report: Report): Promise<void> {
  const { blocks } = needed(file, 'regtest_100.json').json<{ blocks: string[] }>();
  const [first, ...rest] = readCalls(file, 'regtest');
  const nodes = new Nodes();
  try {
    await replay([first!], nodes, report);
    await submit(await nodes.of('regtest'), blocks);
    await replay(rest, nodes, report);
  } finally {
    await nodes.stop();
  }
}

const runStateless = (file: VectorFile, report: Report) => run(file, report, 'main', new Nodes());

async function runBlockStats(file: VectorFile, report: Report): Promise<void> {
  const facts = file.json<{
    blocks: string[];
    mocktime: number;
    hashes: Record<string, string> | string[];
    stats: ({ height: number } & Record<string, unknown>)[];
    utxo: Record<string, unknown> & { total_amount_sat: number };
  }>();
  const nodes = new Nodes((node) => submit(node, facts.blocks.slice(1)), facts.mocktime);
  try {
    const node = await nodes.of('regtest');
    await report.eachAsync(facts.stats, (expected) =>
      report.rowAsync(`getblockstats ${expected.height}`, async () => {
        const { result } = await node.call('getblockstats', `[${expected.height}]`);
        const found = difference(result, expected);
        expectTrue(found === null, found ?? '');
      }),
    );
    await report.eachAsync(Object.entries(facts.hashes), ([height, hash]) =>
      report.rowAsync(`getblockhash ${height}`, async () => {
        expectEqual((await node.call('getblockhash', `[${height}]`)).result, hash);
      }),
    );
    await report.rowAsync('gettxoutsetinfo', async () => {
      const { result } = await node.call('gettxoutsetinfo', '[]');
      const { txouts, transactions, bogosize, hash_serialized_3, bestblock } = facts.utxo;
      const got = result as Record<string, unknown>;
      expectEqual(
        [got.txouts, got.transactions, got.bogosize, got.hash_serialized_3, got.bestblock],
        [txouts, transactions, bogosize, hash_serialized_3, bestblock],
      );
    });
  } finally {
    await nodes.stop();
  }
}

function runAmounts(file: VectorFile, report: Report): void {
  interface Amounts {
    readonly format: readonly { readonly sat: string; readonly text: string }[];
    readonly parse: readonly { readonly text: string; readonly sat: string | null }[];
  }
  const { format, parse } = report.groups<Amounts>(file.json(), ['format', 'parse']);
  report.each(format, ({ sat, text }) =>
    report.row(`format ${sat}`, () => expectEqual(new Amount(BigInt(sat)).toString(), text)),
  );
  report.each(parse, ({ text, sat }) =>
    report.row(`parse ${text}`, () => {
      expectEqual(parsedAmount(text), sat);
    }),
  );
}

function parsedAmount(text: string): string | null {
  try {
    const value: JsonRead = readJson(text);
    return value instanceof JsonNumber ? amountFrom(value).toString() : null;
  } catch {
    return null;
  }
}

/** The recorded result is a part of the whole one. */
async function runDecodeScript(file: VectorFile, report: Report): Promise<void> {
  const nodes = new Nodes();
  try {
    const node = await nodes.of('regtest');
    await report.eachAsync(file.json<[string, Record<string, unknown>][]>(), ([hex, expected]) =>
      report.rowAsync(hex, async () => {
        const { result } = await node.call('decodescript', JSON.stringify([hex]));
        const got = result as Record<string, unknown>;
        const part = Object.fromEntries(Object.keys(expected).map((key) => [key, got[key]]));
        const found = difference(part, expected);
        expectTrue(found === null, found ?? '');
      }),
    );
  } finally {
    await nodes.stop();
  }
}

/** BIP67: the keys of a multisig in lexicographic order. */
async function runSortedKeys(file: VectorFile, report: Report): Promise<void> {
  const nodes = new Nodes();
  try {
    const node = await nodes.of('regtest');
    await report.eachAsync(
      file.json<{ keys: string[]; sorted_keys: string[]; script: string; address: string }[]>(),
      (row) =>
        report.rowAsync(row.address, async () => {
          expectEqual([...row.keys].sort(), row.sorted_keys);
          const required = fromHex(row.script)[0]! - OP.OP_1 + 1;
          const { result } = await node.call('createmultisig', JSON.stringify([required, row.sorted_keys]));
          const { address, redeemScript } = result as { address: string; redeemScript: string };
          expectEqual([redeemScript, address], [row.script, row.address]);
          expectEqual(encodeAddress(p2sh(hash160(fromHex(row.script))), REGTEST), row.address);
        }),
    );
  } finally {
    await nodes.stop();
  }
}

export const conformance: ConformanceModule = {
  runners: {
    'golden_stateless.json': runStateless,
    'golden_descriptors.json': runStateless,
    'golden_chain_main.json': runMain,
    'golden_chain_regtest.json': runRegtest,
    'golden_session_*.json': runSession,
    'getblockstats_chain.json': runBlockStats,
    'amounts.json': runAmounts,
    'decodescript.json': runDecodeScript,
    'bip67.json': runSortedKeys,
  },
};
