/**
 * JSON-RPC over real sockets: requests a second, and how long a large block takes. The server has a
 * process of its own, so that making the load does not slow it down.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { EMPTY, toHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { p2tr, p2wpkh } from '../../src/core/script/templates.ts';
import {
  NO_WITNESS,
  type OutPoint,
  SEQUENCE_FINAL,
  Transaction,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { Authentication } from '../../src/platform/node/rpc/authentication.ts';
import { RpcServer } from '../../src/platform/node/rpc/server.ts';
import { withChecksum } from '../../src/wallet/descriptors/checksum.ts';
import { MemoryNode } from '../conformance/memory-node.ts';
import type { Bench, BenchRow } from './row.ts';

const CONNECTIONS = 16;
const BATCH = 100;
const BLOCK_TRANSACTIONS = 2_000;
const AUTHORIZATION = `Basic ${btoa('bench:bench')}`;
const ANYONE = Uint8Array.of(OP.OP_1);

interface Ready {
  readonly port: number;
  /** Hash of a block with many transactions. */
  readonly block: string;
}

if (process.argv[2] === '--serve-rpc') await serve();

/** In the child: a node with one large block, until the parent goes. */
async function serve(): Promise<void> {
  bindFastHashes();
  const memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  const block = await mineLargeBlock(memory);
  const authentication = new Authentication();
  authentication.addPassword('bench', 'bench');
  const server = new RpcServer(
    {
      bind: [{ host: '127.0.0.1', port: 0 }],
      allowIp: [],
      allowHost: [],
      allowOrigin: [],
      whitelist: new Map(),
      whitelistDefault: false,
    },
    { dispatcher: memory.node.rpc, authentication, logger: { log: () => {} } },
  );
  process.send?.({ port: await server.start(), block } satisfies Ready);
  await once(process, 'disconnect');
  process.exit(0);
}

function spend(prevout: OutPoint, outputs: readonly TxOut[]): Transaction {
  const inputs = [{ prevout, scriptSig: EMPTY, sequence: SEQUENCE_FINAL, witness: NO_WITNESS }];
  return Transaction.from({ version: 2, inputs, outputs, lockTime: 0 });
}

/** Coins that anyone may spend are spread, and each is spent to a P2WPKH and a P2TR output in one block. */
async function mineLargeBlock(memory: MemoryNode): Promise<string> {
  const call = async (method: string, ...parameters: readonly unknown[]) => {
    const { result, error } = await memory.call(method, JSON.stringify(parameters));
    if (error !== undefined) throw new Error(error.message);
    return result;
  };
  const descriptor = withChecksum(`raw(${toHex(ANYONE)})`);
  const [first] = (await call('generatetodescriptor', 101, descriptor)) as string[];
  const coinbase = Transaction.decode(
    (await memory.node.chain.readBlock(memory.node.chain.entry(first as never)!)).transactions[0]!.bytes,
  );
  const value = 2_000_000n;
  const fan = spend(
    { txid: coinbase.txidBytes, vout: 0 },
    Array.from({ length: BLOCK_TRANSACTIONS }, () => ({ value, scriptPubKey: ANYONE })),
  );
  const outputs = [
    { value: value / 2n, scriptPubKey: p2wpkh(new Uint8Array(20).fill(7)) },
    { value: value / 4n, scriptPubKey: p2tr(new Uint8Array(32).fill(0xee)) },
  ];
  const spends = fan.outputs.map((_, vout) => spend({ txid: fan.txidBytes, vout }, outputs));
  const list = [fan, ...spends].map((tx) => toHex(tx.bytes));
  return ((await call('generateblock', descriptor, list)) as { hash: string }).hash;
}

const body = (method: string, params: readonly unknown[] = []): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });

/** Requests a second when each connection sends its next as soon as it has its answer. */
async function requestsPerSecond(port: number, text: string, milliseconds: number): Promise<number> {
  const payload = Buffer.from(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${AUTHORIZATION}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  let done = 0;
  let running = true;
  const sockets: Socket[] = [];
  const begun = performance.now();
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let missing = -1;
    socket.on('data', (chunk) => {
      // Headers come in one piece here; the length says when the answer is whole.
      if (missing < 0) {
        const head = chunk.indexOf('\r\n\r\n');
        const length = /content-length: (\d+)/i.exec(chunk.toString('latin1', 0, head));
        missing = Number(length?.[1]) + head + 4;
      }
      missing -= chunk.length;
      if (missing > 0) return;
      missing = -1;
      done++;
      if (running) socket.write(payload);
    });
    socket.write(payload);
    sockets.push(socket);
  }
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  running = false;
  const rate = (done * 1000) / (performance.now() - begun);
  for (const socket of sockets) socket.destroy();
  return rate;
}

function timeOf(port: number, text: string, agent: Agent): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { authorization: AUTHORIZATION };
    const sent = request({ port, host: '127.0.0.1', method: 'POST', headers, agent }, (response) => {
      response.on('end', () => resolve(performance.now() - begun));
      response.resume();
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

export const bench: Bench = async ({ repeat, quick }) => {
  const child = fork(fileURLToPath(import.meta.url), ['--serve-rpc']);
  const [ready] = (await once(child, 'message')) as [Ready];
  const { port, block } = ready;
  const milliseconds = quick ? 300 : 3_000;
  const batch = `[${Array.from({ length: BATCH }, () => body('getblockcount')).join(',')}]`;
  const agent = new Agent({ keepAlive: true });
  const count: number[] = [];
  const batched: number[] = [];
  const large: number[] = [];
  await requestsPerSecond(port, body('getblockcount'), milliseconds / 3);
  for (let i = 0; i < repeat; i++) {
    count.push(await requestsPerSecond(port, body('getblockcount'), milliseconds));
    batched.push(BATCH * (await requestsPerSecond(port, batch, milliseconds)));
    large.push(await timeOf(port, body('getblock', [block, 2]), agent));
  }
  agent.destroy();
  child.disconnect();
  const rows: BenchRow[] = [
    {
      name: `rpc: getblockcount, ${CONNECTIONS} connections`,
      unit: 'requests/s',
      values: count,
      higherIsBetter: true,
    },
    {
      name: `rpc: getblockcount in batches of ${BATCH}`,
      unit: 'calls/s',
      values: batched,
      higherIsBetter: true,
    },
    { name: `rpc: getblock 2 of ${BLOCK_TRANSACTIONS} transactions`, unit: 'ms', values: large },
  ];
  return rows;
};
