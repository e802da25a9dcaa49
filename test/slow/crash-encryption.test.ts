/** A node that is killed again and again while it encrypts a wallet. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { TestNode } from '../functional/support/node-process.ts';
import { holders, secretsOf } from '../functional/support/secrets.ts';

it('killed at any moment of it, a wallet is plain or encrypted, and has all its keys', async () => {
  const node = await TestNode.create();
  onTestFinished(() => node.remove());
  await node.start();
  for (let wait = 0; wait < 30; wait++) {
    const name = `w${wait}`;
    await node.rpc.createwallet(name, false, false, null, false, true, true);
    const secrets = await secretsOf(node, name);
    const encrypting = node.rpc
      .wallet(name)
      .call('encryptwallet', 'p')
      .catch(() => {});
    // Before scrypt is done, while the store is written, and after.
    await delay(wait * 60);
    await node.stop('SIGKILL');
    await encrypting;
    await node.start();
    const info = (await node.rpc.wallet(name).call('getwalletinfo')) as { unlocked_until?: number };
    if (info.unlocked_until !== undefined) {
      expect(holders(node, secrets)).toEqual([]);
      await node.rpc.wallet(name).call('walletpassphrase', 'p', 60);
    }
    expect((await secretsOf(node, name))[0]).toEqual(secrets[0]);
    await node.rpc.unloadwallet(name, false);
  }
});
