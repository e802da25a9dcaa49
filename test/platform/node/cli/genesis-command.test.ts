import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_NETWORK_FILE, readNetworkFile } from '../../../../src/platform/node/cli/configuration.ts';
import { writeNetworkFile } from '../../../../src/platform/node/cli/genesis-command.ts';
import { newNetwork } from '../../../../src/platform/node/cli/new-network.ts';
import { systemRandom } from '../../../../src/platform/node/random.ts';

const penny = readNetworkFile(DEFAULT_NETWORK_FILE);

test('a new network has its own magic, ports and genesis block, and its file reads back', () => {
  const directory = mkdtempSync(join(tmpdir(), 'penny-genesis-'));
  const path = join(directory, 'village.json');
  const village = newNetwork(penny, { name: 'village', message: 'Market day' }, 1_750_000_000, systemRandom);
  writeNetworkFile(path, village);
  const read = readNetworkFile(path);
  expect(read).toEqual(village);
  expect(read.genesis.hash).not.toBe(penny.genesis.hash);
  expect(read.magic).not.toEqual(penny.magic);
  expect(read.magic[0]).toBeGreaterThanOrEqual(0x80);
  expect(read.genesis.time).toBe(1_750_000_000);
  expect(() => writeNetworkFile(path, village)).toThrow('exists already');
  rmSync(directory, { recursive: true });
});

test('answers that no network may have are refused by field', () => {
  const make = (name: string, message: string) =>
    newNetwork(penny, { name, message }, 1_750_000_000, systemRandom);
  expect(() => make('Village!', 'x')).toThrow('name');
  expect(() => make('regtest', 'x')).toThrow('preset');
  expect(() => make('village', 'x'.repeat(91))).toThrow('genesis.message');
});
