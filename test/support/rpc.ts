/** A dispatcher with a few methods of its own besides those that need no node. */

import { SystemClock } from '../../src/platform/node/clock.ts';
import type { RpcContext } from '../../src/rpc/context.ts';
import { Dispatcher } from '../../src/rpc/dispatcher.ts';
import { RpcCode, RpcError } from '../../src/rpc/errors.ts';
import { defineMethod } from '../../src/rpc/method.ts';
import { controlMethods } from '../../src/rpc/methods/control.ts';
import { param } from '../../src/rpc/parameter.ts';
import { createRegistry } from '../../src/rpc/registry.ts';
import { result } from '../../src/rpc/result.ts';

const base = {
  category: 'hidden',
  description: 'For tests.',
  results: [result.any('', '')],
  examples: [],
} as const;

const sum = defineMethod({
  ...base,
  name: 'sum',
  parameters: [param.integer('a', 'one'), param.integer('b|second', 'two', { default: 10 })],
  handler: ([a, b]) => a + b,
});

/** What the handler was given for each kind of parameter. */
const options = defineMethod({
  ...base,
  name: 'options',
  parameters: [
    param.string('first', '', { optional: true }),
    param.amount('amount', '', { optional: true }),
    param.options(
      'options',
      '',
      [param.boolean('fast', '', { optional: true }), param.integer('depth|d', '', { optional: true })],
      {
        optional: true,
      },
    ),
  ],
  handler: ([first, amount, chosen]) => ({ first, amount, chosen }),
});

const wallet = defineMethod({
  ...base,
  name: 'walletname',
  parameters: [],
  handler: (_parameters, _context, { walletName }) => walletName,
});

const refuse = defineMethod({
  ...base,
  name: 'refuse',
  parameters: [],
  handler() {
    throw new RpcError(RpcCode.INVALID_PARAMETER, 'refused');
  },
});

const broken = defineMethod({
  ...base,
  name: 'broken',
  parameters: [],
  handler() {
    throw new Error('a bug');
  },
});

/** Ends when the server stops. */
const wait = defineMethod({
  ...base,
  name: 'wait',
  parameters: [],
  handler: (_parameters, _context, { signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'))),
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
  const registry = createRegistry(controlMethods, [sum, options, wallet, refuse, broken, wait]);
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
