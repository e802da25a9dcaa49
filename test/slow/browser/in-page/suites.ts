/** In a worker: the suites of the seams, run on the parts of a browser. Other workers of this script are those of a pool. */
import '../../../../src/platform/browser/worker.ts';
import { nobleEngine } from '../../../../src/core/script/noble-engine.ts';
import {
  type Connection,
  type ConnectionEvents,
  MAXIMUM_HANDSHAKE_MESSAGE,
} from '../../../../src/network/transport.ts';
import { TabClock } from '../../../../src/platform/browser/clock.ts';
import { bindFastHashes } from '../../../../src/platform/browser/hashes.ts';
import { WebTransport } from '../../../../src/platform/browser/network/web-transport.ts';
import { OpfsFolder } from '../../../../src/platform/browser/storage/opfs-folder.ts';
import { OpfsStorage } from '../../../../src/platform/browser/storage/opfs-storage.ts';
import { startVerifier } from '../../../../src/platform/browser/threads.ts';
import { loadWasmEngine } from '../../../../src/platform/shared/signatures/wasm-engine.ts';
import { WorkerScriptVerifier } from '../../../../src/platform/shared/verification/worker-script-verifier.ts';
import { describeTransport } from '../../../platform/network/transport-suite.ts';
import { describeStorage } from '../../../platform/storage/storage-suite.ts';
import { testScriptVerifier } from '../../../support/script-verifier-suite.ts';
import { testSignatureEngine } from '../../../support/signature-engine-suite.ts';
import { FarWord } from './harness-interface.ts';
import { runTests } from './vitest-in-page.ts';

/** What was accepted at the other end, in a process that tells of it: a fixture, held to nothing itself. */
class FarEnd implements Connection {
  readonly remote = 'the page';
  readonly local = 'the process';
  readonly bufferedAmount = 0;
  readonly partialAmount = 0;
  readonly #owner: WebSocket;
  #events: ConnectionEvents | undefined;
  #maximum = MAXIMUM_HANDSHAKE_MESSAGE;
  #isPaused = true;
  #isClosed = false;
  #waiting: Uint8Array[] = [];

  constructor(owner: WebSocket) {
    this.#owner = owner;
  }

  start(events: ConnectionEvents): void {
    this.#events = events;
    this.resume();
  }

  take(envelope: Uint8Array): void {
    if (envelope.length > this.#maximum) this.close();
    else this.#waiting.push(envelope);
    if (!this.#isPaused) this.resume();
  }

  ended(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events?.closed('');
  }

  send(envelope: Uint8Array): void {
    if (!this.#isClosed)
      this.#owner.send(new Blob([Uint8Array.of(FarWord.message), envelope as Uint8Array<ArrayBuffer>]));
  }

  setMaximumMessage(bytes: number): void {
    this.#maximum = bytes;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const envelope of this.#waiting.splice(0)) this.#events!.message(envelope);
  }

  close(): void {
    this.#owner.send(Uint8Array.of(FarWord.closed));
    this.ended();
  }
}

/** @param url of the process with the other ends */
async function connect(url: string): Promise<{ near: Connection; accepted(): Promise<Connection> }> {
  const owner = new WebSocket(url);
  owner.binaryType = 'arraybuffer';
  const far = new FarEnd(owner);
  let opened: () => void = () => {};
  const accepted = new Promise<void>((resolve) => (opened = resolve));
  const address = await new Promise<string>((resolve) => {
    owner.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const [word] = new Uint8Array(data, 0, 1);
      const bytes = new Uint8Array(data, 1);
      if (word === FarWord.listening) resolve(new TextDecoder().decode(bytes));
      else if (word === FarWord.opened) opened();
      else if (word === FarWord.message) far.take(bytes);
      else far.ended();
    };
  });
  const [host, port] = address.split(':');
  const near = await dial(host!, Number(port));
  return { near, accepted: () => accepted.then(() => far) };
}

const dial = (host: string, port: number): Promise<Connection> =>
  new WebTransport().dial({ scheme: 'ws', host, port }, new AbortController().signal);

/** Called by its name, with the place of the other ends behind it. */
const [role, url] = self.name.split(' ');
if (role === 'suites') {
  bindFastHashes();
  const clock = new TabClock();
  const logger = { log: () => {} };
  const engine = await loadWasmEngine();
  for (const each of [engine, nobleEngine]) testSignatureEngine(each);
  const root = (await OpfsFolder.root())!;
  const folder = await root.folder('suite');
  describeStorage('OPFS', () => OpfsStorage.open(folder, logger));
  testScriptVerifier(
    'workers of the web',
    async () =>
      new WorkerScriptVerifier({ workers: 2 }, { engine, clock, logger, startThread: startVerifier }),
  );
  describeTransport('the web', { connect: () => connect(url!), dialNowhere: () => dial('127.0.0.1', 1) });
  self.postMessage(await runTests());
  await root.remove('suite');
}
