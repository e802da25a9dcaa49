/** `npm run test:crash`: a hundred kills -9 while two wallets pay each other. */
import { expect, it } from 'vitest';
import { runWalletCrashes } from '../functional/support/wallet-crashes.ts';

it('forgets no payment and makes none twice over a hundred kills', async () => {
  const { paid, unanswered } = await runWalletCrashes(100, 1);
  console.log(`${paid} payments, of which ${unanswered} were cut off`);
  // A test that only ever killed a node at rest would prove little.
  expect(paid).toBeGreaterThan(250);
  expect(unanswered).toBeGreaterThan(30);
});
