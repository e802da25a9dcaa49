import { describe, expect, test } from 'vitest';
import { hash160 } from '../../src/core/encoding/hashes.ts';
import { OP } from '../../src/core/script/opcodes.ts';
import { pushData, script } from '../../src/core/script/script.ts';
import { multisig, p2sh } from '../../src/core/script/templates.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import { transaction } from '../support/chain-builder.ts';
import { openTestPool, outputAt, P2WSH_TRUE, spend } from '../support/pool.ts';

const p2wsh = (value: bigint) => ({ value, scriptPubKey: P2WSH_TRUE });
const data = (length: number) => ({ value: 0n, scriptPubKey: script(OP.RETURN, new Uint8Array(length)) });

describe('a transaction that is in order', () => {
  test('comes in, with the numbers that policy is about', async () => {
    const pool = await openTestPool();
    const tx = spend([pool.coin()], { fee: 2_000n });
    const result = await pool.accept(tx);
    expect(pool.mempool.get(tx.txid)).toBe(result.entry);
    expect(pool.mempool.graph.getByWtxid(tx.wtxid)).toBe(result.entry);
    expect(result.entry).toMatchObject({ fee: 2_000n, height: 110, spendsCoinbase: true });
    expect(result.entry.virtualSize).toBe(tx.virtualSize);
    expect(result.effectiveFeeRate).toBe((2_000n * 1000n) / BigInt(tx.virtualSize));
    expect([pool.mempool.graph.size, pool.mempool.graph.virtualSize, pool.mempool.graph.fees]).toEqual([
      1,
      tx.virtualSize,
      2_000n,
    ]);
  });

  test('is only judged if that is what was asked', async () => {
    const pool = await openTestPool();
    await pool.accept(spend([pool.coin()]), { testOnly: true });
    expect(pool.mempool.graph.size).toBe(0);
  });

  test('spends outputs of others that wait, and is found by them', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()]);
    const child = spend([outputAt(parent)], { fee: 9_000n });
    await pool.accept(parent);
    const { entry } = await pool.accept(child);
    expect([...pool.mempool.ancestors(entry)].map(({ txid }) => txid)).toEqual([parent.txid]);
    expect(pool.mempool.graph.spender({ txid: parent.txidBytes, vout: 0 })).toBe(entry);
    expect(pool.mempool.chunk(entry).entries.map(({ txid }) => txid)).toEqual([parent.txid, child.txid]);
    expect(pool.mempool.graph.output({ txid: child.txidBytes, vout: 0 })?.output).toBe(child.outputs[0]);
  });
});

describe("reasons are Core's", () => {
  test('for what shows without coins', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    const reason = (options: Parameters<typeof spend>[1]) => pool.reason(spend([coin], options));
    expect(await pool.reason(spend([]))).toBe('bad-txns-vin-empty');
    expect(await pool.reason((await pool.chain.blocks.readBlock(pool.chain.tip)).transactions[0]!)).toBe(
      'coinbase',
    );
    expect(await reason({ version: 0 })).toBe('version');
    expect(await reason({ version: 4 })).toBe('version');
    expect(await reason({ outputs: 2_400 })).toBe('tx-size');
    const scriptSig = script(
      new Uint8Array(520),
      new Uint8Array(520),
      new Uint8Array(520),
      new Uint8Array(90),
    );
    expect(await reason({ input: { scriptSig } })).toBe('scriptsig-size');
    expect(await reason({ input: { scriptSig: script(OP.NOP) } })).toBe('scriptsig-not-pushonly');
    expect(await reason({ extra: [{ value: 1_000n, scriptPubKey: script(OP.NOP) }] })).toBe('scriptpubkey');
    expect(await reason({ extra: [p2wsh(1n), p2wsh(1n)] })).toBe('dust');
    const tiny = transaction([{ prevout: coin.outpoint }], [{ value: 0n, scriptPubKey: script(OP.RETURN) }]);
    expect(await pool.reason(tiny)).toBe('tx-size-small');
    expect(await reason({ lockTime: 111 })).toBe('non-final');
    expect(await reason({ lockTime: 110 })).toBe('accepted');
  });

  test('for data in outputs, counted for all of them', async () => {
    const pool = await openTestPool({ maxDataCarrierBytes: 100 });
    const outputs = (...lengths: number[]) => spend([pool.coin()], { extra: lengths.map(data) });
    expect(await pool.reason(outputs(60, 36))).toBe('accepted');
    expect(await pool.reason(outputs(60, 37))).toBe('datacarrier');
  });

  test('for multisig that is not behind a hash', async () => {
    const keys = Array.from({ length: 4 }, (_, i) => new Uint8Array(33).fill(i + 1).fill(2, 0, 1));
    const output = (count: number) => ({ value: 1_000n, scriptPubKey: multisig(1, keys.slice(0, count)) });
    const pool = await openTestPool();
    expect(await pool.reason(spend([pool.coin()], { extra: [output(4)] }))).toBe('scriptpubkey');
    expect(await pool.reason(spend([pool.coin()], { extra: [output(3)] }))).toBe('accepted');
    const strict = await openTestPool({ permitBareMultisig: false });
    expect(await strict.reason(spend([strict.coin()], { extra: [output(3)] }))).toBe('bare-multisig');
  });

  test('for what is there already, or was', async () => {
    const pool = await openTestPool();
    const tx = spend([pool.coin()], { outputs: 2 });
    await pool.accept(tx);
    expect(await pool.reason(tx)).toBe('txn-already-in-mempool');
    const other = transaction(
      tx.inputs.map((input) => ({ ...input, witness: [new Uint8Array(1)] })),
      tx.outputs,
    );
    expect(await pool.reason(other)).toBe('txn-same-nonwitness-data-in-mempool');
    await pool.mine();
    expect(await pool.reason(tx)).toBe('txn-already-known');
  });

  test('for coins that are missing, immature or too few', async () => {
    const pool = await openTestPool();
    const orphan = spend([outputAt(spend([pool.coin()]))]);
    const result = await pool.mempool.accept(orphan);
    expect(result).toMatchObject({ ok: false, reconsiderable: false });
    if (!result.ok) {
      expect(result.invalid).toMatchObject({ kind: 'missing', reason: 'bad-txns-inputs-missingorspent' });
      expect(result.missing).toHaveLength(1);
    }
    const block = await pool.chain.blocks.readBlock(pool.chain.entryAt(20)!);
    expect(await pool.reason(spend([outputAt(block.transactions[0]!)]))).toBe(
      'bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth 91',
    );
    expect(await pool.reason(spend([pool.coin()], { fee: -1n }))).toContain('bad-txns-in-belowout');
  });

  test('for relative lock times (BIP68)', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()]);
    await pool.accept(parent);
    await pool.mine();
    expect(await pool.reason(spend([outputAt(parent)], { sequence: 2 }))).toBe('non-BIP68-final');
    expect(await pool.reason(spend([outputAt(parent)], { sequence: 1 }))).toBe('accepted');
  });

  test('for inputs and witnesses of unknown form', async () => {
    const pool = await openTestPool({ requireStandard: false });
    const heavy = script(...Array.from({ length: 16 }, () => OP.CHECKSIG));
    const long = new Uint8Array(521).fill(OP.NOP);
    const scripts = [
      script(OP.OP_2, OP.DROP),
      script(OP.OP_16, new Uint8Array(2)),
      p2sh(hash160(heavy)),
      p2sh(hash160(long)),
      p2sh(hash160(Uint8Array.of(1))),
    ];
    const funding = spend([pool.coin()], {
      extra: scripts.map((scriptPubKey) => ({ value: 5_000n, scriptPubKey })),
    });
    await pool.accept(funding);
    await pool.mine();
    Object.assign(pool.mempool.policy, { requireStandard: true });
    const reason = (vout: number, input: object) =>
      pool.reason(spend([outputAt(funding, vout)], { input: { witness: [], ...input } }));
    const prefix = 'bad-txns-nonstandard-inputs, ';
    expect(await reason(1, {})).toBe(`${prefix}input 0 script unknown`);
    expect(await reason(2, {})).toBe(`${prefix}input 0 witness program is undefined`);
    expect(await reason(3, {})).toBe(`${prefix}input 0 P2SH redeemscript missing`);
    expect(await reason(3, { scriptSig: pushData(heavy) })).toBe(
      `${prefix}p2sh redeemscript sigops exceed limit (input 0: 16 > 15)`,
    );
    const malformed = (error: string) => `${prefix}p2sh scriptsig malformed (input 0: ${error})`;
    const dust = { extra: [{ value: 1n, scriptPubKey: P2WSH_TRUE }] };
    for (const outputs of [{}, dust]) {
      const cut = (vout: number, scriptSig: Uint8Array) =>
        pool.reason(spend([outputAt(funding, vout)], { ...outputs, input: { witness: [], scriptSig } }));
      expect(await cut(4, pushData(long))).toBe(malformed('Push value size limit exceeded'));
      expect(await cut(3, script(OP.RESERVED, heavy))).toBe(malformed('Opcode missing or not understood'));
      expect(await cut(3, new Uint8Array(1_001))).toBe(malformed('Stack size limit exceeded'));
    }
    // What is pushed by an opcode is pushed too.
    expect(await reason(5, { scriptSig: script(OP.OP_1) })).toMatch('mempool-script-verify-flag-failed');
    const stuffed = { witness: [new Uint8Array(81), script(0x51)] };
    expect(await reason(0, stuffed)).toBe('bad-witness-nonstandard');
  });

  test('for fees', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    const size = spend([coin]).virtualSize;
    const needed = Math.ceil(size / 10);
    const result = await pool.mempool.accept(spend([coin], { fee: BigInt(needed - 1) }));
    expect(result).toMatchObject({ ok: false, reconsiderable: true });
    if (!result.ok) expect(result.invalid.message).toBe(`min relay fee not met, ${needed - 1} < ${needed}`);
    expect(await pool.reason(spend([coin], { fee: 2_000n }), { maximumFeeRate: satPerKvB(1_000n) })).toBe(
      'max feerate exceeded',
    );
    expect(await pool.reason(spend([coin], { fee: BigInt(needed) }))).toBe('accepted');
  });

  test('for scripts that fail, told from witnesses that were stripped', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    const tx = spend([coin], { input: { witness: [] } });
    const result = await pool.mempool.accept(tx);
    expect(result).toMatchObject({ ok: false, witnessStripped: true });
    if (result.ok) return;
    const why = 'mempool-script-verify-flag-failed (Witness program was passed an empty witness)';
    const place = `input 0 of ${tx.txid} (wtxid ${tx.wtxid})`;
    expect(result.invalid.reason).toBe(why);
    expect(result.invalid.message).toMatch(
      new RegExp(`, ${place.replace(/[()]/g, '\\$&')}, spending [0-9a-f]{64}:0$`),
    );
    const wrong = await pool.mempool.accept(spend([coin], { input: { witness: [script(0x52)] } }));
    expect(wrong).toMatchObject({ ok: false, witnessStripped: false });
  });
});

describe('connected transactions', () => {
  test('are bounded in number', async () => {
    const pool = await openTestPool();
    let tx = spend([pool.coin()]);
    for (let i = 0; i < 64; i++, tx = spend([outputAt(tx)])) await pool.accept(tx);
    expect(await pool.reason(tx)).toBe('too-large-cluster');
  });

  test('are bounded in size', async () => {
    const pool = await openTestPool({ limitClusterSize: 1_000 });
    const parent = spend([pool.coin()], { outputs: 10 });
    await pool.accept(parent);
    const room = 1_000 - parent.virtualSize;
    const child = (outputs: number) => spend([outputAt(parent)], { outputs });
    expect(child(10).virtualSize).toBeLessThanOrEqual(room);
    expect(child(20).virtualSize).toBeGreaterThan(room);
    expect(await pool.reason(child(20))).toBe('too-large-cluster');
    expect(await pool.reason(child(10))).toBe('accepted');
  });

  test('are bounded by ancestors and descendants where an option says so', async () => {
    const pool = await openTestPool({ limitAncestorCount: 3, limitDescendantCount: 3 });
    const first = spend([pool.coin()], { outputs: 3 });
    const second = spend([outputAt(first)]);
    const third = spend([outputAt(second)]);
    for (const tx of [first, second, third]) await pool.accept(tx);
    expect(await pool.reason(spend([outputAt(third)]))).toBe(
      'too-long-mempool-chain, too many unconfirmed ancestors [limit: 3]',
    );
    expect(await pool.reason(spend([outputAt(first, 1)]))).toBe(
      `too-long-mempool-chain, too many descendants for tx ${first.txid} [limit: 3]`,
    );
  });
});

test('signature operations count for as many vbytes as -bytespersigop says, also after a reorganisation', async () => {
  const pool = await openTestPool({ bytesPerSigOp: 100 });
  // One of one: counted as twenty operations, of four each.
  const bare = { scriptPubKey: multisig(1, [new Uint8Array(33).fill(2)]), value: 10_000n };
  const tx = spend([pool.coin()], { extra: [bare], fee: 10_000n });
  expect((await pool.accept(tx)).entry.virtualSize).toBe(2_000);
  await pool.mine();
  expect(pool.mempool.get(tx.txid)).toBe(undefined);
  await pool.chain.invalidate(pool.chain.tip.hash);
  await pool.mempool.settled();
  expect(pool.mempool.get(tx.txid)!.virtualSize).toBe(2_000);
});
