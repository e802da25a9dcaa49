import { expect, test } from 'vitest';
import { startNode } from '../../../src/testing/testing.ts';
import { RULES } from '../../../src/web/stepper/rules.ts';
import { findSubject } from '../../../src/web/stepper/subject.ts';

test('what an input spends is not known, or the node does not answer', async () => {
  const node = await startNode({ wallets: { alice: 1 } });
  const alice = await node.wallet('alice');
  const [coin] = await alice.rpc.listunspent();
  const output = { [await alice.address()]: 0.5 };
  const known = await node.rpc.createrawtransaction([{ txid: coin!.txid, vout: coin!.vout }], [output]);
  const unknown = await node.rpc.createrawtransaction([{ txid: 'ab'.repeat(32), vout: 0 }], [output]);
  const find = (hex: string) => findSubject(RULES, node.rpc, hex, 0, undefined);
  expect((await find(known)).spent).toEqual([expect.objectContaining({ value: 100_000_000n })]);
  await expect(find(unknown)).rejects.toThrow('This node does not know what input 0 spends');
  await node.stop();
  await expect(find(known)).rejects.toThrow('does not run');
});
