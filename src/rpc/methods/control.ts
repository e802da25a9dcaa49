/** The server itself: help, log, clock, what follows the chain, stopping. */
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { INDEXES, type IndexKind } from '../../indexes/table.ts';
import type { Clock } from '../../seams.ts';
import { ownVersion } from '../formats/version.ts';
import { helpText, usage } from '../help.ts';
import { group, type JsonRead, method, type RpcContext, refuse, t } from '../kit.ts';
import { openRpcDocument } from '../openrpc.ts';
import { findMethod, type RpcServerView } from '../registry.ts';

function listMethods({ registry }: RpcServerView): string {
  const shown = Object.values(registry).filter((method) => method.category !== 'hidden');
  const categories = [...new Set(shown.map((method) => method.category))].sort();
  return categories
    .map((category) => {
      const methods = shown.filter((method) => method.category === category);
      const lines = methods.sort((a, b) => (a.name < b.name ? -1 : 1)).map(usage);
      return `== ${category} ==\n${lines.join('\n')}`;
    })
    .join('\n\n');
}

/** Names of Core's that stand for every category. */
const ALL = new Set(['all', '1', '']);

function setCategories(names: readonly string[], enabled: boolean, { logger }: RpcContext): void {
  for (const name of names) {
    if (!ALL.has(name) && !logger.categories.includes(name))
      throw refuse.parameter(`unknown logging category ${name}`);
    for (const category of ALL.has(name) ? logger.categories : [name]) logger.setEnabled(category, enabled);
  }
}

/** Seconds; later times do not fit into a header. */
export const LATEST_TIME = 0xffffffff;

/** Seconds that `mockscheduler` takes at once. */
const LONGEST_LEAP = 3600;

/** Resolves when what has become due was begun. */
export const dueTasks = (clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    clock.schedule(0, resolve, 'process');
  });

function requireMockable(name: string, { mineBlocksOnDemand, devControl }: NetworkParameters): void {
  if (!mineBlocksOnDemand && !devControl)
    throw refuse.misc(`${name} is for regression testing (-regtest mode) only`);
}

const categories = (help: string) => t.optional(t.array(t.string(), help));

const echo = {
  ...method({
    help: 'Answers with what it was given; for tests.',
    parameters: Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`arg${i}`, t.optional(t.anything())]),
    ),
    result: t.anything(),
    handler: () => null,
  }),
  // A null at the end was given too.
  run: (values: readonly JsonRead[]) => values,
};

export const controlMethods = {
  ...group('Control', {
    help: method({
      help: 'All methods, or one at length.',
      parameters: { command: t.optional(t.string('A method'), 'all') },
      result: t.string(),
      example: 'getblock',
      handler({ command }, _, { server }) {
        if (command === undefined || command === '') return listMethods(server);
        const found = findMethod(server.registry, command);
        return found === undefined ? `help: unknown command: ${command}` : helpText(found);
      },
    }),

    stop: method({
      help: 'Stops the node in good order.',
      parameters: { wait: t.hidden(t.optional(t.integer('Milliseconds to wait before the answer'))) },
      result: t.string(),
      async handler({ wait }, { clock, stop: end }) {
        end();
        if (wait !== undefined && wait > 0)
          await new Promise<void>((resolve) => clock.schedule(wait, resolve, 'process'));
        return 'Penny stopping';
      },
    }),

    uptime: method({
      help: 'Seconds since the node started.',
      result: t.integer(),
      handler: (_, { clock, startedAt }) => Math.floor((clock.monotonic() - startedAt) / 1000),
    }),

    getrpcinfo: method({
      help: 'The calls under way, and where the log is.',
      result: t.object({
        active_commands: t.array(
          t.object({ method: t.string(), duration: t.integer('Microseconds so far') }),
        ),
        logpath: t.string(),
      }),
      handler: (_, { logger }, { server }) => ({
        active_commands: server.activeCalls(),
        logpath: logger.path,
      }),
    }),

    getmemoryinfo: method({
      help: 'Memory that is kept from being swapped out: none, for JavaScript cannot do that.',
      parameters: { mode: t.standard(t.string('There is only stats'), 'stats') },
      result: t.object({
        locked: t.object({
          used: t.number(),
          free: t.number(),
          total: t.number(),
          locked: t.number(),
          chunks_used: t.number(),
          chunks_free: t.number(),
        }),
      }),
      handler({ mode }) {
        if (mode !== 'stats') throw refuse.parameter(`unknown mode ${mode}`);
        return { locked: { used: 0, free: 0, total: 0, locked: 0, chunks_used: 0, chunks_free: 0 } };
      },
    }),

    getopenrpcinfo: method({
      help: 'Describes every method in the form of OpenRPC.',
      result: t.object({
        openrpc: t.string('Version of OpenRPC'),
        info: t.object({ title: t.string(), version: t.string() }),
        methods: t.array(t.anything()),
      }),
      handler: (_, { network }, { server }) =>
        openRpcDocument(server.registry, ownVersion(network.options.userAgent)),
    }),

    logging: method({
      help: 'Which categories the log shows in detail; switches some on and then some off. all stands for every one.',
      parameters: { include: categories('To be shown'), exclude: categories('Not to be shown') },
      result: t.record(t.boolean(), 'category'),
      example: `'["net"]' '["rpc"]'`,
      handler({ include, exclude }, context) {
        setCategories(include ?? [], true, context);
        setCategories(exclude ?? [], false, context);
        const { logger } = context;
        return Object.fromEntries(
          [...logger.categories].sort().map((category) => [category, logger.isEnabled(category)]),
        );
      },
    }),
  }),
  ...group('hidden', {
    setmocktime: method({
      help: 'Sets the clock by which the node judges; on networks where blocks come on demand.',
      parameters: { timestamp: t.long('Seconds since 1970; 0 for the real time') },
      example: '1700000000',
      async handler({ timestamp }, { clock, parameters }) {
        requireMockable('setmocktime', parameters);
        if (timestamp < 0 || timestamp > LATEST_TIME)
          throw refuse.parameter(`Mocktime must be in the range [0, ${LATEST_TIME}], not ${timestamp}.`);
        clock.setMockTime(timestamp);
        await dueTasks(clock);
      },
    }),

    mockscheduler: method({
      help: 'Brings nearer what the node does from time to time.',
      parameters: { delta_time: t.long('Seconds') },
      example: '60',
      async handler({ delta_time: seconds }, { clock, parameters }) {
        requireMockable('mockscheduler', parameters);
        if (seconds <= 0 || seconds > LONGEST_LEAP)
          throw refuse.misc('delta_time must be between 1 and 3600 seconds (1 hr)');
        clock.mockScheduler(seconds);
        await dueTasks(clock);
      },
    }),

    syncwithvalidationinterfacequeue: method({
      help: 'Waits until mempool, indexes and wallets have followed the chain this far; for tests.',
      async handler(_, { mempool, indexes, wallets }) {
        await mempool.settled();
        const settled = Object.values(indexes).map(
          (index) => !index.follower.isCatchingUp && index.synchronize(),
        );
        await Promise.allSettled([...settled, wallets.settled()]);
      },
    }),

    echo,
    echojson: echo,
  }),
  ...group('Util', {
    getindexinfo: method({
      help: 'How far the optional indexes are that this node keeps.',
      parameters: { index_name: t.optional(t.string('Only this one')) },
      result: t.record(
        t.object({ synced: t.boolean(), best_block_height: t.integer('It has come so far') }),
        'name',
      ),
      example: 'txindex',
      handler({ index_name }, { indexes }) {
        const running = Object.entries(indexes).map(([kind, index]) => {
          const { isSynchronized, height } = index.follower;
          return [
            INDEXES[kind as IndexKind].name,
            { synced: isSynchronized, best_block_height: height },
          ] as const;
        });
        return Object.fromEntries(
          running.filter(([known]) => index_name === undefined || index_name === known),
        );
      },
    }),
  }),
  ...group('Zmq', {
    getzmqnotifications: method({
      help: 'What is published over ZeroMQ, and where.',
      result: t.array(
        t.object({
          type: t.string('pubhashblock, pubhashtx, pubrawblock, pubrawtx or pubsequence'),
          address: t.string(),
          hwm: t.integer('Messages that a subscriber may be behind before it loses some'),
        }),
      ),
      handler: (_, { zmq }) => [...zmq],
    }),
  }),
};
