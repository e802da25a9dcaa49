/** Messages of the peer-to-peer protocol: their payloads, envelopes, compact blocks, Merkle blocks. */
import { Block } from '../../src/core/block/block.ts';
import { extractMatches } from '../../src/core/block/partial-merkle-tree.ts';
import { equalBytes, fromHex, toDisplayHex, toHex } from '../../src/core/encoding/bytes.ts';
import { sha256 } from '../../src/core/encoding/hashes.ts';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { compactBlockOf } from '../../src/network/compact-block.ts';
import type { TimedAddress } from '../../src/network/messages/addresses.ts';
import { decodeEnvelope, encodeEnvelope } from '../../src/network/messages/envelope.ts';
import type { VersionAddress } from '../../src/network/messages/handshake.ts';
import {
  type Command,
  decodeBody,
  encodeBody,
  isCommand,
  type Message,
} from '../../src/network/messages/table.ts';
import { formatHost, readLegacyIp } from '../../src/network/network-address.ts';
import { type ConformanceModule, expectEqual, expectTrue, type Report, type VectorFile } from './suite.ts';

interface MessageRow {
  readonly command: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly payload: string;
  readonly header_main?: string;
  readonly header_regtest?: string;
}

const hex64 = (value: bigint): string => value.toString(16).padStart(16, '0');
const hashes = (list: readonly Uint8Array[]): string[] => list.map(toDisplayHex);

function versionAddress({ services, ip, port }: VersionAddress): unknown {
  return { services: Number(services), ip: formatHost(readLegacyIp(ip, port)), port };
}

function addressRow({ time, services, address }: TimedAddress, withNetwork: boolean): unknown {
  const host = formatHost(address);
  const { port } = address;
  return withNetwork
    ? { time, services: Number(services), network_id: address.id, address: host, port }
    : { time, services: Number(services), ip: host, port };
}

/** A decoded message with the names and forms that the vectors use. */
function fieldsOf(message: Message): Record<string, unknown> {
  switch (message.command) {
    case 'version': {
      const { body } = message;
      return {
        version: body.version,
        services: Number(body.services),
        time: Number(body.time),
        addr_recv: versionAddress(body.receiver),
        addr_from: versionAddress(body.sender),
        nonce: hex64(body.nonce),
        user_agent: body.userAgent,
        start_height: body.startHeight,
        relay: body.relay,
      };
    }
    case 'ping':
    case 'pong':
      return { nonce: hex64(message.body.nonce!) };
    case 'feefilter':
      return { feerate_sat_per_kvb: Number(message.body.feeRate) };
    case 'sendcmpct':
      return { announce: message.body.announce, version: Number(message.body.version) };
    case 'sendtxrcncl':
      return { version: message.body.version, salt: hex64(message.body.salt) };
    case 'inv':
    case 'getdata':
    case 'notfound':
      return { inv: message.body.items.map(({ type, hash }) => ({ type, hash: toDisplayHex(hash) })) };
    case 'getblocks':
    case 'getheaders': {
      const { version, locator, stop } = message.body;
      return { version, locator: hashes(locator), stop: toDisplayHex(stop) };
    }
    case 'headers':
      return { headers: message.body.headers.map((header) => toHex(header.bytes)) };
    case 'block':
      return { block: toHex(message.body.block.bytes) };
    case 'tx':
      return { tx: toHex(message.body.transaction.bytes) };
    case 'addr':
    case 'addrv2': {
      const v2 = message.command === 'addrv2';
      return { addrs: message.body.addresses.map((item) => addressRow(item, v2)) };
    }
    case 'getblocktxn': {
      const { blockHash, indexes } = message.body;
      const differential = indexes.map((index, i) => index - (i === 0 ? 0 : indexes[i - 1]! + 1));
      return {
        block_hash: toDisplayHex(blockHash),
        absolute_indexes: indexes,
        differential_indexes: differential,
      };
    }
    case 'blocktxn': {
      const { blockHash, transactions } = message.body;
      return { block_hash: toDisplayHex(blockHash), txs: transactions.map((tx) => toHex(tx.bytes)) };
    }
    case 'cmpctblock': {
      const { header, nonce, shortIds, prefilled } = message.body;
      return {
        header: toHex(header.bytes),
        nonce: Number(nonce),
        short_ids: shortIds.map((id) => id.toString(16).padStart(12, '0')),
        prefilled: prefilled.map(({ index, transaction }) => ({ index, tx: toHex(transaction.bytes) })),
      };
    }
    case 'getcfilters':
    case 'getcfheaders': {
      const { filterType, startHeight, stopHash } = message.body;
      return { filter_type: filterType, start_height: startHeight, stop_hash: toDisplayHex(stopHash) };
    }
    case 'cfilter': {
      const { filterType, blockHash, filter } = message.body;
      return { filter_type: filterType, block_hash: toDisplayHex(blockHash), filter: toHex(filter) };
    }
    case 'cfheaders': {
      const { filterType, stopHash, previousHeader, filterHashes } = message.body;
      return {
        filter_type: filterType,
        stop_hash: toDisplayHex(stopHash),
        prev_header: toDisplayHex(previousHeader),
        filter_hashes: hashes(filterHashes),
      };
    }
    case 'getcfcheckpt':
      return { filter_type: message.body.filterType, stop_hash: toDisplayHex(message.body.stopHash) };
    case 'cfcheckpt': {
      const { filterType, stopHash, filterHeaders } = message.body;
      return {
        filter_type: filterType,
        stop_hash: toDisplayHex(stopHash),
        filter_headers: hashes(filterHeaders),
      };
    }
    case 'filterload': {
      const { data, hashFunctions, tweak, flags } = message.body;
      return { data: toHex(data), hash_funcs: hashFunctions, tweak, flags };
    }
    case 'filteradd':
      return { data: toHex(message.body.data) };
    default:
      return {};
  }
}

function runMessages(file: VectorFile, report: Report): void {
  report.each(file.json<MessageRow[]>(), (row, number) =>
    report.row(`${number} ${row.command}`, () => {
      expectTrue(isCommand(row.command), `unknown message ${row.command}`);
      const command = row.command as Command;
      const payload = fromHex(row.payload);
      const body = decodeBody(command, payload);
      expectEqual(toHex(encodeBody(command, body)), row.payload, 'encoded again');
      const fields = fieldsOf({ command, body } as Message);
      // A field that a later format adds is covered by the payload; those that both name must agree.
      for (const [name, value] of Object.entries(row.fields))
        if (name in fields) expectEqual(fields[name], value, name);
      checkHeader(row.header_main, MAIN.magic, command, payload);
      checkHeader(row.header_regtest, REGTEST.magic, command, payload);
    }),
  );
}

function checkHeader(
  header: string | undefined,
  magic: Uint8Array,
  command: Command,
  payload: Uint8Array,
): void {
  if (header === undefined) return;
  const envelope = encodeEnvelope(magic, command, payload);
  expectEqual(toHex(envelope.subarray(0, 24)), header, 'envelope header');
  const decoded = decodeEnvelope(magic, envelope);
  expectTrue(decoded.command === command && equalBytes(decoded.payload, payload), 'envelope decodes');
}

interface CompactRow {
  readonly name: string;
  readonly nonce: string;
  readonly tx_count: number;
  readonly prefilled_indexes: readonly number[];
  readonly short_id_count: number;
  readonly short_ids_first5: readonly string[];
  readonly short_ids_last?: string;
  readonly short_ids_match_block: boolean;
  readonly payload_size: number;
  readonly payload_sha256: string;
  readonly block: string;
  readonly payload_file: string | null;
}

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function runCompactBlocks(file: VectorFile, report: Report): void {
  report.each(file.json<CompactRow[]>(), (row) =>
    report.row(row.name, () => {
      const source = file.other(fileName(row.block));
      expectTrue(source !== undefined, `${row.block} is missing`);
      const block = Block.decode(source!.bytes());
      expectEqual(block.transactions.length, row.tx_count, 'transactions');
      const made = compactBlockOf(block, BigInt(`0x${row.nonce}`), row.prefilled_indexes);
      const payload = encodeBody('cmpctblock', made);
      if (row.short_ids_match_block) {
        expectEqual(payload.length, row.payload_size, 'payload size');
        expectEqual(toHex(sha256(payload)), row.payload_sha256, 'payload hash');
      }
      const stored = row.payload_file === null ? undefined : file.other(fileName(row.payload_file))?.bytes();
      const decoded = decodeBody('cmpctblock', stored ?? payload);
      if (stored !== undefined)
        expectEqual(toHex(encodeBody('cmpctblock', decoded)), toHex(stored), 'encoded again');
      const ids = decoded.shortIds.map((id) => id.toString(16).padStart(12, '0'));
      expectEqual(ids.length, row.short_id_count, 'short ids');
      expectEqual(ids.slice(0, 5), row.short_ids_first5, 'first short ids');
      if (row.short_ids_last !== undefined) expectEqual(ids.at(-1), row.short_ids_last, 'last short id');
      expectEqual(
        decoded.prefilled.map(({ index }) => index),
        row.prefilled_indexes,
        'prefilled',
      );
    }),
  );
}

interface MerkleRow {
  readonly payload_file: string;
  readonly block_hash: string;
  readonly tx_count: number;
  readonly hash_count: number;
  readonly flag_bytes_bits: number;
  readonly matched_txids: readonly string[];
  readonly matched_positions: readonly number[];
}

function runMerkleBlock(file: VectorFile, report: Report): void {
  const row = file.json<MerkleRow>();
  report.row(row.block_hash, () => {
    const raw = file.other(fileName(row.payload_file));
    expectTrue(raw !== undefined, `${row.payload_file} is missing`);
    const payload = raw!.bytes();
    const body = decodeBody('merkleblock', payload);
    expectEqual(toHex(encodeBody('merkleblock', body)), toHex(payload), 'encoded again');
    expectEqual(body.header.hash, row.block_hash as typeof body.header.hash, 'block hash');
    expectEqual(body.tree.transactionCount, row.tx_count, 'transactions');
    expectEqual(body.tree.hashes.length, row.hash_count, 'hashes');
    expectEqual(body.tree.bits.length, row.flag_bytes_bits, 'bits');
    const { root, matches } = extractMatches(body.tree);
    expectTrue(equalBytes(root, body.header.merkleRoot), 'Merkle root');
    expectEqual(
      matches.map(({ txid }) => toDisplayHex(txid)),
      row.matched_txids,
      'matched transactions',
    );
    expectEqual(
      matches.map(({ index }) => index),
      row.matched_positions,
      'matched positions',
    );
  });
}

export const conformance: ConformanceModule = {
  runners: {
    'messages.json': runMessages,
    'compact_blocks.json': runCompactBlocks,
    'merkleblock_*.json': runMerkleBlock,
  },
  companions: ['cmpctblock_*.raw', 'merkleblock_*.raw'],
};
