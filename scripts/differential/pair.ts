/** Penny in this process and Bitcoin Core beside it, asked the same: what they answer differently. */

import { isUtf8 } from 'node:buffer';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { BenchNode } from '../bench/nodes/bench-node.ts';
import { core } from '../bench/nodes/contender.ts';
import { MemoryNode } from '../conformance/memory-node.ts';

export interface Call {
  readonly method: string;
  /** JSON text. */
  readonly parameters: string;
  /** What is behind it, for the report. */
  readonly about: string;
}

export interface Difference {
  readonly call: Call;
  readonly core: string;
  readonly penny: string;
}

const SCRIPT_FAILED = 'block-script-verify-flag-failed';
/** MiB; the chain is short. */
const DBCACHE = 50;

/**
 * What both may answer in ways of their own. Penny offers a package's members again until a peer has them, as it
 * does with others; Core does not. Of parents that are mined together either may come first.
 */
const isOwn = (key: string, field: unknown): boolean =>
  ['unbroadcast', 'longpollid', 'default_witness_commitment'].includes(key) ||
  (key === 'depends' && typeof (field as unknown[])[0] === 'number');

/** A pool is in no order, nor are the relatives of its members. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).sort().join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .filter(([key, field]) => !isOwn(key, field))
    .map(([key, field]) => `"${key}":${sorted(field)}`)
    .sort()
    .join(',')}}`;
}

export class Pair {
  readonly name: string;
  readonly penny: MemoryNode;
  readonly #core: BenchNode;

  private constructor(name: string, penny: MemoryNode, bitcoind: BenchNode) {
    this.name = name;
    this.penny = penny;
    this.#core = bitcoind;
  }

  /** @param time seconds, at which both clocks stand */
  static async open(bitcoind: string, time: number, standard: boolean): Promise<Pair> {
    const node = await BenchNode.create(core(bitcoind), DBCACHE);
    await node.start(
      [],
      `-mocktime=${time}`,
      `-acceptnonstdtxn=${standard ? 0 : 1}`,
      // By itself it verifies the scripts of a transaction in their order, and before the next one's coins are
      // looked at; with threads to help, as it comes on most machines, in no order, and after all coins.
      `-par=${standard ? 2 : 1}`,
      '-nodebuglogfile',
    );
    const penny = await MemoryNode.open(REGTEST, time, {
      indexes: { transactions: false, filters: false, coinStatistics: false },
      mempool: { requireStandard: standard },
    });
    return new Pair(standard ? 'standard' : 'anything', penny, node);
  }

  /** What both answer, where it is not the same. */
  async ask(calls: readonly Call[]): Promise<Difference[]> {
    const body = `[${calls
      .map(
        ({ method, parameters }, id) =>
          `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${parameters}}`,
      )
      .join(',')}]`;
    const asked = this.#askCore(body);
    const { signal } = new AbortController();
    const { body: ours } = await this.penny.node.rpc.handle(body, { path: '/', user: '', signal });
    const theirs = await asked;
    if (theirs === ours) return [];
    const [a, b] = [JSON.parse(theirs) as unknown[], JSON.parse(ours) as unknown[]];
    return calls.flatMap((call, i) => {
      const [coreSays, pennySays] = [JSON.stringify(a[i]), JSON.stringify(b[i])];
      const sameKind =
        this.name === 'standard' && [coreSays, pennySays].every((text) => text.includes(SCRIPT_FAILED));
      return coreSays === pennySays || sameKind || sorted(a[i]) === sorted(b[i])
        ? []
        : [{ call, core: coreSays, penny: pennySays }];
    });
  }

  async callCore(method: string, parameters: string): Promise<unknown> {
    const text = await this.#askCore(`{"jsonrpc":"2.0","id":0,"method":"${method}","params":${parameters}}`);
    const { result, error } = JSON.parse(text) as { result?: unknown; error?: unknown };
    return error ?? result;
  }

  /** A body of any bytes; status and text of the answers. */
  async askRaw(bytes: Uint8Array): Promise<Difference | undefined> {
    const body = Buffer.from(bytes);
    const theirs = await this.#post(body);
    const { signal } = new AbortController();
    const caller = { path: '/', user: '', signal };
    const ours = await this.penny.node.rpc.handle(isUtf8(body) ? body.toString() : null, caller);
    const [core, penny] = [`${theirs.status} ${await theirs.text()}`, `${ours.status} ${ours.body}`];
    // Help is told in words of each one's own; of several unknown names Core tells any.
    const alike = (text: string): boolean => /\\nArguments:\\n|Unknown named parameter/.test(text);
    if (core === penny || [core, penny].every(alike)) return undefined;
    return {
      call: { method: 'request', parameters: JSON.stringify(body.toString()), about: body.toString('hex') },
      core,
      penny,
    };
  }

  async #askCore(body: string): Promise<string> {
    return (await this.#post(body)).text();
  }

  #post(body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    const authorization = `Basic ${Buffer.from(this.#core.cookie).toString('base64')}`;
    const url = `http://127.0.0.1:${this.#core.rpcPort}/`;
    return fetch(url, { method: 'POST', body, headers: { authorization } });
  }

  async close(): Promise<void> {
    await this.penny.stop();
    await this.#core.remove();
  }
}
