/** Long walks of which there is one of a kind at a time: begun, watched and ended by different calls. */
import { refuse } from './errors.ts';
import type { RpcRequest, Scan } from './registry.ts';
import * as t from './schema.ts';

export const SCAN_ACTION = t.string('start, abort or status');

/**
 * What `action` asks of the scan of its kind.
 * @param show what `status` answers
 * @throws RpcError
 */
export async function steerScan<S, T>(
  kind: string,
  action: string,
  { server: { scans }, caller: { signal } }: RpcRequest,
  show: (running: Scan) => S,
  start: (scan: Scan) => Promise<T>,
): Promise<S | T | boolean | null> {
  const running = scans.get(kind);
  switch (action) {
    case 'status':
      return running === undefined ? null : show(running);
    case 'abort':
      if (running !== undefined) running.aborted = true;
      return running !== undefined;
    case 'start':
      break;
    default:
      throw refuse.parameter(`Invalid action '${action}'`);
  }
  if (running !== undefined)
    throw refuse.parameter('Scan already in progress, use action "abort" or "status"');
  const scan: Scan = { percent: 0, height: 0, aborted: false };
  const abort = (): void => {
    scan.aborted = true;
  };
  scans.set(kind, scan);
  signal.addEventListener('abort', abort);
  try {
    return await start(scan);
  } finally {
    scans.delete(kind);
    signal.removeEventListener('abort', abort);
  }
}

/** @throws RpcError where there are none */
export function scanned<T>(objects: (() => T) | undefined): T {
  if (objects === undefined) throw refuse.misc('scanobjects argument is required for the start action');
  return objects();
}
