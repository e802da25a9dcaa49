/** Events by the typed client: what compiles, and what comes from a real server. */
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import type { EventOf } from '../../src/client/events.ts';
import { ADDRESS, type EventNode, startEventNode } from '../support/event-node.ts';

let node: EventNode;
beforeAll(async () => {
  node = await startEventNode();
});
afterAll(() => node.stop());

/** The first events of a subscription. */
async function take<T>(events: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const event of events) if (taken.push(event) === count) break;
  return taken;
}

test('events are typed by topic', () => {
  const { client } = node;
  const chain = () => client.subscribe({ topics: ['chain'] });
  expectTypeOf<EventOf<'chain', false>['type']>().toEqualTypeOf<'connected' | 'disconnected'>();
  expectTypeOf(chain).returns.toEqualTypeOf<AsyncGenerator<EventOf<'chain', false>, void, undefined>>();
  // @ts-expect-error no such topic
  const never = () => client.subscribe({ topics: ['blocks'] });
  expect(never).toBeTypeOf('function');
});

test('blocks are told from a block on, and as they come', async () => {
  const { client } = node;
  const genesis = await client.getblockhash(0);
  const hashes = await client.generatetoaddress(3, ADDRESS);
  const events = client.subscribe({ topics: ['chain'], from: { block: genesis } });
  const first = await take(events, 3);
  expect(first.map(({ type, block }) => [type, block.hash])).toEqual(
    hashes.map((hash) => ['connected', hash]),
  );
});
