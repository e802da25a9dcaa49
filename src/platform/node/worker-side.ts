/** A worker thread's own side: answers messages one by one until it is told to end. */
import { parentPort, workerData } from 'node:worker_threads';
import { CLOSE } from './worker.ts';

/** @param begin given the setup that the thread was started with */
export async function answerMessages<Setup, Message>(
  begin: (setup: Setup) => ((message: Message) => unknown) | Promise<(message: Message) => unknown>,
): Promise<void> {
  const port = parentPort!;
  const answer = await begin(workerData.data);
  port.on('message', (message) => {
    if (message === CLOSE) port.close();
    else port.postMessage(answer(message));
  });
}
