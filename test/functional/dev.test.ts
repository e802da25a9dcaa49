/** A chain in one's hands on real processes: `penny dev`, and snapshots that outlive a kill. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { penny, TestNode } from './support/node-process.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.create();
  await node.start('-txindex');
});
afterAll(() => node.remove());

/** The answer to `penny dev METHOD ...`, read as JSON where it is some. */
async function dev(...words: readonly string[]): Promise<unknown> {
  const { code, output, errors } = await penny('dev', ...node.words, ...words);
  if (code !== 0) throw new Error(errors);
  try {
    return JSON.parse(output);
  } catch {
    return output.trim();
  }
}

test('a payment, a reorganisation, and back, over a kill', async () => {
  const { rpc } = node;
  await rpc.createwallet('w');
  await dev('-rpcwallet=w', 'fundwallet', '25');
  await dev('mine', '5', '600');
  const seen = async () => [
    await rpc.gettxoutsetinfo('muhash').then(({ muhash }) => muhash),
    await rpc.getbestblockhash(),
    await rpc.getbalances(),
    await rpc.listtransactions('*', 100),
  ];
  const before = await seen();
  expect(await dev('snapshot', 'funded')).toMatchObject({ name: 'funded', height: 107 });
  await dev('setfees', '20');
  const txid = await rpc.sendtoaddress(await rpc.getnewaddress(), 1);
  await dev('mine', '3');
  await dev('reorganise', '3', '4', 'drop');
  await dev('setmocktime', '1').then(
    () => expect.unreachable(),
    (error: Error) => expect(error.message).toContain('none of the methods that penny dev lists'),
  );
  await node.stop('SIGKILL');
  await node.start('-txindex');
  await rpc.loadwallet('w').catch(() => undefined);
  expect(await dev('listsnapshots')).toMatchObject([{ name: 'funded' }]);
  await dev('revert', 'funded');
  expect(await seen()).toEqual(before);
  await expect(rpc.getrawtransaction(String(txid))).rejects.toThrow(
    'No such mempool or blockchain transaction',
  );
  await node.stop();
  await node.start('-txindex');
  expect(await rpc.getbestblockhash()).toBe(before[1]);
});
