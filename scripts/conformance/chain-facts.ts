/** Facts of chains that need no chain: parameters, genesis blocks, subsidies, targets, disk formats. */
import { bitsFromTarget, targetFromBits } from '../../src/core/block/target.ts';
import { nextWorkRequired } from '../../src/core/consensus/difficulty.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import type { HeaderLink } from '../../src/core/consensus/header-link.ts';
import { MEDIAN_TIME_SPAN } from '../../src/core/consensus/header-link.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT } from '../../src/core/consensus/limits.ts';
import { blockSubsidy } from '../../src/core/consensus/subsidy.ts';
import { fromHex, toHex } from '../../src/core/encoding/bytes.ts';
import { MAX_SIZE, Reader } from '../../src/core/encoding/reader.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { MAX_MONEY } from '../../src/core/transaction/amount.ts';
import { decodeCoin, encodeCoin } from '../../src/core/transaction/coin-encoding.ts';
import { compressAmount, decompressAmount } from '../../src/core/transaction/compression.ts';
import { WITNESS_SCALE_FACTOR } from '../../src/core/transaction/transaction.ts';
import { type ChainParams, type NetworkFacts, parametersFrom, parametersOf } from './networks.ts';
import { type ConformanceModule, expectEqual, expectThrows, type Report, type VectorFile } from './suite.ts';

const PRESETS: Readonly<Record<string, NetworkParameters>> = { main: MAIN, regtest: REGTEST };

/** Constants of all networks, by the names that the file gives them. */
const COMMON: Readonly<Record<string, number>> = {
  max_money: Number(MAX_MONEY),
  coinbase_maturity: MAIN.coinbaseMaturity,
  max_block_weight: MAX_BLOCK_WEIGHT,
  max_block_sigops_cost: MAX_BLOCK_SIGOPS_COST,
  witness_scale_factor: WITNESS_SCALE_FACTOR,
  max_future_block_time: MAIN.maxFutureBlockTime,
  median_time_span: MEDIAN_TIME_SPAN,
};

/** The fields of parameters that a network's facts decide. */
function decided(parameters: NetworkParameters): Partial<NetworkParameters> {
  const { magic, p2pPort, rpcPort, pubKeyHashPrefix, scriptHashPrefix, secretKeyPrefix } = parameters;
  const { bech32Prefix, bip32Public, bip32Private, subsidy, halvingInterval, targetSpacing } = parameters;
  const { difficulty, powLimit, heights, bip34Hash, scriptFlagExceptions, bip30Exceptions } = parameters;
  const { genesis, coinbaseMaturity } = parameters;
  return {
    ...{ magic, p2pPort, rpcPort, pubKeyHashPrefix, scriptHashPrefix, secretKeyPrefix },
    ...{ bech32Prefix, bip32Public, bip32Private, subsidy, halvingInterval, targetSpacing },
    ...{ difficulty, powLimit, heights, bip34Hash, scriptFlagExceptions, bip30Exceptions },
    ...{ genesis, coinbaseMaturity },
  };
}

function runChainParams(file: VectorFile, report: Report): void {
  const { common, networks, subsidy } = report.groups<ChainParams>(file.json(), [
    'common',
    'networks',
    'subsidy',
  ]);
  report.each(Object.entries(common), ([name, value]) =>
    report.row(`common ${name}`, () => expectEqual(COMMON[name], value)),
  );
  for (const [name, facts] of Object.entries(networks)) {
    // Of testnet4 there are identifiers only: nothing to build.
    if (facts.genesis_hex === undefined) continue;
    report.row(`genesis of ${name}`, () => checkGenesis(name, facts));
    const preset = PRESETS[name];
    if (preset !== undefined)
      report.row(`preset ${name}`, () => expectEqual(decided(preset), decided(parametersFrom(name, facts))));
  }
  report.each(subsidy, ({ network, height, subsidy: expected }) =>
    report.row(`subsidy ${network} ${height}`, () => {
      const parameters = PRESETS[network] ?? parametersFrom(network, networks[network]!);
      expectEqual(blockSubsidy(height, parameters), BigInt(expected));
    }),
  );
  report.row('sum of all subsidies', () => {
    let sum = 0n;
    for (let height = 0; height < 14_000_000; height += 1000) sum += blockSubsidy(height, MAIN) * 1000n;
    expectEqual(sum, 2_099_999_997_690_000n);
  });
}

function checkGenesis(name: string, facts: NetworkFacts): void {
  const block = genesisBlock(parametersFrom(name, facts));
  expectEqual(block.hash, facts.genesis_hash);
  expectEqual(toHex(block.bytes), facts.genesis_hex);
}

interface NextWork {
  readonly case: string;
  readonly network: string;
  readonly first_block_time: number;
  readonly last_height: number;
  readonly last_time: number;
  readonly last_bits: string;
  readonly expected_bits: string;
}

interface Compact {
  readonly compact: string;
  readonly target: string | null;
  readonly recompact: string | null;
  readonly negative: boolean;
  readonly overflow: boolean;
}

function runPow(file: VectorFile, report: Report): void {
  const { next_work, compact } = report.groups<{ next_work: NextWork[]; compact: Compact[] }>(file.json(), [
    'next_work',
    'compact',
  ]);
  report.each(next_work, (row) =>
    report.row(row.case, () => {
      const parameters = PRESETS[row.network] ?? parametersOf(row.network, file);
      const bits = Number(`0x${row.last_bits}`);
      const first = { height: 0, header: { time: row.first_block_time, bits } } as HeaderLink;
      const last = {
        height: row.last_height,
        header: { time: row.last_time, bits },
        ancestor: () => first,
      } as unknown as HeaderLink;
      const next = nextWorkRequired(last, row.last_time + parameters.targetSpacing, parameters);
      expectEqual(next.toString(16), row.expected_bits);
    }),
  );
  report.each(compact, (row) =>
    report.row(`compact ${row.compact}`, () => {
      const { target, negative, overflow } = targetFromBits(Number(`0x${row.compact}`));
      expectEqual({ negative, overflow }, { negative: row.negative, overflow: row.overflow });
      if (row.target !== null) expectEqual(target, BigInt(`0x${row.target}`), 'target');
      if (row.recompact === null) return;
      // The sign is no part of a target; Core puts it back when it packs a negative number.
      const packed = bitsFromTarget(target) + (negative ? 0x800000 : 0);
      expectEqual(packed.toString(16).padStart(8, '0'), row.recompact, 'recompact');
    }),
  );
}

interface Serialization {
  readonly varint_core_disk: readonly { n: string; hex: string }[];
  readonly amount_compression: readonly { amount: number; compressed: number }[];
  readonly coin: readonly {
    hex: string;
    coinbase: boolean;
    height: number;
    value: number;
    script_pubkey: string;
  }[];
  readonly coin_truncated: readonly string[];
  readonly compact_size: readonly { n: number; hex: string }[];
  readonly compact_size_non_canonical: readonly string[];
  /** A number; an empty list where the file has none. */
  readonly compact_size_max: number | readonly [];
}

function runSerialization(file: VectorFile, report: Report): void {
  const rows = report.groups<Serialization>(file.json(), [
    'varint_core_disk',
    'amount_compression',
    'coin',
    'coin_truncated',
    'compact_size',
    'compact_size_non_canonical',
    'compact_size_max',
  ]);
  report.each(rows.varint_core_disk, ({ n, hex }) =>
    report.row(`VARINT ${n}`, () => {
      expectEqual(toHex(new Writer().varInt(BigInt(n)).finish()), hex);
      expectEqual(new Reader(fromHex(hex)).varInt(), BigInt(n));
    }),
  );
  report.each(rows.amount_compression, ({ amount, compressed }) =>
    report.row(`amount ${amount}`, () => {
      expectEqual(compressAmount(BigInt(amount)), BigInt(compressed));
      expectEqual(decompressAmount(BigInt(compressed)), BigInt(amount));
    }),
  );
  report.each(rows.coin, ({ hex, coinbase, height, value, script_pubkey }) =>
    report.row(`coin ${hex}`, () => {
      const output = { value: BigInt(value), scriptPubKey: fromHex(script_pubkey) };
      const coin = decodeCoin(fromHex(hex));
      expectEqual(
        { ...coin.output, height: coin.height, coinbase: coin.coinbase },
        { ...output, height, coinbase },
      );
      expectEqual(toHex(encodeCoin({ output, height, coinbase })), hex);
    }),
  );
  report.each(rows.coin_truncated, (hex) =>
    report.row(`truncated coin ${hex}`, () => void expectThrows(() => decodeCoin(fromHex(hex)), 'coin')),
  );
  report.each(rows.compact_size, ({ n, hex }) =>
    report.row(`CompactSize ${n}`, () => {
      expectEqual(toHex(new Writer().compactSize(n).finish()), hex);
      expectEqual(new Reader(fromHex(hex)).compactSize(), n);
    }),
  );
  report.each(rows.compact_size_non_canonical, (hex) =>
    report.row(
      `CompactSize ${hex}`,
      () => void expectThrows(() => new Reader(fromHex(hex)).compactSize(), 'CompactSize'),
    ),
  );
  const { compact_size_max } = rows;
  if (typeof compact_size_max !== 'number') return;
  report.row('largest CompactSize', () => {
    expectEqual(MAX_SIZE, compact_size_max);
    const more = new Writer().compactSize(compact_size_max + 1).finish();
    expectThrows(() => new Reader(more).compactSize(), 'CompactSize');
  });
}

export const conformance: ConformanceModule = {
  runners: {
    'chain_params.json': runChainParams,
    'pow.json': runPow,
    'serialization.json': runSerialization,
  },
};
