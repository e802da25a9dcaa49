/**
 * The REST interface of Bitcoin Core (`-rest`): what is public of the chain and the mempool, without a password.
 * Owns which path is which resource; how it gets here is the platform's.
 */

import type { JsonWritable } from '../core/encoding/json-writer.ts';
import type { Dispatcher } from '../rpc/dispatcher.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import { chainStateMethods } from '../rpc/methods/chain-state.ts';
import { mempoolMethods } from '../rpc/methods/mempool.ts';
import type { Spec } from '../rpc/registry.ts';
import {
  badRequest,
  hashIn,
  inJson,
  type Resource,
  type RestAnswer,
  RestError,
  type RestForm,
  type RestRequest,
  refusal,
} from './answer.ts';
import { blockResources } from './blocks.ts';
import { coinResources } from './coins.ts';

const FORMS: readonly string[] = ['bin', 'hex', 'json'] satisfies RestForm[];

/** What a method answers that looks at nothing but the node. */
const call = ({ run }: Spec, context: RestRequest['context'], ...values: (string | boolean)[]) =>
  run(values, context, undefined as never) as JsonWritable | Promise<JsonWritable>;

function isAsked({ query }: RestRequest, name: string, otherwise: boolean): boolean {
  const value = query(name) ?? String(otherwise);
  if (value !== 'true' && value !== 'false')
    throw badRequest(`The "${name}" query parameter must be either "true" or "false".`);
  return value === 'true';
}

const mempool: Resource = (request) => {
  const { path, context } = request;
  if (path === 'info') return inJson(request, () => call(mempoolMethods.getmempoolinfo, context));
  if (path !== 'contents')
    throw badRequest('Invalid URI format. Expected /rest/mempool/<info|contents>.json');
  return inJson(request, () => {
    const verbose = isAsked(request, 'verbose', true);
    const sequence = isAsked(request, 'mempool_sequence', false);
    if (verbose && sequence)
      throw badRequest('Verbose results cannot contain mempool sequence values. (hint: set "verbose=false")');
    return call(mempoolMethods.getrawmempool, context, verbose, sequence);
  });
};

const deployments: Resource = (request) => {
  const { path, context } = request;
  const named = path === '' ? [] : [path];
  const json = () => {
    if (path !== '' && context.chain.entry(hashIn(path)) === undefined) throw badRequest('Block not found');
    return call(chainStateMethods.getdeploymentinfo, context, ...named);
  };
  return inJson(request, json, path !== '');
};

/** By prefix of their paths; the first that fits counts. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  ...coinResources,
  ...blockResources,
  '/chaininfo': (request) =>
    inJson(request, () => call(chainStateMethods.getblockchaininfo, request.context)),
  '/mempool/': mempool,
  '/deploymentinfo/': deployments,
  '/deploymentinfo': deployments,
};

/** Percent signs that are no escapes stay. */
const unescaped = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

function queryOf(target: string): RestRequest['query'] {
  const start = target.indexOf('?');
  const pairs =
    start < 0
      ? []
      : target
          .slice(start + 1)
          .split('#', 1)[0]!
          .split('&');
  return (name) => {
    const pair = pairs.find((candidate) => unescaped(candidate.split('=', 1)[0]!) === name);
    return pair?.includes('=') ? unescaped(pair.slice(pair.indexOf('=') + 1)) : pair && '';
  };
}

/** The path without its query and its form. */
function splitForm(text: string): { path: string; form: RestForm | undefined } {
  const end = text.lastIndexOf('?');
  const path = end < 0 ? text : text.slice(0, end);
  const dot = path.lastIndexOf('.');
  const suffix = path.slice(dot + 1);
  if (dot < 0 || (suffix !== '' && !FORMS.includes(suffix))) return { path, form: undefined };
  return { path: path.slice(0, dot), form: (suffix || undefined) as RestForm | undefined };
}

/** @param target what follows `/rest` in the URL, as it came */
export async function answerRest(
  target: string,
  body: Uint8Array,
  dispatcher: Dispatcher,
): Promise<RestAnswer> {
  const prefix = Object.keys(RESOURCES).find((candidate) => target.startsWith(candidate));
  if (prefix === undefined) return { status: 404, type: '', immutable: false, body: new Uint8Array() };
  try {
    const { context } = dispatcher;
    const request = { ...splitForm(target.slice(prefix.length)), query: queryOf(target), body, context };
    return await RESOURCES[prefix]!(request);
  } catch (error) {
    if (error instanceof RestError) return refusal(error);
    if (error instanceof RpcError && error.code === RpcCode.IN_WARMUP)
      return refusal(new RestError(503, `Service temporarily unavailable: ${error.message}`));
    throw error;
  }
}
