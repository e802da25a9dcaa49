import { beforeEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../../src/platform/node/clock.ts';
import type { RpcContext } from '../../src/rpc/context.ts';
import { type Caller, Dispatcher } from '../../src/rpc/dispatcher.ts';
import { refuse } from '../../src/rpc/errors.ts';
import { LIMITS } from '../../src/rpc/limits.ts';
import { createTestDispatcher, type LoggedLine } from '../support/rpc.ts';

let dispatcher: Dispatcher;
let lines: LoggedLine[];

beforeEach(() => {
  ({ dispatcher, lines } = createTestDispatcher());
});

const caller = (): Caller => ({ path: '/', user: 'me', signal: new AbortController().signal });

async function send(body: unknown, more: Partial<Caller> = {}): Promise<[number, unknown]> {
  const text = typeof body === 'string' || body === null ? body : JSON.stringify(body);
  const { status, body: answer } = await dispatcher.handle(text, { ...caller(), ...more });
  return [status, answer === '' ? '' : JSON.parse(answer)];
}

async function call(method: string, params?: unknown): Promise<unknown> {
  const [, answer] = (await send({ jsonrpc: '2.0', id: 1, method, params })) as [
    number,
    { result?: unknown; error?: unknown },
  ];
  return answer.error ?? answer.result;
}

describe('JSON-RPC 1.x', () => {
  test('answers with result, error and id, always', async () => {
    expect(await send({ method: 'sum', params: [1], id: 'x' })).toEqual([
      200,
      { result: 11, error: null, id: 'x' },
    ]);
    expect(await send({ jsonrpc: '1.0', method: 'sum', params: [1, 2], id: null })).toEqual([
      200,
      { result: 3, error: null, id: null },
    ]);
    expect(await send({ method: 'sum', params: [1] })).toEqual([200, { result: 11, error: null }]);
  });

  test('tells failures by the HTTP status as well', async () => {
    const failed = (status: number, code: number, message: string) => [
      status,
      { result: null, error: { code, message }, id: 1 },
    ];
    expect(await send({ method: 'nothing', id: 1 })).toEqual(failed(404, -32601, 'Method not found'));
    expect(await send({ method: 'refuse', id: 1 })).toEqual(failed(500, -8, 'refused'));
    expect(await send({ id: 1 })).toEqual(failed(400, -32600, 'Missing method'));
    expect(await send({ method: 5, id: 1 })).toEqual(failed(400, -32600, 'Method must be a string'));
    expect(await send({ method: 'sum', params: 'x', id: 1 })).toEqual(
      failed(400, -32600, 'Params must be an array or object'),
    );
    expect(await send({ jsonrpc: 2, method: 'sum', id: 1 })).toEqual(
      failed(400, -32600, 'jsonrpc field must be a string'),
    );
    expect(await send({ jsonrpc: '3.0', method: 'sum', id: 1 })).toEqual(
      failed(400, -32600, 'JSON-RPC version not supported'),
    );
  });

  test('repeats an id of any type, to the last digit', async () => {
    const body = '{"method":"sum","params":[1],"id":{"deep":[1.10,123456789012345678901]}}';
    const answer = await dispatcher.handle(body, {
      path: '/',
      user: '',
      signal: new AbortController().signal,
    });
    expect(answer.body).toBe('{"result":11,"error":null,"id":{"deep":[1.10,123456789012345678901]}}\n');
  });
});

describe('JSON-RPC 2.0', () => {
  test('answers with result or error, never both, and status 200', async () => {
    expect(await send({ jsonrpc: '2.0', method: 'sum', params: { a: 1 }, id: 7 })).toEqual([
      200,
      { jsonrpc: '2.0', result: 11, id: 7 },
    ]);
    expect(await send({ jsonrpc: '2.0', method: 'nothing', id: 7 })).toEqual([
      200,
      { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: 7 },
    ]);
  });

  test('a notification is run and not answered, whatever comes of it', async () => {
    expect(await send({ jsonrpc: '2.0', method: 'sum', params: [1] })).toEqual([204, '']);
    expect(await send({ jsonrpc: '2.0', method: 'nothing' })).toEqual([204, '']);
    expect((await send({ jsonrpc: '2.0', method: 'sum', params: [1], id: null }))[0]).toBe(200);
  });

  test('a request that is none is an HTTP error even so', async () => {
    expect(await send({ jsonrpc: '2.0', id: 7 })).toEqual([
      400,
      { jsonrpc: '2.0', error: { code: -32600, message: 'Missing method' }, id: 7 },
    ]);
  });
});

test('what is no JSON, or no request, is a parse error', async () => {
  const parseError = (message: string) => [500, { result: null, error: { code: -32700, message }, id: null }];
  for (const body of ['', 'this is bad', '{', null])
    expect(await send(body)).toEqual(parseError('Parse error'));
  for (const body of ['5', '"x"', 'null'])
    expect(await send(body)).toEqual(parseError('Top-level object parse error'));
});

describe('batches', () => {
  test('are answered with 200 and each member in its own dialect', async () => {
    const batch = [
      { method: 'sum', params: [1], id: 1 },
      { jsonrpc: '2.0', method: 'sum', params: [2], id: 2 },
      { jsonrpc: '2.0', method: 'sum', params: [3] },
      { method: 'nothing', id: 4 },
      { invalid: true, id: 5 },
      6,
    ];
    expect(await send(batch)).toEqual([
      200,
      [
        { result: 11, error: null, id: 1 },
        { jsonrpc: '2.0', result: 12, id: 2 },
        { result: null, error: { code: -32601, message: 'Method not found' }, id: 4 },
        { result: null, error: { code: -32600, message: 'Missing method' }, id: 5 },
        { result: null, error: { code: -32600, message: 'Invalid Request object' }, id: null },
      ],
    ]);
  });

  test('let others have their turn', async () => {
    const batch = Array.from({ length: 20_000 }, () => ({ method: 'sum', params: [1], id: 1 }));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await send(batch);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  test('are bounded: one call more than that is refused whole, and the most are told in pieces', async () => {
    const many = (count: number) => `[${'1,'.repeat(count - 1)}1]`;
    const refusal = { code: -7, message: `A batch has at most ${LIMITS.batch} calls` };
    expect(await send(many(LIMITS.batch + 1))).toEqual([500, { result: null, error: refusal, id: null }]);
    const { status, pieces } = await dispatcher.handle(many(20_000), caller());
    expect(status).toBe(200);
    const longest = Math.max(...pieces.map(({ length }) => length));
    expect(longest).toBeLessThan(2 * LIMITS.piece);
    expect(JSON.parse(pieces.join(''))).toHaveLength(20_000);
  });

  test('that are long are read whole before the first call, and answered in order', async () => {
    const members = Array.from({ length: 5_000 }, (_, id) => ({ method: 'sum', params: [id], id }));
    const text = JSON.stringify(members);
    expect(text.length).toBeGreaterThan(2 * LIMITS.piece);
    const answers = members.map(({ id }) => ({ result: 10 + id, error: null, id }));
    expect(await send(text)).toEqual([200, answers]);
    const called = () => lines.filter(({ message }) => message.includes('method=sum')).length;
    const before = called();
    expect(await send(`${text.slice(0, -1)},{]`)).toMatchObject([500, { error: { message: 'Parse error' } }]);
    const allowed = new Set(['sum']);
    for (const forbidden of [
      [...members, { method: 'stop' }],
      [{ method: 'stop' }, ...members],
    ])
      expect(await send(forbidden, { allowed })).toEqual([403, '']);
    expect(called()).toBe(before);
    const silent = members.map((member) => ({ jsonrpc: '2.0', ...member, id: undefined }));
    expect(await send(silent)).toEqual([204, '']);
    expect(called()).toBe(before + members.length);
  });

  test('empty: an empty array; notifications only: nothing', async () => {
    expect(await send([])).toEqual([200, []]);
    expect(await send([{ jsonrpc: '2.0', method: 'sum', params: [1] }])).toEqual([204, '']);
  });
});

test('nothing runs while the node warms up', async () => {
  ({ dispatcher } = createTestDispatcher({ attach: false }));
  dispatcher.setWarmUpStatus('Loading block index…');
  expect(await send({ method: 'uptime', id: 1 })).toEqual([
    500,
    { result: null, error: { code: -28, message: 'Loading block index…' }, id: 1 },
  ]);
  expect((await send({ method: 'nothing', id: 1 }))[1]).toMatchObject({ error: { code: -28 } });
});

describe('parameters', () => {
  test('too few or too many: the help text, with -1', async () => {
    for (const params of [[], [1, 2, 3]])
      expect(await call('sum', params)).toMatchObject({
        code: -1,
        message: expect.stringMatching(/^sum a \( b \)\n\nFor tests/),
      });
  });

  test('of the wrong type: all of them are named, with -3', async () => {
    expect(await call('sum', ['1', true])).toEqual({
      code: -3,
      message:
        'Wrong type passed:\n{\n' +
        '    "Position 1 (a)": "JSON value of type string is not of expected type number",\n' +
        '    "Position 2 (b|second)": "JSON value of type bool is not of expected type number"\n}',
    });
    expect(await call('sum', [null])).toMatchObject({ code: -3 });
    expect(await call('sum', [1, null])).toBe(11);
    expect(await call('sum', [1.5])).toEqual({ code: -1, message: 'JSON integer out of range' });
  });

  test('by name or alias, with holes', async () => {
    expect(await call('sum', { second: 1, a: 2 })).toBe(3);
    expect(await call('options', { amount: '0.5' })).toEqual({ amount: 50_000_000 });
    expect(await call('sum', { b: 2 })).toMatchObject({ code: -3 });
  });

  test('unknown, doubled or contradictory names are refused with -8', async () => {
    expect(await call('sum', { a: 1, c: 2 })).toEqual({ code: -8, message: 'Unknown named parameter c' });
    const [, doubled] = await send('{"method":"sum","params":{"a":1,"a":2},"id":1}');
    expect(doubled).toMatchObject({ error: { code: -8, message: 'Parameter a specified multiple times' } });
    // Nobody reads on behind a thousand.
    const many = Array.from({ length: 1_000 }, (_, i) => `"${i}":1`).join();
    const [, first] = await send(`{"method":"sum","params":{${many},"0":2},"id":1}`);
    expect(first).toMatchObject({ error: { code: -8, message: 'Unknown named parameter 0' } });
    expect(await call('options', { options: {}, fast: true })).toEqual({
      code: -8,
      message: 'Parameter options conflicts with parameter fast',
    });
    expect(await call('sum', { args: [1], a: 1 })).toEqual({
      code: -8,
      message: 'Parameter a specified twice both as positional and named argument',
    });
  });

  test('args gives the leading ones by position', async () => {
    expect(await call('sum', { args: [1], b: 5 })).toBe(6);
    expect(await call('sum', { args: [1, 2] })).toBe(3);
    expect(await call('sum', { args: 1 })).toMatchObject({ code: -1 });
  });

  test('fields of options may be given as parameters of the method', async () => {
    expect(await call('options', { fast: true, d: 3 })).toEqual({ chosen: { fast: true, depth: 3 } });
    expect(await call('options', { first: 'x', depth: 3 })).toEqual({ first: 'x', chosen: { depth: 3 } });
  });
});

test('the endpoint names the wallet', async () => {
  const named = async (path: string) =>
    ((await send({ method: 'walletname', id: 1 }, { path }))[1] as { result: unknown }).result;
  expect(await named('/')).toBeNull();
  expect(await named('/wallet/')).toBe('');
  expect(await named('/wallet/a%20b/c')).toBe('a b/c');
  expect(await named('/wallet/%')).toBe('%');
});

test('a bug answers -1 and is logged', async () => {
  expect(await call('broken')).toEqual({ code: -1, message: 'a bug' });
  expect(lines).toContainEqual({ level: 'error', message: 'broken failed' });
  await call('refuse');
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('a user with a whitelist may call only what is on it', async () => {
  const allowed = new Set(['sum']);
  expect((await send({ method: 'sum', params: [1], id: 1 }, { allowed }))[0]).toBe(200);
  expect(await send({ method: 'uptime', id: 1 }, { allowed })).toEqual([403, '']);
  expect(await send([{ method: 'sum', params: [1] }, { method: 'uptime' }], { allowed })).toEqual([403, '']);
});

test('getrpcinfo shows what is running', async () => {
  const stopping = new AbortController();
  const waiting = send({ method: 'wait', id: 1 }, { signal: stopping.signal });
  const { active_commands, logpath } = (await call('getrpcinfo')) as {
    active_commands: { method: string; duration: number }[];
    logpath: string;
  };
  expect(active_commands.map(({ method }) => method)).toEqual(['wait', 'getrpcinfo']);
  expect(active_commands.every(({ duration }) => Number.isInteger(duration))).toBe(true);
  expect(logpath).toBe('/log');
  stopping.abort();
  expect((await waiting)[1]).toMatchObject({ result: 'stopped' });
  expect(dispatcher.activeCalls()).toEqual([]);
});

test('help lists methods by category, and hides the hidden', async () => {
  const text = (await call('help')) as string;
  expect(text).toMatch(
    /^== Control ==\ngetmemoryinfo \( "mode" \)\ngetopenrpcinfo\ngetrpcinfo\nhelp \( "command" \)\nlogging/,
  );
  expect(text).not.toContain('echo');
  expect(await call('help', ['echo'])).toMatch(/^echo \(/);
  expect(await call('help', ['nothing'])).toBe('help: unknown command: nothing');
});

test('methods that are not there yet are loaded when one is called, as often as that fails', async () => {
  const all = dispatcher.registry;
  const { sum } = all;
  let tries = 0;
  const loadMethods = async () => {
    if (++tries === 1) throw refuse.misc('not now');
    return all;
  };
  dispatcher = new Dispatcher(
    { sum: sum! },
    { clock: new SystemClock(), logger: { log: () => {} }, loadMethods },
  );
  dispatcher.attach({} as RpcContext);
  expect([await call('sum', [1]), tries]).toEqual([11, 0]);
  expect(await call('help')).toEqual({ code: -1, message: 'not now' });
  const batch = ['sum', 'echo', 'nothing'].map((method, id) => ({ jsonrpc: '2.0', method, params: [4], id }));
  expect((await send(batch))[1]).toMatchObject([
    { result: 14 },
    { result: [4] },
    { error: { message: 'Method not found' } },
  ]);
  expect(await call('help')).toContain('getrpcinfo');
  expect(tries).toBe(2);
});

test('logging and setmocktime refuse what they do not know', async () => {
  expect(await call('logging', [['nothing']])).toEqual({
    code: -8,
    message: 'unknown logging category nothing',
  });
  expect(await call('logging')).toEqual({ net: false, rpc: false });
  expect(await call('echo', [1, { a: [] }, null])).toEqual([1, { a: [] }, null]);
});
