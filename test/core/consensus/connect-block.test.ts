import { describe, expect, it } from 'vitest';
import type { BlockHash } from '../../../src/core/block/header.ts';
import { checkBlock } from '../../../src/core/consensus/check-block.ts';
import { checkSpentCoins } from '../../../src/core/consensus/check-inputs.ts';
import {
  coinsNeeded,
  connectBlock,
  disconnectBlock,
  enforcesBip30,
} from '../../../src/core/consensus/connect-block.ts';
import { blockScriptFlags } from '../../../src/core/consensus/flags.ts';
import type { HeaderLink } from '../../../src/core/consensus/header-link.ts';
import { blockSubsidy } from '../../../src/core/consensus/subsidy.ts';
import { Invalid } from '../../../src/core/encoding/errors.ts';
import type { NetworkParameters } from '../../../src/core/parameters/network.ts';
import { MAIN, REGTEST } from '../../../src/core/parameters/presets.ts';
import { ScriptFlag } from '../../../src/core/script/flags.ts';
import { COIN, MAX_MONEY } from '../../../src/core/transaction/amount.ts';
import type { Coin } from '../../../src/core/transaction/coin.ts';
import { type OutPoint, outPointText } from '../../../src/core/transaction/transaction.ts';
import { ChainBuilder, output, outputOf, transaction } from '../../support/chain-builder.ts';

const PARAMETERS: NetworkParameters = { ...REGTEST, coinbaseMaturity: 5 };

const invalidOf = (rule: () => unknown): Invalid => {
  try {
    rule();
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('connectBlock', () => {
  const chain = new ChainBuilder(PARAMETERS).mine(8);
  const [a, b] = [chain.takeMature(), chain.takeMature()];
  const first = chain.spend([a], 100n);
  const second = chain.spend([outputOf(first), b], 20n);
  const block = checkBlock(chain.block({ transactions: [first, second] }), PARAMETERS);
  const place = { height: 9, hash: block.hash, parent: chain.tip };
  const connect = (scripts: boolean) => connectBlock(block, place, chain.coins, PARAMETERS, { scripts });

  it('gives the changes of the UTXO set, without coins that came and went', () => {
    const { changes } = connect(true);
    expect(changes.spent.map(outPointText).sort()).toEqual(
      [a, b].map((c) => outPointText(c.outpoint)).sort(),
    );
    expect(changes.created.map(outPointText)).toEqual([
      outPointText({ txid: block.transactions[0]!.txidBytes, vout: 0 }),
      outPointText({ txid: second.txidBytes, vout: 0 }),
    ]);
    expect(changes.created.map((coin) => [coin.height, coin.coinbase, coin.output.value])).toEqual([
      [9, true, 50n * COIN + 120n],
      [9, false, 100n * COIN - 120n],
    ]);
  });

  it('gives what each input spent, also of the block itself', () => {
    const { undo } = connect(true);
    const own = { output: first.outputs[0], height: 9, coinbase: false };
    expect(undo).toEqual([[a.coin], [own, b.coin]]);
  });

  it('gives the fees, the signature operations, and the scripts that are to be verified', () => {
    const { fees, sigOpCost, scriptChecks } = connect(true);
    expect(fees).toBe(120n);
    expect(sigOpCost).toBe(0);
    const flags = blockScriptFlags(place, PARAMETERS);
    expect(scriptChecks).toEqual([
      { tx: first, spent: [a.coin.output], flags },
      { tx: second, spent: [first.outputs[0], b.coin.output], flags },
    ]);
    expect(connect(false).scriptChecks).toEqual([]);
  });

  it('says which coins it will ask for', () => {
    const texts = coinsNeeded(block, place, PARAMETERS).map(outPointText);
    expect(texts).toEqual([a, b].map(({ outpoint }) => outPointText(outpoint)));
    const withBip30 = { ...PARAMETERS, heights: { ...PARAMETERS.heights, bip34: 100 } };
    const created = block.transactions.map((tx) => outPointText({ txid: tx.txidBytes, vout: 0 }));
    expect(coinsNeeded(block, place, withBip30).map(outPointText).sort()).toEqual(
      [...texts, ...created].sort(),
    );
  });

  it('repeats no transaction of which a single output is unspent (BIP30)', () => {
    const withBip30 = { ...PARAMETERS, heights: { ...PARAMETERS.heights, bip34: 100 } };
    const pair = transaction([{ prevout: a.outpoint }], [output(1n), output(2n)]);
    const repeated = checkBlock(chain.block({ transactions: [pair] }), PARAMETERS);
    const unspent = { txid: pair.txidBytes, vout: 1 };
    const coins = {
      get: (outpoint: OutPoint) =>
        outPointText(outpoint) === outPointText(unspent) ? a.coin : chain.coins.get(outpoint),
    };
    const { reason } = invalidOf(() => connectBlock(repeated, place, coins, withBip30, { scripts: false }));
    expect(reason).toBe('bad-txns-BIP30');
  });

  it('tells which transaction is wrong', () => {
    const wrong = chain.block({ transactions: [transaction(second.inputs, [output(0n)])] });
    const { reason, detail } = invalidOf(() => chain.check(wrong));
    expect(reason).toBe('bad-txns-inputs-missingorspent');
    expect(detail).toBe(`CheckTxInputs: inputs missing/spent in transaction ${wrong.transactions[1]!.txid}`);
  });

  it('tells how much the coinbase may take', () => {
    const { detail } = invalidOf(() => chain.check(chain.block({ coinbase: { value: 51n * COIN } })));
    expect(detail).toBe('coinbase pays too much (actual=5100000000 vs limit=5000000000)');
  });

  it('does not ask for the height in the coinbase before BIP34', () => {
    const early = new ChainBuilder({ ...PARAMETERS, heights: { ...PARAMETERS.heights, bip34: 3 } }).mine(1);
    const block = () => early.block({ coinbase: { scriptSig: Uint8Array.of(1, 99) } });
    expect(early.reason(block())).toBeNull();
    early.mine(1);
    expect(early.reason(block())).toBe('bad-cb-height');
  });

  it('does not ask for relative locks before their time', () => {
    const early = new ChainBuilder({ ...PARAMETERS, heights: { ...PARAMETERS.heights, csv: 10 } }).mine(8);
    const { outpoint } = early.takeMature();
    const locked = transaction([{ prevout: outpoint, sequence: 500 }], [output(0n)]);
    expect(early.reason(early.block({ transactions: [locked] }))).toBeNull();
    early.mine(1);
    expect(early.reason(early.block({ transactions: [locked] }))).toBe('bad-txns-nonfinal');
  });

  it('is taken back by disconnectBlock', () => {
    const before = chain.coinList();
    chain.accept(block);
    const after = chain.coinList();
    chain.disconnect();
    expect(chain.coinList()).toEqual(before);
    chain.accept(block);
    expect(chain.coinList()).toEqual(after);
    chain.disconnect();
  });

  it('cannot be taken back with the undo data of another block', () => {
    const { undo } = connect(true);
    for (const wrong of [[], undo.slice(1), [...undo, []], [undo[1]!, undo[0]!]])
      expect(() => disconnectBlock(block, 1, wrong)).toThrow(
        `undo data does not belong to block ${block.hash}`,
      );
    const { created, spent } = disconnectBlock(block, 1, undo);
    expect(created).toEqual([a, b].map(({ outpoint, coin }) => ({ ...outpoint, ...coin })));
    expect(spent).toHaveLength(2);
  });
});

describe('the coins that a transaction spends', () => {
  const tx = transaction([{ prevout: { txid: new Uint8Array(32), vout: 0 } }], [output(5n)]);
  const coin = (value: bigint, height = 1, coinbase = false): Coin => ({
    output: output(value),
    height,
    coinbase,
  });
  const check = (coins: (Coin | undefined)[], height = 100): bigint =>
    checkSpentCoins(tx, coins, height, MAIN);

  it('pay the fee', () => {
    expect(check([coin(5n)])).toBe(0n);
    expect(check([coin(5n), coin(7n)])).toBe(7n);
  });

  it('are there: otherwise the transaction waits', () => {
    expect(invalidOf(() => check([coin(5n), undefined]))).toMatchObject({
      kind: 'missing',
      reason: 'bad-txns-inputs-missingorspent',
    });
  });

  it('are mature: otherwise the transaction waits', () => {
    expect(check([coin(5n, 1, true)], 101)).toBe(0n);
    expect(check([coin(5n, 1, false)], 2)).toBe(0n);
    expect(invalidOf(() => check([coin(5n, 1, true)], 100))).toMatchObject({
      kind: 'early',
      reason: 'bad-txns-premature-spend-of-coinbase',
      detail: 'tried to spend coinbase at depth 99',
    });
  });

  it('are amounts of money, one by one and all together', () => {
    const reason = (coins: Coin[]): string => invalidOf(() => check(coins)).reason;
    expect(check([coin(MAX_MONEY)])).toBe(MAX_MONEY - 5n);
    expect(reason([coin(MAX_MONEY + 1n)])).toBe('bad-txns-inputvalues-outofrange');
    expect(reason([coin(MAX_MONEY), coin(1n)])).toBe('bad-txns-inputvalues-outofrange');
    expect(reason([coin(10n), coin(-1n)])).toBe('bad-txns-inputvalues-outofrange');
  });

  it('are worth as much as the outputs', () => {
    expect(invalidOf(() => check([coin(4n)]))).toMatchObject({
      kind: 'consensus',
      reason: 'bad-txns-in-belowout',
      detail: 'value in (0.00000004) < value out (0.00000005)',
    });
  });
});

describe('BIP30', () => {
  const BIP34_HEIGHT = MAIN.heights.bip34;
  const parent = (height: number, hashAtBip34: string): HeaderLink =>
    ({ height, ancestor: () => ({ header: { hash: hashAtBip34 } }) }) as unknown as HeaderLink;
  const asked = (height: number, hash = '', hashAtBip34 = MAIN.bip34Hash!): boolean =>
    enforcesBip30({ height, hash: hash as BlockHash, parent: parent(height - 1, hashAtBip34) }, MAIN);

  it('holds until the block with which BIP34 became active is an ancestor', () => {
    expect(asked(1)).toBe(true);
    expect(asked(BIP34_HEIGHT)).toBe(true);
    expect(asked(BIP34_HEIGHT + 1)).toBe(false);
    expect(asked(BIP34_HEIGHT + 1, '', 'another')).toBe(true);
  });

  it('holds again where a coinbase of before BIP34 could be repeated', () => {
    expect(asked(1_983_701)).toBe(false);
    expect(asked(1_983_702)).toBe(true);
  });

  it('does not hold for the two blocks that broke it', () => {
    for (const { height, hash } of MAIN.bip30Exceptions) {
      expect(asked(height, hash)).toBe(false);
      expect(asked(height, 'another')).toBe(true);
      expect(asked(height + 1, hash)).toBe(true);
    }
  });

  it('is not needed where BIP34 holds from the first block on', () => {
    const enforced = (bip34: number): boolean =>
      enforcesBip30(
        { height: 50, hash: '' as BlockHash, parent: parent(49, '') },
        { ...REGTEST, heights: { ...REGTEST.heights, bip34 } },
      );
    expect(enforced(0)).toBe(false);
    expect(enforced(1)).toBe(false);
    expect(enforced(2)).toBe(true);
  });
});

describe('script flags of a block', () => {
  const { P2SH, WITNESS, TAPROOT, DERSIG, CHECKLOCKTIMEVERIFY, CHECKSEQUENCEVERIFY, NULLDUMMY } = ScriptFlag;
  const always = P2SH | WITNESS | TAPROOT;
  const at = (height: number, hash = 'any'): number => blockScriptFlags({ height, hash }, MAIN);

  it('come with the height of each soft fork', () => {
    expect(at(1)).toBe(always);
    expect(at(363_724)).toBe(always);
    expect(at(363_725)).toBe(always | DERSIG);
    expect(at(388_380)).toBe(always | DERSIG);
    expect(at(388_381)).toBe(always | DERSIG | CHECKLOCKTIMEVERIFY);
    expect(at(419_327)).toBe(always | DERSIG | CHECKLOCKTIMEVERIFY);
    expect(at(419_328)).toBe(always | DERSIG | CHECKLOCKTIMEVERIFY | CHECKSEQUENCEVERIFY);
    expect(at(481_823)).toBe(always | DERSIG | CHECKLOCKTIMEVERIFY | CHECKSEQUENCEVERIFY);
    expect(at(481_824)).toBe(always | DERSIG | CHECKLOCKTIMEVERIFY | CHECKSEQUENCEVERIFY | NULLDUMMY);
  });

  it('spare the two blocks that history exempts', () => {
    const [bip16, taproot] = [...MAIN.scriptFlagExceptions.keys()];
    expect(at(170_060, bip16)).toBe(0);
    expect(at(692_261, taproot)).toBe(
      P2SH | WITNESS | DERSIG | CHECKLOCKTIMEVERIFY | CHECKSEQUENCEVERIFY | NULLDUMMY,
    );
  });
});

describe('subsidy', () => {
  it('halves every 210,000 blocks on main, until nothing is left', () => {
    const at = (height: number): bigint => blockSubsidy(height, MAIN);
    expect(at(0)).toBe(50n * COIN);
    expect(at(209_999)).toBe(50n * COIN);
    expect(at(210_000)).toBe(25n * COIN);
    expect(at(6_929_999)).toBe(1n);
    expect(at(6_930_000)).toBe(0n);
    expect(at(64 * 210_000)).toBe(0n);
  });

  it('never makes more than 21 million coins', () => {
    let supply = 0n;
    for (let era = 0; era < 64; era++)
      supply += blockSubsidy(era * MAIN.halvingInterval, MAIN) * BigInt(MAIN.halvingInterval);
    expect(supply).toBe(2_099_999_997_690_000n);
    expect(supply < MAX_MONEY).toBe(true);
  });
});
