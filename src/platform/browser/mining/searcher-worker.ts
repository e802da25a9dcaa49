/** A mining worker. */

import type { Job, SearcherSetup } from '../../shared/mining/searcher-protocol.ts';
import { searcher } from '../../shared/mining/searching.ts';
import { bindFastHashes } from '../hashes.ts';

export function run(setup: SearcherSetup, port: MessagePort): void {
  bindFastHashes();
  const search = searcher(setup);
  port.onmessage = ({ data }: MessageEvent<Job>) => port.postMessage(search(data));
}
