import { describe, expect, it } from 'vitest';
import { Block } from '../../../src/core/block/block.ts';
import { basicFilter, filterHeader, matchesFilter } from '../../../src/core/block/filter.ts';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { fromDisplayHex, fromHex, toDisplayHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { MAIN, REGTEST } from '../../../src/core/parameters/presets.ts';
import { OP } from '../../../src/core/script/opcodes.ts';
import { script } from '../../../src/core/script/script.ts';
import { ChainBuilder, output } from '../../support/chain-builder.ts';

describe('basic filters (BIP158)', () => {
  it("of testnet's genesis block is the one of the BIP", () => {
    const { header, transactions } = genesisBlock(MAIN);
    const testnet = Block.decode(
      fromHex(
        '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e' +
          '67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff001d1aa4ae18' +
          toHex(genesisBlock(MAIN).bytes.subarray(80)),
      ),
    );
    expect(testnet.hash).toBe('000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943');
    const filter = basicFilter(testnet, []);
    expect(toHex(filter)).toBe('019dfca8');
    expect(toDisplayHex(filterHeader(filter, new Uint8Array(32)))).toBe(
      '21584579b7eb08997773e5aeff3a7f932700042d0ed2a6129012b7d7ae81b750',
    );
    // The key is the block's hash.
    expect(toHex(basicFilter(Block.from(header, transactions), []))).not.toBe('019dfca8');
  });

  it('are chained to the one before', () => {
    const previous = fromDisplayHex('d7bdac13a59d745b1add0d2ce852f1a0442e8945fc1bf3848d3cbffd88c24fe1');
    expect(toDisplayHex(filterHeader(fromHex('0174a170'), previous))).toBe(
      '186afd11ef2b5e7e3504f2e8cbf8df28a1fd251fe53d60dff8b1467d1b386cf0',
    );
  });

  const chain = new ChainBuilder(REGTEST);
  const pays = (i: number): Uint8Array => script(OP.OP_1, Uint8Array.of(i, i >> 8, 7));
  const block = chain.block({
    coinbase: {
      scriptPubKey: pays(0),
      moreOutputs: [
        ...Array.from({ length: 60 }, (_, i) => output(0n, pays(i % 50))),
        output(0n, script(OP.RETURN, Uint8Array.of(1))),
        output(0n, new Uint8Array(0)),
      ],
    },
  });
  const spent = [output(1n, pays(1000)), output(1n, script(OP.RETURN)), output(1n, new Uint8Array(0))];
  const filter = basicFilter(block, spent);
  const matches = (...scripts: Uint8Array[]): boolean =>
    matchesFilter(filter, block.header.hashBytes, scripts);

  it('hold each script once: those paid to but OP_RETURN, and those spent', () => {
    // 50 that are paid to, and two that are spent; empty ones never.
    expect(filter[0]).toBe(52);
    for (let i = 0; i < 50; i++) expect(matches(pays(i))).toBe(true);
    expect(matches(pays(1000))).toBe(true);
    expect(matches(script(OP.RETURN))).toBe(true);
    expect(matches(script(OP.RETURN, Uint8Array.of(1)))).toBe(false);
  });

  it('find one of several scripts, wherever it lies', () => {
    const others = Array.from({ length: 100 }, (_, i) => pays(2000 + i));
    expect(matches(...others)).toBe(false);
    for (let i = 0; i < 50; i++) expect(matches(...others, pays(i))).toBe(true);
    expect(matches()).toBe(false);
  });

  it('of nothing hold nothing', () => {
    const empty = basicFilter(
      chain.block({ coinbase: { scriptPubKey: script(OP.RETURN, Uint8Array.of(1)) } }),
      [],
    );
    expect(toHex(empty)).toBe('00');
    expect(matchesFilter(empty, block.header.hashBytes, [pays(0)])).toBe(false);
  });

  it('are refused where they are cut', () => {
    const ask = (bytes: Uint8Array) => () =>
      matchesFilter(bytes, block.header.hashBytes, [pays(3000), pays(3001), pays(3002)]);
    expect(ask(filter.subarray(0, 100))).toThrow(DecodeError);
    expect(ask(fromHex('fe00000002'))).toThrow('end of data');
    // 20 bits do not fit into two bytes, 16 do not even hold one element.
    expect(ask(fromHex('010000'))).toThrow('end of data');
    expect(ask(fromHex('01000000'))).not.toThrow();
    expect(ask(fromHex('01ffffff'))).toThrow('end of data');
    // Four elements have 80 bits or more, which is found before anything is looked for.
    const ofFour = (bytes: number) => () =>
      matchesFilter(Uint8Array.from([4, ...new Uint8Array(bytes)]), block.header.hashBytes, []);
    expect(ofFour(9)).toThrow('end of data');
    expect(ofFour(10)()).toBe(false);
  });
});
