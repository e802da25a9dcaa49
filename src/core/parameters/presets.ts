/** The two networks that are built in, with exactly Bitcoin's parameters (Core 30's). */
import { fromHex } from '../encoding/bytes.ts';
import type { GenesisBlock, NetworkParameters } from './network.ts';

/** Two hours, for networks that do not say. */
export const BITCOIN_FUTURE_TIME = 7_200;
/** 50 bitcoin in satoshis. */
const FIRST_SUBSIDY = 5_000_000_000n;

const satoshisGenesis: Omit<GenesisBlock, 'time' | 'bits' | 'nonce' | 'hash'> = {
  version: 1,
  message: 'The Times 03/Jan/2009 Chancellor on brink of second bailout for banks',
  outputScript: fromHex(
    '4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6' +
      '49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac',
  ),
  value: FIRST_SUBSIDY,
};

export const MAIN: NetworkParameters = Object.freeze({
  name: 'main',
  chain: 'main',
  dataSubdirectory: '',
  magic: fromHex('f9beb4d9'),
  p2pPort: 8333,
  rpcPort: 8332,
  dial: 'tcp',
  seeds: Object.freeze([
    'seed.bitcoin.sipa.be',
    'dnsseed.bluematt.me',
    'seed.bitcoin.jonasschnelli.ch',
    'seed.btc.petertodd.net',
    'seed.bitcoin.sprovoost.nl',
    'dnsseed.emzy.de',
    'seed.bitcoin.wiz.biz',
    'seed.mainnet.achownodes.xyz',
  ]),
  localPeers: false,

  pubKeyHashPrefix: 0,
  scriptHashPrefix: 5,
  secretKeyPrefix: 128,
  bech32Prefix: 'bc',
  bip32Public: 0x0488b21e,
  bip32Private: 0x0488ade4,
  coinType: 0,

  subsidy: FIRST_SUBSIDY,
  halvingInterval: 210_000,
  coinbaseMaturity: 100,
  targetSpacing: 600,
  maxFutureBlockTime: BITCOIN_FUTURE_TIME,
  difficulty: Object.freeze({
    kind: 'interval',
    interval: 2016,
    clamp: 4,
    minimumDifficultyAfter: 0,
    bip94: false,
  }),
  powLimit: (1n << 224n) - 1n,
  heights: Object.freeze({ bip34: 227_931, bip65: 388_381, bip66: 363_725, csv: 419_328, segwit: 481_824 }),
  // Taproot's, and a period.
  signalsFrom: 711_648,
  bip34Hash: '000000000000024b89b42a942fe0d9fea3bb44ab7bd1b19115dd6a759c0808b8',
  scriptFlagExceptions: new Map<string, readonly string[]>([
    // The only block that breaks BIP16.
    ['00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22', []],
    // The only block that breaks taproot's rules: mined before they were in force.
    ['0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad', ['P2SH', 'WITNESS']],
  ]),
  bip30Exceptions: Object.freeze([
    { height: 91_842, hash: '00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec' },
    { height: 91_880, hash: '00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721' },
  ]),

  minimumChainWork: 0xdee8e2a309ad8a9820433c68n,
  assumeValid: '00000000000000000000611fd22f2df7c8fbd0688745c3a6c3bb5109cc2a12cb',
  assumeUtxo: Object.freeze([
    {
      height: 840_000,
      blockHash: '0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5',
      hashSerialized: 'a2a5521b1b5ab65f67818e5e8eccabb7171a517f9e2382208f77687310768f96',
      chainTxCount: 991_032_194,
    },
    {
      height: 880_000,
      blockHash: '000000000000000000010b17283c3c400507969a9c2afd1dcf2082ec5cca2880',
      hashSerialized: 'dbd190983eaf433ef7c15f78a278ae42c00ef52e0fd2a54953782175fbadcea9',
      chainTxCount: 1_145_604_538,
    },
    {
      height: 910_000,
      blockHash: '0000000000000000000108970acb9522ffd516eae17acddcb1bd16469194a821',
      hashSerialized: '4daf8a17b4902498c5787966a2b51c613acdab5df5db73f196fa59a4da2f1568',
      chainTxCount: 1_226_586_151,
    },
    {
      height: 935_000,
      blockHash: '0000000000000000000147034958af1652b2b91bba607beacc5e72a56f0fb5ee',
      hashSerialized: 'e4b90ef9eae834f56c4b64d2d50143cee10ad87994c614d7d04125e2a6025050',
      chainTxCount: 1_305_397_408,
    },
  ]),
  maxTipAge: 86_400,
  pruneAfterHeight: 100_000,
  mineBlocksOnDemand: false,
  devControl: false,
  fallbackFee: 0n,

  genesis: Object.freeze({
    ...satoshisGenesis,
    time: 1_231_006_505,
    bits: 0x1d00ffff,
    nonce: 2_083_236_893,
    hash: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
  }),
});

export const REGTEST: NetworkParameters = Object.freeze({
  name: 'regtest',
  chain: 'regtest',
  dataSubdirectory: 'regtest',
  magic: fromHex('fabfb5da'),
  p2pPort: 18_444,
  rpcPort: 18_443,
  dial: 'tcp',
  seeds: Object.freeze([]),
  localPeers: true,

  pubKeyHashPrefix: 111,
  scriptHashPrefix: 196,
  secretKeyPrefix: 239,
  bech32Prefix: 'bcrt',
  bip32Public: 0x043587cf,
  bip32Private: 0x04358394,
  coinType: 1,

  subsidy: FIRST_SUBSIDY,
  halvingInterval: 150,
  coinbaseMaturity: 100,
  targetSpacing: 600,
  maxFutureBlockTime: BITCOIN_FUTURE_TIME,
  difficulty: Object.freeze({ kind: 'none' }),
  powLimit: (1n << 255n) - 1n,
  heights: Object.freeze({ bip34: 1, bip65: 1, bip66: 1, csv: 1, segwit: 0 }),
  // Core's DEPLOYMENT_TESTDUMMY: no rule comes of it.
  versionBits: Object.freeze([
    Object.freeze({
      name: 'testdummy',
      bit: 28,
      startTime: 0n,
      timeout: 2n ** 63n - 1n,
      minimumActivationHeight: 0,
      period: 144,
      threshold: 108,
    }),
  ]),
  bip34Hash: null,
  scriptFlagExceptions: new Map<string, readonly string[]>(),
  bip30Exceptions: Object.freeze([]),

  minimumChainWork: 0n,
  assumeValid: null,
  assumeUtxo: Object.freeze([
    {
      height: 110,
      blockHash: '135eec25a6fb277884e5824e7aa7d052c4868161c99a5122170b5266f86c273d',
      hashSerialized: '86e9a1205b418b16dde3a18a78c730e30137e28466bda5dbf6b33ab8fc05447c',
      chainTxCount: 111,
    },
    {
      height: 200,
      blockHash: '385901ccbd69dff6bbd00065d01fb8a9e464dede7cfe0372443884f9b1dcf6b9',
      hashSerialized: '17dcc016d188d16068907cdeb38b75691a118d43053b8cd6a25969419381d13a',
      chainTxCount: 201,
    },
    {
      height: 299,
      blockHash: '0c552ced4721c249a389eb9b08cb8da261cd46f0e7b5f9d064d48f3113406853',
      hashSerialized: '106b2c56233e378a824cf0d5ff2be42ed32c72f1605c9be288d00942908a40ac',
      chainTxCount: 334,
    },
  ]),
  maxTipAge: 86_400,
  mineBlocksOnDemand: true,
  devControl: true,
  fallbackFee: 0n,

  genesis: Object.freeze({
    ...satoshisGenesis,
    time: 1_296_688_602,
    bits: 0x207fffff,
    nonce: 2,
    hash: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
  }),
});
