import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { hash256 } from '../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { METHODS } from '../../src/methods.ts';
import { findMethod } from '../../src/rpc/registry.ts';
import { mismatches } from '../support/result-matches.ts';

let memory: MemoryNode;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  await call('createwallet', 'w');
  await call('generatetoaddress', 101, await call('getnewaddress'));
});
afterAll(() => memory.stop());

// biome-ignore lint/suspicious/noExplicitAny: as JSON has it; its form is checked against the declared one
async function call(method: string, ...parameters: readonly unknown[]): Promise<any> {
  const { result, error } = await memory.call(method, JSON.stringify(parameters));
  if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
  expect(mismatches(result, findMethod(METHODS, method)!.result), method).toEqual([]);
  return result;
}

const pay = async (coins: number): Promise<string> =>
  call('sendtoaddress', await call('getnewaddress'), coins, '', '', false, true, null, 'unset', null, 5);

test('an input is traced in the mempool by policy, in its block by the rules of that, and as hex', async () => {
  const txid = await pay(1);
  const waiting = await call('tracescript', txid);
  expect(waiting.valid).toBe(true);
  expect(waiting.flags).toContain('MINIMALDATA');
  const [{ role, steps }] = waiting.scripts;
  expect([role, steps.map(({ opcode }: { opcode: string }) => opcode).join(' ')]).toEqual([
    'witnessScript',
    'OP_DUP OP_HASH160 OP_PUSHBYTES_20 OP_EQUALVERIFY OP_CHECKSIG',
  ]);
  const { message, hashtype } = steps.at(-1).signatures[0];
  const bytes = Buffer.from(message.fields.map(({ hex }: { hex: string }) => hex).join(''), 'hex');
  expect([hashtype, toHex(hash256(bytes))]).toEqual(['ALL', message.hash]);

  const hex = await call('getrawtransaction', txid);
  expect(await call('tracescript', hex)).toEqual(waiting);
  // The first byte of R, changed; R and S, and so the whole, may be some bytes shorter than most.
  const broken = hex.replace(
    /(024[0-7]30..02(?:20|1.))(..)/,
    (_: string, before: string, r: string) => `${before}${toHex(Uint8Array.of(Number.parseInt(r, 16) ^ 1))}`,
  );
  expect(broken).not.toBe(hex);
  expect((await call('tracescript', broken)).valid).toBe(false);

  const [hash] = await call('generatetoaddress', 1, await call('getnewaddress'));
  const confirmed = await call('tracescript', txid, 0, { blockhash: hash });
  expect([confirmed.valid, confirmed.flags.includes('MINIMALDATA')]).toEqual([true, false]);
  expect(confirmed.scripts).toEqual(waiting.scripts);
  expect((await call('tracescript', txid, 0, { rules: 'policy' })).flags).toEqual(waiting.flags);
});

test('scripts that one types', async () => {
  expect((await call('tracescript', { scriptPubKey: '2 3 OP_ADD 5 OP_EQUAL' })).valid).toBe(true);
  const failed = await call('tracescript', { scriptPubKey: '93', scriptSig: '01' });
  expect(failed).toMatchObject({
    valid: false,
    error: 'BAD_OPCODE',
    reason: 'Opcode missing or not understood',
  });
  const long = { scriptPubKey: '0x0500 OP_ADD 8 OP_EQUAL', scriptSig: '3' };
  expect((await call('tracescript', long)).error).toBe('SCRIPTNUM');
  const mild = await call('tracescript', long, 0, { flags: ['P2SH', 'WITNESS'] });
  expect([mild.valid, mild.flags]).toEqual([true, ['P2SH', 'WITNESS']]);
  await expect(call('tracescript', long, 0, { flags: ['P2SHH'] })).rejects.toThrow(
    '-8 unknown script flag P2SHH',
  );
  await expect(call('tracescript', { scriptPubKey: 'OP_NONE' })).rejects.toThrow('-8 OP_NONE is no opcode');
  const locked = { scriptPubKey: '9 OP_CHECKLOCKTIMEVERIFY', sequence: 0 };
  expect((await call('tracescript', { ...locked, locktime: 9 })).valid).toBe(true);
  expect((await call('tracescript', { ...locked, locktime: 8 })).error).toBe('UNSATISFIED_LOCKTIME');
});

test('a block is traced with what it compares, and the coins that go and come', async () => {
  const txid = await pay(2);
  const [hash] = await call('generatetoaddress', 1, await call('getnewaddress'));
  const traced = await call('traceblock', hash);
  const { previousblockhash, mediantime, time } = await call('getblock', hash);
  expect(traced).toMatchObject({ hash, valid: true, coinsknown: true });
  const find = (rule: string) => traced.checks.find((check: { rule: string }) => check.rule === rule);
  expect(find('time-too-old')).toMatchObject({
    left: { value: time },
    relation: '>',
    right: { value: (await call('getblockheader', previousblockhash)).mediantime },
    passed: true,
  });
  expect(mediantime).toBeGreaterThan(0);
  const [coinbase, payment] = traced.transactions;
  expect(find('bad-cb-amount').left.value).toBe(50 + payment.fee);
  expect([coinbase.spends, payment.txid]).toEqual([[], txid]);
  const sum = (coins: { value: number }[]) => coins.reduce((total, { value }) => total + value, 0);
  expect(sum(payment.spends)).toBeCloseTo(sum(payment.creates) + payment.fee, 8);
});

test.each([
  ['tracescript', ['zz'], '-22 TX decode failed'],
  [
    'tracescript',
    ['00'.repeat(32)],
    '-5 No such mempool or blockchain transaction. Use gettransaction for wallet transactions.',
  ],
  ['tracescript', [{ scriptPubKey: 'OP_NOTHING' }], '-8 OP_NOTHING is no opcode, number or hex'],
  ['tracescript', [{ scriptPubKey: '51' }, 1], '-8 There is no input 1'],
  ['tracescript', [{ scriptPubKey: '51' }, -1], '-1 JSON integer out of range'],
  ['tracescript', [{ scriptPubKey: '51' }, 0, { rules: 'none' }], '-8 Unknown rules none'],
  ['tracescript', [{ script: '51' }], '-3 Missing scriptPubKey'],
  ['traceblock', ['00'.repeat(32)], '-5 Block not found'],
])('%s %j is refused: %s', async (method, parameters, text) => {
  await expect(call(method, ...parameters)).rejects.toThrow(text);
});

test('a coinbase and the genesis block have nothing to trace', async () => {
  const genesis = await call('getblockhash', 0);
  await expect(call('traceblock', genesis)).rejects.toThrow('-8 The genesis block');
  const { tx } = await call('getblock', await call('getblockhash', 1));
  await expect(call('tracescript', tx[0])).rejects.toThrow('-8 A coinbase spends nothing');
});
