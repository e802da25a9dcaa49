/** What a devnet's file may say, and how it is told what is wrong with it. */
import { expect, test } from 'vitest';
import { NetworkFileError } from '../../../../src/core/parameters/network-file-error.ts';
import { parseSpec } from '../../../../src/platform/node/devnet/state-file.ts';

const nodes = [{ name: 'a', wallets: { till: 1.5 } }, { name: 'b' }, { name: 'c' }];

test('what is left out has its usual value', () => {
  const spec = parseSpec({ nodes });
  expect(spec).toMatchObject({
    parameters: undefined,
    time: undefined,
    blockTime: 0,
    paymentsPerMinute: 0,
    blocks: [],
  });
  expect(spec.nodes[1]).toEqual({ name: 'b', wallets: {}, tips: [], mempool: [], backups: {} });
  expect(spec.links.map(({ between }) => between.join(''))).toEqual(['ab', 'ac', 'bc']);
});

test('links are pairs, or say more', () => {
  const { links } = parseSpec({
    nodes,
    links: [['a', 'b'], { between: ['b', 'c'], delay: 20, drop: ['tx'], cut: true }],
  });
  expect(links).toEqual([
    { between: ['a', 'b'] },
    { between: ['b', 'c'], delay: 20, drop: ['tx'], cut: true },
  ]);
});

const wrong: readonly (readonly [unknown, string])[] = [
  [[], 'devnet file: must be an object'],
  [{}, 'nodes: is missing'],
  [{ nodes: [] }, 'nodes: must be 1 to 20'],
  [
    { nodes: [{ name: 'A' }] },
    'nodes[0].name: must be a name of up to 32 letters a-z, digits and hyphens, and not tab',
  ],
  [
    { nodes: [{ name: 'tab' }] },
    'nodes[0].name: must be a name of up to 32 letters a-z, digits and hyphens, and not tab',
  ],
  [{ nodes: [{ name: 'a' }, { name: 'a' }] }, "nodes[1].name: is that of another node, 'a'"],
  [{ nodes: [{ name: 'a', walets: {} }] }, 'nodes[0].walets: is not a field of a devnet file'],
  [{ nodes: [{ name: 'a', wallets: [1] }] }, 'nodes[0].wallets: must be an object'],
  ...[-1, '1', 1e9, 0.123456789, null].map((coins): [unknown, string] => [
    { nodes: [{ name: 'a', wallets: { w: coins } }] },
    'nodes[0].wallets.w: must be an amount of 0 to 21000000 coins, of eight decimals at most',
  ]),
  [{ nodes, links: [['a']] }, 'links[0]: must name two of the nodes'],
  [{ nodes, links: [['a', 'a']] }, 'links[0]: must name two of the nodes'],
  [{ nodes, links: [{ between: ['a', 'x'] }] }, 'links[0].between: must name two of the nodes'],
  [
    { nodes, links: [{ between: ['a', 'b'], delay: -1 }] },
    'links[0].delay: must be a whole number from 0 to 3600000',
  ],
  [{ nodes, links: [{ between: ['a', 'b'], drop: ['A b'] }] }, 'links[0].drop[0]: must be a command'],
  [{ nodes, links: [{ between: ['a', 'b'], cut: 1 }] }, 'links[0].cut: must be true or false'],
  [{ nodes, blockTime: 'x' }, 'blockTime: must be a whole number from 0 to 3600'],
  [{ nodes, network: 'main' }, "network: must be 'regtest' or a network file"],
  [{ nodes, network: { name: 'x' } }, 'magic: is missing'],
  [{ nodes, blocks: ['zz'] }, 'blocks[0]: must be a block in lower-case hex'],
  [{ nodes: [{ name: 'a', backups: { w: '%' } }] }, 'nodes[0].backups.w: must be a backup in base64'],
];

test.each(wrong)('what is wrong is named: %j', (json, message) => {
  expect(() => parseSpec(json)).toThrow(
    new NetworkFileError(...(message.split(/: (.*)/, 2) as [string, string])),
  );
});
