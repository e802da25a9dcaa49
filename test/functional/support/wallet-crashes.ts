/** Two wallets that pay each other on a node that is killed again and again; every payment is asked for until it is known. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { seededRandom } from '../../support/wallets.ts';
import { TestNode, until } from './node-process.ts';

/** One that is to be made exactly once. */
interface Payment {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly address: string;
  /** In coins of eight decimals: no two are alike. */
  readonly amount: string;
  /** The wallet's answer, if one came. */
  txid?: string;
}

const OPTIONS = ['-fallbackfee=0.00001'];
const NOWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
/** Payments that are answered after a start before the kill, and milliseconds more, at most. */
const MOST_ANSWERS = 6;
const LONGEST = 60;

/** @returns how many payments were made, and how many of them no answer had come to */
export async function runWalletCrashes(
  kills: number,
  seed: number,
): Promise<{ readonly paid: number; readonly unanswered: number }> {
  const random = seededRandom(seed);
  const node = await TestNode.create();
  const wallet = (name: string) => node.rpc.wallet(name);
  const payments: Payment[] = [];
  let unanswered = 0;
  let answers = 0;

  /** Until the node is gone. */
  const payOn = async (from: string, to: string): Promise<void> => {
    try {
      for (;;) {
        const address = await wallet(to).getnewaddress();
        const amount = (0.01 + payments.length * 1e-8).toFixed(8);
        const payment = { id: `payment ${payments.length}`, from, to, amount, address };
        payments.push(payment);
        await pay(payment);
      }
    } catch {
      // Killed in the middle of it.
    }
  };
  const pay = async (payment: Payment): Promise<void> => {
    const { address, amount, id } = payment;
    payment.txid = await wallet(payment.from).sendtoaddress(address, amount, id);
    answers++;
  };

  /** What was answered is known; what was not is looked for, and made again only if it is not there. */
  const check = async (): Promise<void> => {
    for (const from of ['alice', 'bob']) {
      const rows = await wallet(from).listtransactions('*', 100_000);
      const live = new Map(
        rows.filter((row) => row.category === 'send' && !row.abandoned).map((row) => [row.comment, row]),
      );
      const pool = new Set(await node.rpc.getrawmempool());
      for (const payment of payments.filter((one) => one.from === from)) {
        const row = live.get(payment.id);
        if (payment.txid === undefined) {
          unanswered++;
          if (row === undefined) await pay(payment);
          else payment.txid = row.txid;
        } else expect(row?.txid, payment.id).toBe(payment.txid);
        if (row !== undefined) expect(row.confirmations > 0 || pool.has(row.txid), payment.id).toBe(true);
      }
    }
  };

  try {
    await node.start(...OPTIONS);
    for (const name of ['alice', 'bob']) {
      await node.rpc.createwallet({ wallet_name: name, load_on_startup: true });
      await node.rpc.generatetoaddress(4, await wallet(name).getnewaddress());
    }
    await node.rpc.generatetoaddress(100, NOWHERE);
    for (let kill = 0; kill < kills; kill++) {
      const work = [payOn('alice', 'bob'), payOn('alice', 'bob'), payOn('bob', 'alice')];
      if (random.below(2) === 0)
        work.push(
          node.rpc.generatetoaddress(1, NOWHERE).then(
            () => undefined,
            () => undefined,
          ),
        );
      const enough = answers + random.below(MOST_ANSWERS);
      await until('payments are answered', async () => answers >= enough);
      await delay(random.below(LONGEST));
      await node.stop('SIGKILL');
      await Promise.all(work);
      await node.start(...OPTIONS);
      await check();
      await node.rpc.generatetoaddress(1, NOWHERE);
    }
    for (const { to, address, amount, id } of payments)
      expect((await wallet(to).getreceivedbyaddress(address)).toFixed(8), id).toBe(amount);
    return { paid: payments.length, unanswered };
  } finally {
    await node.remove();
  }
}
