/**
 * Reads and writes a network file (`genesis.json`). Every field is checked, and an error names the one
 * that is wrong. Whether the genesis block has the hash and the work that the file claims is checked
 * where it is built (`consensus/genesis`).
 */
import { equalBytes, toHex } from '../encoding/bytes.ts';
import { Fields } from './fields.ts';
import type {
  ActivationHeights,
  AssumedCoins,
  DifficultyRule,
  GenesisBlock,
  NetworkParameters,
} from './network.ts';
import { NetworkFileError } from './network-file-error.ts';
import { BITCOIN_FUTURE_TIME, MAIN } from './presets.ts';

const UINT32 = 0xffffffff;
/** Satoshis of 21 million coins: the bound that consensus sets to any amount, and so to the supply. */
const MAX_SUPPLY = 2_100_000_000_000_000;
/** Heights and intervals: far more blocks than any network will see. */
const MAX_HEIGHT = 0x3fffffff;
/** A century. */
const MAX_SECONDS = 3_155_760_000;

/** @throws NetworkFileError naming the first field that is wrong. */
export function parseNetworkFile(json: unknown): NetworkParameters {
  const fields = new Fields(json, '');
  const name = fields.text(
    'name',
    /^[a-z][a-z0-9-]{0,31}$/,
    'a name of up to 32 letters a-z, digits and hyphens',
  );
  if (name === 'main' || name === 'regtest')
    throw fields.error('name', `is that of a preset, '${name}': choose another`);
  const parameters: NetworkParameters = Object.freeze({
    name,
    chain: name,
    dataSubdirectory: name,
    magic: fields.hex('magic', 4),
    p2pPort: fields.integer('p2pPort', 1, 65_535),
    rpcPort: fields.integer('rpcPort', 1, 65_535),
    dial: fields.text('dial', /^(ws|tcp)$/, "'ws' or 'tcp'") as 'ws' | 'tcp',
    seeds: fields.list('seeds', readSeed),
    localPeers: fields.boolean('localPeers'),

    pubKeyHashPrefix: fields.integer('pubKeyHashPrefix', 0, 255),
    scriptHashPrefix: fields.integer('scriptHashPrefix', 0, 255),
    secretKeyPrefix: fields.integer('secretKeyPrefix', 0, 255),
    bech32Prefix: fields.text('bech32Prefix', /^[a-z]{1,20}$/, '1 to 20 letters a-z'),
    bip32Public: Number(fields.hexNumber('bip32Public', 4)),
    bip32Private: Number(fields.hexNumber('bip32Private', 4)),
    coinType: fields.integer('coinType', 0, 0x7fffffff),

    subsidy: BigInt(fields.integer('subsidy', 0, MAX_SUPPLY)),
    halvingInterval: fields.integer('halvingInterval', 1, MAX_HEIGHT),
    coinbaseMaturity: fields.integer('coinbaseMaturity', 1, MAX_HEIGHT),
    targetSpacing: fields.integer('targetSpacing', 1, MAX_SECONDS),
    maxFutureBlockTime: fields.integerOr('maxFutureBlockTime', 1, MAX_SECONDS, BITCOIN_FUTURE_TIME),
    difficulty: fields.object('difficulty', readDifficultyRule),
    powLimit: fields.hexNumber('powLimit', 32),
    heights: fields.object('heights', readHeights),
    bip34Hash: fields.hashOrNull('bip34Hash'),
    // Histories that only Bitcoin has.
    scriptFlagExceptions: new Map<string, readonly string[]>(),
    bip30Exceptions: [],

    minimumChainWork: fields.hexNumber('minimumChainWork', 32),
    assumeValid: fields.hashOrNull('assumeValid'),
    ...(fields.has('assumeUtxo') && { assumeUtxo: fields.list('assumeUtxo', readAssumedCoins) }),
    maxTipAge: fields.integer('maxTipAge', 0, MAX_SECONDS),
    mineBlocksOnDemand: fields.boolean('mineBlocksOnDemand'),
    devControl: fields.booleanOr('devControl', false),
    fallbackFee: BigInt(fields.integer('fallbackFee', 0, 100_000_000)),

    genesis: fields.object('genesis', readGenesis),
  });
  fields.finish();
  checkTogether(parameters);
  return parameters;
}

function readSeed(value: unknown, path: string): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9.\-:[\]/]{1,255}$/.test(value))
    throw new NetworkFileError(path, 'must be a host, with a port if it is not the default one');
  return value;
}

function readAssumedCoins(value: unknown, path: string): AssumedCoins {
  const fields = new Fields(value, path);
  const coins = {
    height: fields.integer('height', 1, MAX_HEIGHT),
    blockHash: fields.hash('blockHash'),
    hashSerialized: fields.text('hashSerialized', /^[0-9a-f]{64}$/, 'a hash of 64 lower-case hex digits'),
    chainTxCount: fields.integer('chainTxCount', 2, Number.MAX_SAFE_INTEGER),
  };
  fields.finish();
  return coins;
}

function readDifficultyRule(fields: Fields): DifficultyRule {
  const kind = fields.text('kind', /^(interval|none|lwma)$/, "'interval', 'none' or 'lwma'");
  if (kind === 'lwma') return { kind, window: fields.integer('window', 2, 10_000) };
  if (kind === 'none') return { kind };
  return {
    kind: 'interval',
    interval: fields.integer('interval', 2, 1_000_000),
    clamp: fields.integer('clamp', 2, 1_000),
    minimumDifficultyAfter: fields.integer('minimumDifficultyAfter', 0, MAX_SECONDS),
    bip94: fields.boolean('bip94'),
  };
}

function readHeights(fields: Fields): ActivationHeights {
  return {
    bip34: fields.integer('bip34', 0, MAX_HEIGHT),
    bip65: fields.integer('bip65', 0, MAX_HEIGHT),
    bip66: fields.integer('bip66', 0, MAX_HEIGHT),
    csv: fields.integer('csv', 0, MAX_HEIGHT),
    segwit: fields.integer('segwit', 0, MAX_HEIGHT),
  };
}

function readGenesis(fields: Fields): GenesisBlock {
  return {
    version: fields.integer('version', 1, 0x7fffffff),
    time: fields.integer('time', 0, UINT32),
    bits: Number(fields.hexNumber('bits', 4)),
    nonce: fields.integer('nonce', 0, UINT32),
    // With what stands before it in the scriptSig, 100 bytes at most; ASCII, so that a letter is a byte.
    message: fields.text('message', /^[\x20-\x7e]{1,90}$/, '1 to 90 printable ASCII characters'),
    outputScript: fields.hex('outputScript', 1, 10_000),
    value: BigInt(fields.integer('value', 0, MAX_SUPPLY)),
    hash: fields.hash('hash'),
  };
}

/** What no field shows alone. */
function checkTogether(parameters: NetworkParameters): void {
  const { subsidy, halvingInterval } = parameters;
  let supply = 0n;
  for (let reward = subsidy; reward > 0n; reward >>= 1n) supply += reward * BigInt(halvingInterval);
  if (supply > MAX_SUPPLY)
    throw new NetworkFileError(
      'subsidy',
      `with this halvingInterval makes ${supply} satoshis in all, more than 21 million coins`,
    );
  if (parameters.devControl && equalBytes(parameters.magic, MAIN.magic))
    throw new NetworkFileError('devControl', "is not for Bitcoin's own network");
  for (const [i, { height }] of (parameters.assumeUtxo ?? []).entries())
    if (i > 0 && height <= parameters.assumeUtxo![i - 1]!.height)
      throw new NetworkFileError(`assumeUtxo[${i}].height`, 'must be above the one before');
  if (parameters.powLimit === 0n) throw new NetworkFileError('powLimit', 'must not be zero');
  if (parameters.p2pPort === parameters.rpcPort)
    throw new NetworkFileError('rpcPort', 'must not be the p2pPort');
  if (parameters.bip32Public === parameters.bip32Private)
    throw new NetworkFileError('bip32Private', 'must not be the bip32Public');
  const { pubKeyHashPrefix, scriptHashPrefix, secretKeyPrefix } = parameters;
  if (scriptHashPrefix === pubKeyHashPrefix)
    throw new NetworkFileError('scriptHashPrefix', 'must not be the pubKeyHashPrefix');
  if (secretKeyPrefix === pubKeyHashPrefix || secretKeyPrefix === scriptHashPrefix)
    throw new NetworkFileError('secretKeyPrefix', 'must not be the prefix of an address');
}

const hexNumber = (value: number | bigint, bytes: number): string =>
  value.toString(16).padStart(2 * bytes, '0');

/** The JSON value from which `parseNetworkFile` makes these parameters again. */
export function networkFile(parameters: NetworkParameters): Record<string, unknown> {
  const { genesis } = parameters;
  return {
    name: parameters.name,
    magic: toHex(parameters.magic),
    p2pPort: parameters.p2pPort,
    rpcPort: parameters.rpcPort,
    dial: parameters.dial,
    seeds: parameters.seeds,
    localPeers: parameters.localPeers,
    pubKeyHashPrefix: parameters.pubKeyHashPrefix,
    scriptHashPrefix: parameters.scriptHashPrefix,
    secretKeyPrefix: parameters.secretKeyPrefix,
    bech32Prefix: parameters.bech32Prefix,
    bip32Public: hexNumber(parameters.bip32Public, 4),
    bip32Private: hexNumber(parameters.bip32Private, 4),
    coinType: parameters.coinType,
    subsidy: Number(parameters.subsidy),
    halvingInterval: parameters.halvingInterval,
    coinbaseMaturity: parameters.coinbaseMaturity,
    targetSpacing: parameters.targetSpacing,
    maxFutureBlockTime: parameters.maxFutureBlockTime,
    difficulty: parameters.difficulty,
    powLimit: hexNumber(parameters.powLimit, 32),
    heights: parameters.heights,
    bip34Hash: parameters.bip34Hash,
    minimumChainWork: hexNumber(parameters.minimumChainWork, 32),
    assumeValid: parameters.assumeValid,
    ...(parameters.assumeUtxo && { assumeUtxo: parameters.assumeUtxo }),
    maxTipAge: parameters.maxTipAge,
    mineBlocksOnDemand: parameters.mineBlocksOnDemand,
    ...(parameters.devControl && { devControl: true }),
    fallbackFee: Number(parameters.fallbackFee),
    genesis: {
      version: genesis.version,
      time: genesis.time,
      bits: hexNumber(genesis.bits, 4),
      nonce: genesis.nonce,
      message: genesis.message,
      outputScript: toHex(genesis.outputScript),
      value: Number(genesis.value),
      hash: genesis.hash,
    },
  };
}
