/** The REST interface at `/rest/…`: from HTTP to `rest` and back, in Bitcoin Core's headers. */

import { answerRest } from '../../../rest/rest.ts';
import type { Dispatcher } from '../../../rpc/dispatcher.ts';
import { LIMITS } from '../../../rpc/limits.ts';
import type { Route } from './route.ts';

/** Answers that can never be others may be kept for a day (Core). */
const IMMUTABLE = 'public, immutable, max-age=86400';

const NOTHING = new Uint8Array();
/** Core's: which of them it is does not matter. */
const METHODS = ['GET', 'POST', 'HEAD', 'PUT'];

export const restRoute = (dispatcher: Dispatcher): Route => ({
  path: '/rest',
  /** What comes behind it is read as it was sent. */
  isPrefix: true,
  methods: [...METHODS, 'DELETE', 'OPTIONS', 'PATCH'],
  bodyLimit: LIMITS.smallBody,
  async answer({ method, originalUrl, body }) {
    if (!METHODS.includes(method))
      return { status: 405, headers: { 'cache-control': 'no-store' }, body: NOTHING };
    const target = originalUrl.slice('/rest'.length);
    const bytes = (body ?? NOTHING) as Uint8Array;
    const answer = await answerRest(target, bytes, dispatcher);
    const headers: Record<string, string> = { 'cache-control': answer.immutable ? IMMUTABLE : 'no-store' };
    if (answer.type !== '') headers['content-type'] = answer.type;
    return { status: answer.status, headers, body: answer.body };
  },
});
