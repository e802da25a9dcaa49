/** A short run of what `npm run test:crash` does at length. */
import { expect, test } from 'vitest';
import { runWalletCrashes } from './support/wallet-crashes.ts';

test('whenever the node is killed, what a wallet said it paid is paid, and once', async () => {
  expect((await runWalletCrashes(4, 7)).paid).toBeGreaterThan(4);
});
