/** A devnet that does nothing by itself, with its page's link, for tests in a browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type RpcClient } from '../../../src/client/client.ts';
import { freePort, PENNY, until } from '../../functional/support/node-process.ts';

interface Member {
  readonly name: string;
  readonly url: string;
  readonly password: string;
}

export class TestDevnet {
  /** With the key. */
  readonly link: string;
  /** Of the page, and of the control API. */
  readonly origin: string;
  readonly control: RpcClient;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(link: string, folder: string, child: ChildProcess) {
    this.link = link;
    this.origin = new URL(link).origin;
    this.#folder = folder;
    this.#child = child;
    this.control = createClient({
      url: `${this.origin}/`,
      cookie: () => readFileSync(join(folder, 'control.cookie'), 'utf8'),
    });
  }

  /** @throws Error with its output if it does not start */
  static async start(...words: readonly string[]): Promise<TestDevnet> {
    const folder = mkdtempSync(join(tmpdir(), 'penny-browser-'));
    const all = [`--datadir=${folder}`, `--base-port=${await freePort()}`, '--block-time=3600'];
    const child = spawn(process.execPath, [
      ...[PENNY, 'devnet', ...all],
      ...['--payments-per-minute=0', ...words],
    ]);
    let output = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const stands = async () => /Ctrl-C stops/.test(output) || child.exitCode !== null;
    await until('the devnet goes on', stands, 100);
    const link = /The page:\s+(\S+)/.exec(output)?.[1];
    if (link === undefined) throw new Error(output);
    return new TestDevnet(link, folder, child);
  }

  async member(name: string): Promise<Member> {
    const all = await this.control.call<Member[]>('passwords');
    return all.find((each) => each.name === name)!;
  }

  /** Of a node, with its wallet. */
  async clientOf(name: string): Promise<RpcClient> {
    const { url, password } = await this.member(name);
    return createClient({ url, cookie: () => password }).wallet(`wallet${name.at(-1)}`);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
