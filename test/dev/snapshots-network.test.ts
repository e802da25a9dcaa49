import { expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ADDRESS, eachWorld } from './world.ts';

const dev = eachWorld();
const { call, errorOf, pay } = dev;

test('a network taken back as a whole goes on as if nothing had happened: the same payment and blocks are news', async () => {
  const b = await dev.world.start();
  await call('generatetoaddress', 101, ADDRESS);
  await dev.world.pass(10);
  for (const node of dev.world.nodes) await dev.world.call(node, 'snapshot', 's');
  const tip = await call('getbestblockhash');
  for (let round = 0; round < 2; round++) {
    const txid = await pay();
    await dev.world.pass(30);
    expect(await dev.world.call(b, 'getrawmempool')).toEqual([txid]);
    const [block] = await dev.world.call(b, 'generatetoaddress', 1, ADDRESS);
    await dev.world.pass(10);
    expect(await call('getbestblockhash')).toBe(block);
    for (const node of dev.world.nodes) await dev.world.call(node, 'revert');
    await dev.world.pass(60);
    for (const node of dev.world.nodes) {
      expect(await dev.world.call(node, 'getbestblockhash')).toBe(tip);
      expect(await dev.world.call(node, 'getrawmempool')).toEqual([]);
      expect(await dev.world.call(node, 'getconnectioncount')).toBe(1);
    }
  }
});

test('names are unique and plain; the last one is meant where none is given', async () => {
  expect(await call('listsnapshots')).toEqual([]);
  expect(await errorOf('revert')).toEqual({ code: -8, message: 'There is no snapshot' });
  expect(await call('snapshot')).toMatchObject({ name: '1', height: 0 });
  await call('generatetoaddress', 1, ADDRESS);
  await call('snapshot', 'second');
  expect(await errorOf('snapshot', 'second')).toEqual({
    code: -8,
    message: 'There is a snapshot second already',
  });
  expect(await errorOf('snapshot', '../x')).toEqual({
    code: -8,
    message: 'Invalid name of a snapshot: ../x',
  });
  await call('generatetoaddress', 1, ADDRESS);
  expect(await call('revert')).toMatchObject({ name: 'second', height: 1 });
  await call('deletesnapshot', 'second');
  expect(await errorOf('deletesnapshot', 'second')).toEqual({
    code: -8,
    message: 'There is no snapshot second',
  });
  expect(await call('revert')).toMatchObject({ name: '1', height: 0 });
  expect(await call('getblockcount')).toBe(0);
});

test.each(['snapshot', 'revert', 'listsnapshots', 'deletesnapshot'])(
  '%s is refused by name elsewhere',
  async (name) => {
    const node = await dev.world.start({ ...REGTEST, name: 'main', devControl: false });
    const { error } = await dev.world.ask(node, name, ...(name === 'deletesnapshot' ? ['x'] : []));
    expect(error.message).toBe(`${name} is refused on the network main, whose file does not say devControl`);
  },
);
