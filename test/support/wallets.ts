/** Wallets on a real chain and mempool in memory. */

import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { FeeEstimator } from '../../src/mempool/fee-estimator.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { MemoryWalletStorage } from '../../src/platform/memory/memory-wallet-storage.ts';
import type { Random } from '../../src/seams.ts';
import { signWithWallet } from '../../src/wallet/solving.ts';
import { planTransaction } from '../../src/wallet/spend.ts';
import type { SpendRequest } from '../../src/wallet/spend-request.ts';
import type { Wallet } from '../../src/wallet/wallet.ts';
import { WalletManager, type WalletManagerOptions } from '../../src/wallet/wallet-manager.ts';
import { createChainSource } from '../../src/wallet-chain.ts';
import { silentLogger } from './memory-chain.ts';
import { openTestPool, type TestPool } from './pool.ts';

/** A small generator: the same numbers at every run, but not the same number every time. */
export function seededRandom(seed = 1): Random {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
    below: (bound) => next() % bound,
  };
}

export interface TestWallets {
  readonly pool: TestPool;
  readonly storage: MemoryWalletStorage;
  readonly manager: WalletManager;
  /** Another manager over the same stores: what a restart sees. */
  reopen(): Promise<WalletManager>;
  /** Mines to an address of the wallet until `count` coinbases of it are mature. */
  fund(wallet: Wallet, count?: number): Promise<void>;
}

export async function openTestWallets(
  options: WalletManagerOptions = {},
  storage = new MemoryWalletStorage(),
): Promise<TestWallets> {
  const pool = await openTestPool({}, { blocks: 1 });
  const { chain, mempool, clock } = pool;
  const fees = await FeeEstimator.open(chain, mempool, {
    storage: new MemoryStorage(),
    logger: silentLogger,
  });
  const source = createChainSource({ chain, mempool, fees });
  const open = async (): Promise<WalletManager> => {
    const manager = await WalletManager.open(
      { fallbackFee: satPerKvB(10_000n), keypool: 5, ...options },
      { parameters: REGTEST, chain: source, storage, clock, random: seededRandom(), logger: silentLogger },
    );
    await manager.start();
    return manager;
  };
  return {
    pool,
    storage,
    manager: await open(),
    reopen: open,
    async fund(wallet, count = 1) {
      const script = decodeAddress(wallet.newAddress(), REGTEST);
      for (let i = 0; i < count; i++) {
        clock.time += 600_000;
        await pool.miner.mineBlocks(1, script);
      }
      await pool.mine(100);
    },
  };
}

/** Pays from a wallet and sends. */
export function pay(
  wallet: Wallet,
  address: string,
  value: bigint,
  more: Partial<SpendRequest> = {},
): Promise<Transaction> {
  const script = decodeAddress(address, REGTEST);
  return wallet.outbox.inTurn(async () => {
    const plan = planTransaction(wallet, {
      recipients: [{ script, value, subtractFee: false }],
      feeRate: satPerKvB(10_000n),
      ...more,
    });
    const { tx, errors } = await signWithWallet(wallet, plan.tx, plan.spent);
    if (errors.size > 0) throw new Error([...errors.values()].join());
    await wallet.outbox.send(tx);
    return tx;
  });
}
