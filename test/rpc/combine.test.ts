import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { publicKeyOf } from '../../src/core/script/signing.ts';
import { encodeWif } from '../../src/core/script/wif.ts';

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const SECRETS = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));

let memory: MemoryNode;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
});
afterAll(() => memory.stop());

async function call<T>(method: string, ...parameters: readonly unknown[]): Promise<T> {
  const { result, error } = await memory.call(method, JSON.stringify(parameters));
  if (error !== undefined) throw new Error(error.message);
  return result as T;
}

test.each(['legacy', 'bech32', 'p2sh-segwit'])(
  'two of three signatures, made apart, spend a %s multisig',
  async (kind) => {
    const keys = SECRETS.map((secret) => toHex(publicKeyOf(secret)));
    const { address, redeemScript } = await call<{ address: string; redeemScript: string }>(
      'createmultisig',
      2,
      keys,
      kind,
    );
    const [hash] = await call<string[]>('generatetoaddress', 1, address);
    await call('generatetoaddress', 100, ADDRESS);
    const { tx } = await call<{
      tx: { txid: string; vout: { value: number; scriptPubKey: { hex: string } }[] }[];
    }>('getblock', hash, 2);
    const { txid, vout } = tx[0]!;
    const unsigned = await call<string>(
      'createrawtransaction',
      [{ txid, vout: 0 }],
      [{ [ADDRESS]: vout[0]!.value - 0.001 }],
    );
    const previous = [
      {
        txid,
        vout: 0,
        scriptPubKey: vout[0]!.scriptPubKey.hex,
        redeemScript,
        witnessScript: redeemScript,
        amount: vout[0]!.value,
      },
    ];
    if (kind === 'legacy') delete (previous[0] as Partial<(typeof previous)[0]>).witnessScript;
    if (kind !== 'legacy') delete (previous[0] as Partial<(typeof previous)[0]>).redeemScript;
    const signBy = async (i: number) => {
      const { hex, complete } = await call<{ hex: string; complete: boolean }>(
        'signrawtransactionwithkey',
        unsigned,
        [encodeWif(SECRETS[i]!, true, REGTEST)],
        previous,
      );
      expect(complete).toBe(false);
      return hex;
    };
    const [first, third] = [await signBy(0), await signBy(2)];
    const combined = await call<string>('combinerawtransaction', [unsigned, first, third]);
    expect(await call('testmempoolaccept', [combined])).toMatchObject([{ allowed: true }]);
    // Order and repetition change nothing.
    expect(await call('combinerawtransaction', [third, first, unsigned, third])).toBe(combined);
    await expect(
      call('sendrawtransaction', await call('combinerawtransaction', [first, first])),
    ).rejects.toThrow();
  },
);

test('says what is wrong', async () => {
  for (const few of [[], ['00']])
    await expect(call('combinerawtransaction', few)).rejects.toThrow(
      'Missing transactions. At least two transactions required.',
    );
  await expect(call('combinerawtransaction', ['00', '00'])).rejects.toThrow('TX decode failed for tx 0.');
  const lost = await call('createrawtransaction', [{ txid: 'ab'.repeat(32), vout: 0 }], [{ [ADDRESS]: 1 }]);
  const other = await call('createrawtransaction', [{ txid: 'ab'.repeat(32), vout: 1 }], [{ [ADDRESS]: 1 }]);
  await expect(call('combinerawtransaction', [lost, lost, other])).rejects.toThrow(
    'Transaction number 3 not compatible with first transaction',
  );
  await expect(call('combinerawtransaction', [lost, lost])).rejects.toThrow(
    'Input not found or already spent',
  );
});
