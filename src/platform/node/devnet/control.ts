/**
 * The devnet's control API: JSON-RPC over HTTP on loopback, asked and answered as a node's own, with a cookie of its
 * own. Owns the methods, their help and their checks; what they do is the devnet's.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonRead } from '../../../core/encoding/json.ts';
import { writeJson } from '../../../core/encoding/json-writer.ts';
import { NetworkFileError } from '../../../core/parameters/network-file-error.ts';
import type { RpcContext } from '../../../rpc/context.ts';
import { Dispatcher } from '../../../rpc/dispatcher.ts';
import { refuse } from '../../../rpc/errors.ts';
import { group, method } from '../../../rpc/method.ts';
import { controlMethods } from '../../../rpc/methods/control.ts';
import type { Registry } from '../../../rpc/registry.ts';
import * as t from '../../../rpc/schema.ts';
import { stringFrom } from '../../../rpc/values.ts';
import type { Clock } from '../../../seams.ts';
import { networkNamed, type TabNetwork } from '../rpc/tab-route.ts';
import type { ControlServer, Devnet } from './devnet.ts';
import type { DevnetNode } from './devnet-node.ts';
import type { Link } from './link.ts';
import { COMMAND, TAB } from './network-state.ts';
import { statusOf } from './report.ts';
import { parseSpec } from './state-file.ts';

/** In the devnet's directory: the port, and who may call. */
export const CONTROL_PORT = 'control.port';
export const CONTROL_COOKIE = 'control.cookie';

export async function serveControl(
  devnet: Devnet,
  { port, directory, clock }: { readonly port: number; readonly directory: string; readonly clock: Clock },
): Promise<ControlServer> {
  const logger = { log: () => {} };
  const dispatcher = new Dispatcher(controlRegistry(devnet), { clock, logger });
  // Its methods ask the devnet; there is no node behind them.
  dispatcher.attach({} as RpcContext);
  const cookieFile = join(directory, CONTROL_COOKIE);
  // Who only asks which methods there are loads no node.
  const { onLoopback, serveRpc } = await import('../create-node.ts');
  const options = { server: onLoopback(port), cookieFile, user: null, rpcAuth: [] };
  const endpoint = await serveRpc(options, dispatcher, null, logger, {
    isDevnet: true,
    tab: () => tabNetwork(devnet),
  });
  const portFile = join(directory, CONTROL_PORT);
  writeFileSync(portFile, String(endpoint.port), { mode: 0o600 });
  return {
    pageLink: endpoint.pageLink,
    stop: async () => {
      await endpoint.stop();
      await rm(portFile, { force: true });
    },
  };
}

/** For one node more, in a tab of the page, which has links like the others. */
async function tabNetwork(devnet: Devnet): Promise<TabNetwork | null> {
  const asked = devnet.nodes.find(({ isReady }) => isReady);
  if (asked === undefined) return null;
  const peers = await devnet.wiring.forTab();
  // All devnets have one genesis block: what a tab has kept of one must not become another's longest chain.
  const run = await asked.rpc.getblockhash(1).catch(() => '');
  return {
    network: networkNamed(devnet.parameters),
    peers,
    onlyPeers: true,
    store: `devnet-${run.slice(-16)}`,
  };
}

const node = t.string('Its name or number; tab is a node in a tab of the page, in links');
const a = node;
const b = node;
const links = t.array(
  t.object({
    between: t.array(t.string('Names')),
    delay: t.optional(t.integer('Milliseconds one way')),
    drop: t.optional(t.array(t.string('Commands of messages that are lost'))),
    cut: t.optional(t.boolean()),
  }),
);

/** Whatever is said wrongly of nodes and links is the caller's mistake. */
function asked<T>(devnet: Devnet, run: () => T): T {
  try {
    devnet.requireCalm();
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw refuse.parameter(error.message);
    throw error;
  }
}

function commandFrom(value: JsonRead): string {
  const command = stringFrom(value);
  if (!COMMAND.test(command)) throw refuse.parameter(`${command} is no command of a message`);
  return command;
}

/** Without a devnet it only says which methods there are. */
export function controlRegistry(devnet = undefined as unknown as Devnet): Registry {
  const nodeOf = (name: string): DevnetNode => asked(devnet, () => devnet.node(name));
  const nameOf = (name: string): string => (name === TAB ? TAB : nodeOf(name).plan.name);
  const linkOf = (one: string, other: string): Link => {
    if (nameOf(one) === nameOf(other)) throw refuse.parameter('A node is not linked to itself');
    const link = devnet.wiring.find(nameOf(one), nameOf(other));
    if (link === undefined) throw refuse.parameter(`${one} and ${other} are not linked`);
    return link;
  };
  return group('Control', {
    help: controlMethods.help,

    list: method({
      help: 'The nodes, and how they are linked.',
      result: t.object({
        network: t.integer(
          '1, and one more whenever another was imported: what was known of its nodes is void then',
        ),
        nodes: t.array(
          t.object({
            name: t.string(),
            number: t.integer(),
            state: t.string('running, starting, no answer or down'),
            url: t.string('Of its RPC'),
            cookie: t.string('File of its password'),
            height: t.integer(),
            tip: t.string(),
            peers: t.integer(),
            mempool: t.integer('Transactions'),
            wallets: t.array(t.string()),
          }),
        ),
        links,
      }),
      async handler() {
        const nodes = await Promise.all(
          devnet.nodes.map(async (each) => {
            const { state, height, tip, peers, mempool } = await statusOf(each);
            const { name, number } = each.plan;
            return {
              ...{ name, number, state: state ?? 'running', url: each.url, cookie: each.cookieFile },
              ...{ height, tip, peers, mempool, wallets: each.wallets },
            };
          }),
        );
        return { network: devnet.number, nodes, links: devnet.wiring.states };
      },
    }),

    passwords: method({
      help: 'What a page needs to call the nodes that run: their passwords, which a restart renews.',
      result: t.array(t.object({ name: t.string(), url: t.string(), password: t.string('user:password') })),
      handler: () =>
        devnet.nodes
          .filter(({ isReady }) => isReady)
          .map(({ plan: { name }, url, cookieFile }) => ({
            name,
            url,
            password: readFileSync(cookieFile, 'utf8'),
          })),
    }),

    stop: method({
      help: 'Stops a node, until it is started again. Answers when it has ended.',
      parameters: { node },
      example: 'node2',
      handler: ({ node: name }) => devnet.stopNode(nodeOf(name)),
    }),

    start: method({
      help: 'Starts a node that is down. Answers when it does.',
      parameters: { node },
      example: 'node2',
      handler: ({ node: name }) => devnet.startNode(nodeOf(name)),
    }),

    restart: method({
      help: 'Stops a node and starts it again.',
      parameters: { node },
      example: 'node2',
      async handler({ node: name }) {
        const found = nodeOf(name);
        await devnet.stopNode(found);
        await devnet.startNode(found);
      },
    }),

    add: method({
      help: 'One more node, linked to all others.',
      parameters: { name: t.optional(t.string('Letters a-z, digits and hyphens'), 'node and its number') },
      result: t.string('Its name'),
      async handler({ name }) {
        asked(devnet, () => {});
        try {
          return (await devnet.addNode(name)).plan.name;
        } catch (error) {
          throw error instanceof RangeError ? refuse.parameter(error.message) : error;
        }
      },
    }),

    cut: method({
      help: 'Cuts the link between two nodes.',
      parameters: { a, b },
      example: 'node1 node2',
      async handler(pair) {
        const link = linkOf(pair.a, pair.b);
        await devnet.wiring.switch(true, (each) => each === link);
      },
    }),

    heal: method({
      help: 'Mends the link between two nodes, or without names all.',
      parameters: { a: t.optional(a), b: t.optional(b) },
      result: t.integer('Links that were mended'),
      example: 'node1 node2',
      handler(pair) {
        asked(devnet, () => {});
        if ((pair.a === undefined) !== (pair.b === undefined)) throw refuse.parameter('Two nodes, or none');
        const link = pair.a === undefined ? undefined : linkOf(pair.a, pair.b!);
        return devnet.wiring.switch(false, (each) => link === undefined || each === link);
      },
    }),

    partition: method({
      help: 'Cuts all links between nodes of different groups; nodes that are in none are one group more.',
      parameters: { groups: t.array(t.array(node)) },
      result: t.integer('Links that were cut'),
      example: `'[["node1"],["node2","node3"]]'`,
      handler({ groups }) {
        const grouped = groups.map((names) => names.map(nameOf));
        for (const [i, name] of grouped.flat().entries())
          if (grouped.flat().indexOf(name) < i) throw refuse.parameter(`${name} is in two groups`);
        const groupOf = (name: string): number => grouped.findIndex((names) => names.includes(name));
        return devnet.wiring.switch(true, ({ between: [one, other] }) => groupOf(one) !== groupOf(other));
      },
    }),

    link: method({
      help: 'Joins two nodes, or says how slow and lossy their link is from now on. It is not cut then.',
      parameters: {
        a,
        b,
        delay: t.standard(t.integer('Milliseconds one way, 3,600,000 at most'), 0),
        drop: t.standard(
          t.array(
            t.custom<string, string>(t.string(), commandFrom, { json: 'string' }),
            'Commands of messages that are lost, such as tx or cmpctblock',
          ),
          [],
        ),
      },
      example: `node1 node2 500 '["tx"]'`,
      async handler({ a: one, b: other, delay, drop }) {
        if (nameOf(one) === nameOf(other)) throw refuse.parameter('A node is not linked to itself');
        if (delay < 0 || delay > 3_600_000) throw refuse.parameter('A delay is 0 to 3600000 ms');
        const settings = { ...(delay > 0 && { delay }), ...(drop.length > 0 && { drop }) };
        if ([one, other].includes(TAB)) linkOf(one, other).set(settings);
        else await devnet.wiring.set(nodeOf(one), nodeOf(other), settings);
      },
    }),

    faucet: method({
      help: 'Pays coins out of nowhere. Blocks are mined where there are not enough yet.',
      parameters: { address: t.string(), coins: t.number(), node: t.optional(node, 'the first that runs') },
      result: t.hex('txid'),
      example: 'ADDRESS 1.5',
      handler({ address, coins, node: name }) {
        const payer = name === undefined ? devnet.nodes.find(({ isReady }) => isReady) : nodeOf(name);
        if (payer === undefined || !payer.isReady) throw refuse.misc('That node does not run');
        if (!(coins > 0 && coins <= 21_000_000)) throw refuse.parameter('Invalid amount');
        return asked(devnet, () => devnet.faucet(payer, address, coins));
      },
    }),

    export: method({
      help: 'The whole network in one object, for import: blocks, branches, mempools, wallets, links. Nodes that are down are left out.',
      result: t.anything(),
      handler: () => asked(devnet, () => devnet.export()) as never,
    }),

    import: method({
      help: 'Stops this network and starts the one that export wrote, or a file describes, in its place. Answers when that goes on; where it cannot, what was there comes back.',
      parameters: { network: t.anything('What export answers') },
      async handler({ network }) {
        asked(devnet, () => {});
        try {
          await devnet.import(parseSpec(JSON.parse(writeJson(network))));
        } catch (error) {
          const { message } = error as Error;
          throw error instanceof NetworkFileError ? refuse.parameter(message) : refuse.misc(message);
        }
      },
    }),
  }) as Registry;
}
