/** What a file of methods needs, from one place: how a method is said, how a call is refused. */

export type { JsonRead } from '../core/encoding/json.ts';
export type { RpcContext } from './context.ts';
export * from './errors.ts';
export { group, method, walletMethod } from './method.ts';
export type { RpcRequest } from './registry.ts';
export * as t from './schema.ts';
export { btc } from './values.ts';
