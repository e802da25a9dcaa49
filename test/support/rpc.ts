/** A dispatcher with a few methods of its own besides those that need no node. */

import { JsonText } from '../../src/core/encoding/json-writer.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import type { RpcContext } from '../../src/rpc/context.ts';
import { Dispatcher } from '../../src/rpc/dispatcher.ts';
import { RpcCode, RpcError } from '../../src/rpc/errors.ts';
import { group, method } from '../../src/rpc/method.ts';
import { controlMethods } from '../../src/rpc/methods/control.ts';
import {
  amount,
  anything,
  boolean,
  integer,
  optional,
  standard,
  string,
  unreadOptions,
} from '../../src/rpc/schema.ts';

const base = { help: 'For tests.', result: anything() };

const methods = group('hidden', {
  sum: method({
    ...base,
    parameters: { a: integer('one'), 'b|second': standard(integer('two'), 10) },
    handler: ({ a, b }) => a + b,
  }),

  /** What the handler was given for each kind of parameter. */
  options: method({
    ...base,
    parameters: {
      first: optional(string()),
      amount: optional(amount()),
      options: unreadOptions({ fast: optional(boolean()), 'depth|d': optional(integer()) }),
    },
    handler: ({ first, amount: satoshis, options: given }) => {
      const names = ['fast', 'depth', 'd'].filter((name) => given.has(name));
      return { first, amount: satoshis, chosen: names.length === 0 ? undefined : { ...given.read() } };
    },
  }),

  walletname: method({ ...base, parameters: {}, handler: (_, __, { walletName }) => walletName }),

  pieces: method({
    ...base,
    parameters: { each: string(), count: integer() },
    handler: ({ each, count }) => new JsonText('"', ...Array<string>(count).fill(each), '"'),
  }),

  refuse: method({
    ...base,
    parameters: {},
    handler() {
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'refused');
    },
  }),

  broken: method({
    ...base,
    parameters: {},
    handler() {
      throw new Error('a bug');
    },
  }),

  /** Ends when the server stops. */
  wait: method({
    ...base,
    parameters: {},
    handler: (_, __, { caller: { signal } }) =>
      new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('stopped'))),
  }),
});

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
}

export function createTestDispatcher({ attach = true } = {}): {
  dispatcher: Dispatcher;
  lines: LoggedLine[];
} {
  const lines: LoggedLine[] = [];
  const clock = new SystemClock();
  const logger: RpcContext['logger'] = {
    log: (level, _category, message) => lines.push({ level, message }),
    categories: ['net', 'rpc'],
    isEnabled: () => false,
    setEnabled: () => {},
    path: '/log',
  };
  const registry = { ...controlMethods, ...methods };
  const dispatcher = new Dispatcher(registry, { clock, logger });
  // None of these methods asks a node for anything else.
  if (attach)
    dispatcher.attach({
      clock,
      logger,
      startedAt: clock.monotonic(),
      stop: () => {},
    } as unknown as RpcContext);
  return { dispatcher, lines };
}
