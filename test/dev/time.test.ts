import { expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { ADDRESS, eachWorld, START } from './world.ts';

const dev = eachWorld();
const { call } = dev;

/** A payment that waits in the mempool. */
async function pay(): Promise<string> {
  await call('generatetoaddress', 101, ADDRESS);
  return dev.pay();
}

test('time is moved, stopped and let go on, and block times follow', async () => {
  await dev.world.pass(5);
  const { time } = await call('increasetime', 3_600);
  expect(time - START).toBeGreaterThanOrEqual(3_605);
  expect(await call('settime', START + 86_400)).toEqual({ time: START + 86_400, frozen: false });
  expect(await call('freezetime')).toEqual({ time: START + 86_400, frozen: true });
  await dev.world.pass(60);
  expect(await call('increasetime', 1)).toEqual({ time: START + 86_401, frozen: true });
  const [hash] = await call('generatetoaddress', 1, ADDRESS);
  expect((await call('getblockheader', hash)).time).toBe(START + 86_401);
  expect((await call('resumetime')).frozen).toBe(false);
  await dev.world.pass(60);
  expect(await call('settime', START)).toMatchObject({ time: START });
});

test('what is too old goes, and wallets lock, when their time has come', async () => {
  const txid = await pay();
  await call('increasetime', 335 * 3_600);
  expect(await call('getrawmempool')).toEqual([txid]);
  await call('increasetime', 2 * 3_600);
  expect(await call('getrawmempool')).toEqual([]);

  const wallet = { scryptCost: { log2N: 4, r: 1, p: 1 }, keypool: 1 };
  const memory = await MemoryNode.open(REGTEST, 0, { wallet });
  const ask = async (method: string, ...params: readonly unknown[]) =>
    (await memory.call(method, JSON.stringify(params))).result as { unlocked_until: number };
  await ask('createwallet', 'w', false, false, 'secret');
  await ask('walletpassphrase', 'secret', 600);
  await ask('increasetime', 590);
  expect((await ask('getwalletinfo')).unlocked_until).toBeGreaterThan(0);
  await ask('increasetime', 10);
  expect((await ask('getwalletinfo')).unlocked_until).toBe(0);
  await memory.stop();
});

test('as in Core setmocktime leaves upkeep alone, which mockscheduler hastens', async () => {
  const txid = await pay();
  await call('setmocktime', START + 337 * 3_600);
  expect(await call('getrawmempool')).toEqual([txid]);
  await call('mockscheduler', 60);
  expect(await call('getrawmempool')).toEqual([]);
});

test('a leap sends pings and costs no peer; as in Core, setmocktime has them all silent for too long', async () => {
  const b = await dev.world.start();
  await dev.world.pass(5);
  const pings = async () =>
    (await call('getpeerinfo')).map(
      (peer: { bytessent_per_msg: { ping: number } }) => peer.bytessent_per_msg.ping,
    );
  expect(await pings()).toEqual([32]);
  await call('increasetime', 86_400);
  await dev.world.pass(1);
  expect(await pings()).toEqual([64]);
  await call('setmocktime', START + 2 * 86_400 + 60);
  await dev.world.pass(1);
  expect(await pings()).toEqual([]);
  expect((await dev.world.call(b, 'getpeerinfo')).length).toBe(0);
});

test('relay waits while time stands', async () => {
  const b = await dev.world.start();
  await call('generatetoaddress', 101, ADDRESS);
  await dev.world.pass(60);
  await call('freezetime');
  const txid = await dev.pay();
  await dev.world.pass(600);
  expect(await dev.world.call(b, 'getrawmempool')).toEqual([]);
  await call('increasetime', 60);
  await dev.world.pass(5);
  expect(await dev.world.call(b, 'getrawmempool')).toEqual([txid]);
});

test.each(['increasetime', 'settime', 'freezetime', 'resumetime'])(
  '%s is refused by name elsewhere',
  async (name) => {
    const node = await dev.world.start({ ...REGTEST, name: 'main', devControl: MAIN.devControl });
    const params = { increasetime: [1], settime: [1] }[name] ?? [];
    expect((await dev.world.ask(node, name, ...params)).error).toEqual({
      code: -1,
      message: `${name} is refused on the network main, whose file does not say devControl`,
    });
  },
);
