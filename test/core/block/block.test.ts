import { describe, expect, it } from 'vitest';
import { Block } from '../../../src/core/block/block.ts';
import { BlockHeader } from '../../../src/core/block/header.ts';
import { genesisBlock, mineGenesis } from '../../../src/core/consensus/genesis.ts';
import { fromHex, toDisplayHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { MAIN, REGTEST } from '../../../src/core/parameters/presets.ts';
import { ChainBuilder, transaction } from '../../support/chain-builder.ts';

describe('a header', () => {
  const fields = {
    version: -2,
    prevHash: new Uint8Array(32).fill(1),
    merkleRoot: new Uint8Array(32).fill(2),
    time: 0x80000001,
    bits: 0x90000002,
    nonce: 0xa0000003,
  };
  const hex = `feffffff${'01'.repeat(32)}${'02'.repeat(32)}010000800200009003${'0000a0'}`;

  it('is 80 bytes', () => {
    expect(toHex(BlockHeader.from(fields).bytes)).toBe(hex);
    const header = BlockHeader.decode(fromHex(hex));
    expect(header).toMatchObject(fields);
    expect(toHex(header.bytes)).toBe(hex);
    for (const wrong of [hex.slice(2), `${hex}00`])
      expect(() => BlockHeader.decode(fromHex(wrong))).toThrow(DecodeError);
  });

  it('has a hash, and its parent has one', () => {
    const { header } = genesisBlock(MAIN);
    expect(header.hash).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
    expect(toDisplayHex(header.hashBytes)).toBe(header.hash);
    expect(BlockHeader.from({ ...fields, prevHash: header.hashBytes }).prev).toBe(header.hash);
  });
});

describe('a block', () => {
  const genesis = genesisBlock(REGTEST);

  it('is written as it is read', () => {
    const block = Block.decode(genesis.bytes);
    expect(block.hash).toBe(REGTEST.genesis.hash);
    expect(toHex(Block.from(block.header, block.transactions).bytes)).toBe(toHex(genesis.bytes));
  });

  it('is refused where it is cut, or goes on', () => {
    for (const length of [0, 79, 80, 81, 90, genesis.bytes.length - 1])
      expect(() => Block.decode(genesis.bytes.subarray(0, length))).toThrow(DecodeError);
    expect(() => Block.decode(Uint8Array.from([...genesis.bytes, 0]))).toThrow(DecodeError);
    // A count of more transactions than the bytes could hold, then one that they just hold.
    const empty = '0'.repeat(20);
    const header = toHex(genesis.header.bytes);
    expect(() => Block.decode(fromHex(`${header}02${empty}`))).toThrow('end of data');
    expect(Block.decode(fromHex(`${header}02${empty}${empty}`)).transactions).toHaveLength(2);
  });

  it('has sizes with and without witnesses', () => {
    const chain = new ChainBuilder();
    const block = chain.block({ commit: true });
    const [coinbase] = block.transactions;
    expect(block.bytes).toHaveLength(81 + coinbase!.bytes.length);
    expect(block.strippedSize).toBe(81 + coinbase!.stripped.length);
    expect(block.weight).toBe(3 * block.strippedSize + block.bytes.length);
    const many = Block.from(
      block.header,
      new Array(253).fill(transaction([], [])) as ReturnType<typeof transaction>[],
    );
    expect(many.bytes).toHaveLength(80 + 3 + 253 * 10);
    expect(many.strippedSize).toBe(many.bytes.length);
  });
});

describe('a new genesis block', () => {
  const fields = { ...REGTEST.genesis, nonce: 0, message: 'x'.repeat(76) };

  it('is mined from the nonce given', () => {
    const genesis = mineGenesis(fields, REGTEST.powLimit)!;
    expect(genesisBlock({ genesis, powLimit: REGTEST.powLimit }).hash).toBe(genesis.hash);
    // A message of more than 75 bytes takes a longer push.
    const { scriptSig } = genesisBlock({ genesis, powLimit: REGTEST.powLimit }).transactions[0]!.inputs[0]!;
    expect(toHex(scriptSig)).toBe(`04ffff001d01044c4c${'78'.repeat(76)}`);
    const next = mineGenesis({ ...genesis, nonce: genesis.nonce + 1 }, REGTEST.powLimit)!;
    expect(next.nonce).toBeGreaterThan(genesis.nonce);
  });

  it('is none where no nonce can meet the bits, or is left', () => {
    expect(mineGenesis({ ...fields, bits: 0 }, REGTEST.powLimit)).toBeNull();
    expect(mineGenesis(fields, REGTEST.powLimit >> 1n)).toBeNull();
    expect(mineGenesis({ ...fields, bits: 0x1d00ffff, nonce: 0xffffffff }, MAIN.powLimit)).toBeNull();
  });
});
