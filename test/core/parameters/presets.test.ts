import { describe, expect, it } from 'vitest';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { toDisplayHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { MAIN, REGTEST } from '../../../src/core/parameters/presets.ts';

describe('presets', () => {
  it("main's genesis block is Bitcoin's, byte for byte", () => {
    const block = genesisBlock(MAIN);
    expect(block.hash).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
    expect(toDisplayHex(block.header.merkleRoot)).toBe(
      '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    );
    expect(toHex(block.bytes)).toBe(
      '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e' +
        '67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c010100000001000000000000000000' +
        '0000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030' +
        '332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f75' +
        '7420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828' +
        'e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac0000' +
        '0000',
    );
  });

  it("regtest's genesis block is Bitcoin's", () => {
    expect(genesisBlock(REGTEST).hash).toBe(
      '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    );
  });

  it("have Bitcoin's parameters", () => {
    expect(MAIN).toMatchObject({
      chain: 'main',
      dataSubdirectory: '',
      p2pPort: 8333,
      rpcPort: 8332,
      dial: 'tcp',
      localPeers: false,
      pubKeyHashPrefix: 0,
      scriptHashPrefix: 5,
      secretKeyPrefix: 128,
      bech32Prefix: 'bc',
      bip32Public: 0x0488b21e,
      bip32Private: 0x0488ade4,
      coinType: 0,
      subsidy: 5_000_000_000n,
      halvingInterval: 210_000,
      coinbaseMaturity: 100,
      targetSpacing: 600,
      maxFutureBlockTime: 7_200,
      difficulty: { kind: 'interval', interval: 2016, clamp: 4, minimumDifficultyAfter: 0, bip94: false },
      powLimit: 0x00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
      heights: { bip34: 227_931, bip65: 388_381, bip66: 363_725, csv: 419_328, segwit: 481_824 },
      maxTipAge: 86_400,
      mineBlocksOnDemand: false,
    });
    expect(toHex(MAIN.magic)).toBe('f9beb4d9');
    expect(REGTEST).toMatchObject({
      chain: 'regtest',
      dataSubdirectory: 'regtest',
      p2pPort: 18_444,
      rpcPort: 18_443,
      dial: 'tcp',
      localPeers: true,
      pubKeyHashPrefix: 111,
      scriptHashPrefix: 196,
      secretKeyPrefix: 239,
      bech32Prefix: 'bcrt',
      bip32Public: 0x043587cf,
      bip32Private: 0x04358394,
      coinType: 1,
      subsidy: 5_000_000_000n,
      halvingInterval: 150,
      coinbaseMaturity: 100,
      targetSpacing: 600,
      maxFutureBlockTime: 7_200,
      difficulty: { kind: 'none' },
      powLimit: 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
      heights: { bip34: 1, bip65: 1, bip66: 1, csv: 1, segwit: 0 },
      bip34Hash: null,
      minimumChainWork: 0n,
      assumeValid: null,
      maxTipAge: 86_400,
      mineBlocksOnDemand: true,
    });
    expect(toHex(REGTEST.magic)).toBe('fabfb5da');
    expect(MAIN.versionBits ?? []).toEqual([]);
    expect(REGTEST.versionBits).toEqual([
      {
        name: 'testdummy',
        bit: 28,
        startTime: 0n,
        timeout: 9_223_372_036_854_775_807n,
        minimumActivationHeight: 0,
        period: 144,
        threshold: 108,
      },
    ]);
  });

  it("main knows Bitcoin's exceptions", () => {
    expect(MAIN.bip34Hash).toBe('000000000000024b89b42a942fe0d9fea3bb44ab7bd1b19115dd6a759c0808b8');
    expect(MAIN.bip30Exceptions).toEqual([
      { height: 91_842, hash: '00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec' },
      { height: 91_880, hash: '00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721' },
    ]);
    expect([...MAIN.scriptFlagExceptions]).toEqual([
      ['00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22', []],
      ['0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad', ['P2SH', 'WITNESS']],
    ]);
    expect(MAIN.minimumChainWork).toBe(0xdee8e2a309ad8a9820433c68n);
    expect(MAIN.assumeValid).toBe('00000000000000000000611fd22f2df7c8fbd0688745c3a6c3bb5109cc2a12cb');
  });
});
