/** The server itself: help, log, clock, stopping. */
import type { RpcContext, RpcServerView } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { nodeVersion } from '../formats/version.ts';
import { helpText, usage } from '../help.ts';
import type { JsonRead } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { openRpcDocument } from '../openrpc.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { stringFrom } from '../values.ts';

function listMethods({ registry }: RpcServerView): string {
  const shown = [...registry.values()].filter((method) => method.category !== 'hidden');
  const categories = [...new Set(shown.map((method) => method.category))].sort();
  return categories
    .map((category) => {
      const methods = shown.filter((method) => method.category === category);
      const lines = methods.sort((a, b) => (a.name < b.name ? -1 : 1)).map(usage);
      return `== ${category} ==\n${lines.join('\n')}`;
    })
    .join('\n\n');
}

const help = defineMethod({
  name: 'help',
  category: 'Control',
  description: 'List all commands, or get help for a specified command.',
  parameters: [param.string('command', 'The command to get help on', { hint: 'all commands' })],
  results: [result.string('', 'The help text')],
  examples: [],
  handler([command], _context, { server }) {
    if (command === undefined || command === '') return listMethods(server);
    const method = server.registry.get(command);
    return method === undefined ? `help: unknown command: ${command}` : helpText(method).trimEnd();
  },
});

const stop = defineMethod({
  name: 'stop',
  category: 'Control',
  description: 'Request a graceful shutdown of Penny.',
  parameters: [param.integer('wait', 'how long to wait in ms', { optional: true, hidden: true })],
  results: [result.string('', "A string with the content 'Penny stopping'")],
  examples: [],
  async handler([wait], { clock, stop: end }) {
    end();
    if (wait !== undefined && wait > 0) await new Promise<void>((resolve) => clock.schedule(wait, resolve));
    return 'Penny stopping';
  },
});

const uptime = defineMethod({
  name: 'uptime',
  category: 'Control',
  description: 'Returns the total uptime of the server.',
  parameters: [],
  results: [result.number('', 'The number of seconds that the server has been running')],
  examples: [''],
  handler: (_parameters, { clock, startedAt }) => Math.floor((clock.monotonic() - startedAt) / 1000),
});

const getrpcinfo = defineMethod({
  name: 'getrpcinfo',
  category: 'Control',
  description: 'Returns details of the RPC server.',
  parameters: [],
  results: [
    result.object('', '', [
      result.array('active_commands', 'All active commands', [
        result.object('', 'Information about an active command', [
          result.string('method', 'The name of the RPC command'),
          result.number('duration', 'The running time in microseconds'),
        ]),
      ]),
      result.string('logpath', 'The complete file path to the debug log'),
    ]),
  ],
  examples: [''],
  handler: (_parameters, { logger }, { server }) => ({
    active_commands: server
      .activeCalls()
      .map(({ method, microseconds }) => ({ method, duration: microseconds })),
    logpath: logger.path,
  }),
});

/** Names of Core's that stand for every category. */
const ALL = new Set(['all', '1', '']);

function setCategories(names: readonly JsonRead[], enabled: boolean, { logger }: RpcContext): void {
  for (const item of names) {
    const name = stringFrom(item);
    if (!ALL.has(name) && !logger.categories.includes(name))
      throw new RpcError(RpcCode.INVALID_PARAMETER, `unknown logging category ${name}`);
    for (const category of ALL.has(name) ? logger.categories : [name]) logger.setEnabled(category, enabled);
  }
}

const categories = (names: string, description: string) =>
  param.array(
    names,
    description,
    [
      param.string(
        names === 'include' ? 'include_category' : 'exclude_category',
        'the valid logging category',
        { optional: true },
      ),
    ],
    {
      optional: true,
    },
  );

const logging = defineMethod({
  name: 'logging',
  category: 'Control',
  description:
    'Gets and sets the logging configuration.\n' +
    'When called without an argument, returns the list of categories with status that are currently being debug logged or not.\n' +
    'When called with arguments, adds or removes categories from debug logging and return the lists above.\n' +
    'The arguments are evaluated in order "include", "exclude".\n' +
    'If an item is both included and excluded, it will thus end up being excluded.\n' +
    'In addition, "all" and "1" may be used to mean every category.',
  parameters: [
    categories('include', 'The categories to add to debug logging'),
    categories('exclude', 'The categories to remove from debug logging'),
  ],
  results: [
    result.keyed('', 'keys are the logging categories, and values indicates its status', [
      result.boolean('category', 'if being debug logged or not. false:inactive, true:active'),
    ]),
  ],
  examples: ['\'["all"]\' \'["http"]\''],
  handler([include, exclude], context) {
    setCategories(include ?? [], true, context);
    setCategories(exclude ?? [], false, context);
    const { logger } = context;
    return Object.fromEntries(
      [...logger.categories].sort().map((category) => [category, logger.isEnabled(category)]),
    );
  },
});

const getopenrpcinfo = defineMethod({
  name: 'getopenrpcinfo',
  category: 'Control',
  description: 'Returns an OpenRPC document that describes every method of this server.',
  parameters: [],
  results: [
    result.object('', '', [
      result.string('openrpc', 'Version of the OpenRPC specification'),
      result.object('info', '', [
        result.string('title', 'Name of the API'),
        result.string('version', 'Version of the API'),
      ]),
      result.array('methods', 'The methods, by name', [result.any('', '')]),
    ]),
  ],
  examples: [''],
  handler: (_parameters, { network }, { server }) =>
    openRpcDocument(server.registry, nodeVersion(network.options.userAgent).text),
});

const getmemoryinfo = defineMethod({
  name: 'getmemoryinfo',
  category: 'Control',
  description: 'Returns an object containing information about memory usage.',
  parameters: [
    param.string(
      'mode',
      'determines what kind of information is returned.\n"stats" returns general statistics about memory usage in the daemon.',
      {
        default: 'stats',
      },
    ),
  ],
  results: [
    result.object('', '', [
      result.object('locked', 'Information about locked memory manager', [
        result.number('used', 'Number of bytes used'),
        result.number('free', 'Number of bytes available in current arenas'),
        result.number('total', 'Total number of bytes managed'),
        result.number('locked', 'Amount of bytes that succeeded locking'),
        result.number('chunks_used', 'Number allocated chunks'),
        result.number('chunks_free', 'Number unused chunks'),
      ]),
    ]),
  ],
  examples: [''],
  handler([mode]) {
    if (mode !== 'stats') throw new RpcError(RpcCode.INVALID_PARAMETER, `unknown mode ${mode}`);
    // JavaScript cannot keep memory from being swapped out, so none is ever locked.
    return { locked: { used: 0, free: 0, total: 0, locked: 0, chunks_used: 0, chunks_free: 0 } };
  },
});

/** Seconds; later times do not fit into a header. */
const LATEST_TIME = 0xffffffff;

const setmocktime = defineMethod({
  name: 'setmocktime',
  category: 'hidden',
  description: 'Set the local time to given timestamp (-regtest only)',
  parameters: [param.long('timestamp', 'UNIX epoch time\nPass 0 to go back to using the system time.')],
  results: [result.none('', '')],
  examples: [],
  handler([timestamp], { clock, parameters }) {
    if (!parameters.mineBlocksOnDemand)
      throw new RpcError(RpcCode.MISC_ERROR, 'setmocktime is for regression testing (-regtest mode) only');
    if (timestamp < 0 || timestamp > LATEST_TIME)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        `Mocktime must be in the range [0, ${LATEST_TIME}], not ${timestamp}.`,
      );
    clock.setMockTime(timestamp);
    return null;
  },
});

const echoParameters = Array.from({ length: 10 }, (_, i) =>
  param.any('string', `arg${i}`, '', { optional: true }),
);

const echo = defineMethod({
  name: 'echo',
  category: 'hidden',
  description: 'Simply echo back the input arguments. This command is for testing.',
  parameters: echoParameters,
  results: [result.any('', 'Returns whatever was passed in')],
  examples: [],
  handler: (values) => values.slice(0, values.findLastIndex((value) => value !== undefined) + 1),
});

export const controlMethods: readonly Method[] = [
  help,
  stop,
  uptime,
  getrpcinfo,
  getmemoryinfo,
  getopenrpcinfo,
  logging,
  setmocktime,
  echo,
  { ...echo, name: 'echojson' },
];
