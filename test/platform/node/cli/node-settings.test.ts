import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAIN, REGTEST } from '../../../../src/core/parameters/presets.ts';
import { DEFAULT_POLICY } from '../../../../src/mempool/policy.ts';
import { readConfiguration } from '../../../../src/platform/node/cli/configuration.ts';
import { NODE } from '../../../../src/platform/node/cli/node-options.ts';
import { loggerOptions, processOptions, warnings } from '../../../../src/platform/node/cli/node-settings.ts';
import { VERSION } from '../../../../src/platform/node/cli/version.ts';
import { DEFAULT_POLICY as WALLET } from '../../../../src/wallet/policy.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-settings-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const read = (...words: string[]) => readConfiguration(['-regtest', `-datadir=${directory}`, ...words], NODE);
const process = (...words: string[]) => processOptions(read(...words));

const LOOPBACK = [
  { host: '127.0.0.1', port: 18_443 },
  { host: '::1', port: 18_443, optional: true },
];

test('without options the defaults of Bitcoin Core on regtest', () => {
  const { node, rpc, mockTime } = process();
  expect(node.network).toMatchObject({
    bind: ['0.0.0.0:18444'],
    addNodes: [],
    blocksOnly: false,
    dnsSeed: true,
  });
  expect(node.network.connect).toBeUndefined();
  const { minimumChainWork, assumeValid, maxTipAge, fallbackFee } = REGTEST;
  expect(node.chain).toMatchObject({ minimumChainWork, assumeValid, maxTipAge, dbcache: 450, prune: 0 });
  expect(node.mempool).toEqual({ ...DEFAULT_POLICY, maxMemory: 900_000_000 });
  expect(node.wallet).toEqual({ ...WALLET, fallbackFee, keypool: 1000, load: [], disabled: false });
  expect(node.mine).toBeUndefined();
  expect(rpc?.server.bind).toEqual(LOOPBACK);
  expect(rpc?.cookieFile).toBe(join(directory, 'regtest', '.cookie'));
  expect(mockTime).toBe(0);
});

test('-connect turns listening and seeds off, -bind and -listen turn it on again', () => {
  expect(process('-connect=a:1').node.network).toMatchObject({ connect: ['a:1'], bind: [], dnsSeed: false });
  expect(process('-noconnect').node.network).toMatchObject({ connect: [], bind: [] });
  expect(process('-connect=0').node.network.connect).toEqual([]);
  expect(process('-connect=a', '-listen').node.network.bind).toEqual(['0.0.0.0:18444']);
  expect(process('-connect=a', '-bind=1.2.3.4').node.network.bind).toEqual(['1.2.3.4:18444']);
  expect(process('-maxconnections=0').node.network).toMatchObject({ bind: [], dnsSeed: false });
});

test("programs find the version of Bitcoin Core in front, on networks of one's own Penny's", () => {
  const told = (...words: string[]) =>
    process('-uacomment=a', '-uacomment=b', ...words).node.network.userAgent;
  const own = `Penny:${VERSION}(a; b)`;
  for (const words of [[], ['-noregtest', '-chain=main']])
    expect(told(...words)).toBe(`/Satoshi:31.0.0/${own}/`);
  expect(told('-noregtest', '-chain=penny')).toBe(`/${own}/Satoshi:31.0.0/`);
  expect(process().node.network.userAgent).toBe(`/Satoshi:31.0.0/Penny:${VERSION}/`);
});

test('addresses take the port that is set, unless they have one', () => {
  const words = ['-port=5', '-bind=1.2.3.4:6', '-bind=::1', '-bind=[::1]:7', '-bind=0.0.0.0'];
  expect(process(...words).node.network.bind).toEqual(['1.2.3.4:6', '[::1]:5', '[::1]:7', '0.0.0.0:5']);
});

test('-rpcbind counts only with -rpcallowip', () => {
  expect(process('-rpcbind=0.0.0.0').rpc?.server.bind).toEqual(LOOPBACK);
  const server = process('-rpcbind=0.0.0.0:9', '-rpcbind=::', '-rpcallowip=10.0.0.0/8').rpc!.server;
  expect(server.bind).toEqual([
    { host: '0.0.0.0', port: 9 },
    { host: '::', port: 18_443 },
  ]);
  const warned = (...words: string[]) => warnings(read(...words).values).join();
  expect(warned('-rpcbind=::')).toContain('-rpcbind was ignored because -rpcallowip was not specified');
  expect(warned('-rpcallowip=::1')).toContain('-rpcallowip was specified without -rpcbind');
  expect(warned('-rpcallowip=::1', '-rpcbind=::')).toBe('');
});

test('a password takes the place of the cookie; -noserver leaves nothing to ask', () => {
  expect(process('-rpcuser=u', '-rpcpassword=p').rpc).toMatchObject({
    cookieFile: null,
    user: { name: 'u', password: 'p' },
  });
  expect(process('-norpccookiefile').rpc).toMatchObject({ cookieFile: null, user: null });
  expect(process('-noserver').rpc).toBeNull();
});

test('a user that is whitelisted twice may call what both allow', () => {
  const { whitelist, whitelistDefault } = process('-rpcwhitelist=u:a,b', '-rpcwhitelist=u:b,c').rpc!.server;
  expect([...whitelist.get('u')!]).toEqual(['b']);
  expect(whitelistDefault).toBe(true);
  expect(process().rpc!.server.whitelistDefault).toBe(false);
});

test('units: megabytes, hours, coins per kvB', () => {
  const { node } = process(
    '-maxmempool=5',
    '-mempoolexpiry=2',
    '-minrelaytxfee=0.00001',
    '-fallbackfee=0.0002',
  );
  expect(node.mempool).toMatchObject({ maxBytes: 5_000_000, expiry: 7200, minimumRelayFeeRate: 1000n });
  expect(node.wallet).toMatchObject({ load: [], fallbackFee: 20_000n });
});

test('who mines for no one in particular gets a wallet', () => {
  expect(process('-mine=1').node.wallet).toMatchObject({ first: 'wallet' });
  expect(process('-welcome').node.wallet).toMatchObject({ first: 'wallet' });
  expect(process('-mine=1', '-mine-address=x').node.wallet).not.toHaveProperty('first');
});

test('hex settings: zero means none, and what is no hex is refused', () => {
  const hash = 'ab'.repeat(32);
  expect(process(`-assumevalid=${hash}`, '-minimumchainwork=0x10').node.chain).toMatchObject({
    assumeValid: hash,
    minimumChainWork: 16n,
  });
  const onMain = (...words: string[]) =>
    readConfiguration(['-chain=main', ...words], NODE).values.assumevalid;
  expect([onMain(), onMain('-assumevalid=0'), onMain('-noassumevalid')]).toEqual([
    MAIN.assumeValid,
    null,
    null,
  ]);
  expect(() => process('-assumevalid=xyz')).toThrow(
    'Invalid assumevalid block hash specified (xyz), must be up to 64 hex digits (or 0 to disable)',
  );
  expect(() => process('-minimumchainwork=test')).toThrow(
    'Invalid minimum work specified (test), must be up to 64 hex digits',
  );
});

test('what is told of wallets reaches them', () => {
  const words = '-nowalletbroadcast -walletrbf=0 -spendzeroconfchange=0 -txconfirmtarget=2 -maxtxfee=0.5';
  const more = '-mintxfee=0.0001 -addresstype=bech32m -changetype=legacy -keypool=5';
  expect(process(...words.split(' '), ...more.split(' ')).node.wallet).toMatchObject({
    load: [],
    broadcast: false,
    replaceable: false,
    spendUnconfirmedChange: false,
    confirmTarget: 2,
    maximumFee: 50_000_000n,
    minimumFeeRate: 10_000n,
    addressType: 'bech32m',
    changeType: 'legacy',
    keypool: 5,
  });
  const off = ['-privatebroadcast=0', '-nosigner', '-paytxfee=0.00', '-dns=1', '-noproxy'];
  expect(process(...off)).toEqual(process());
});

test.each([
  ['-privatebroadcast', '-privatebroadcast is not supported. '],
  ['-privatebroadcast=1', '-privatebroadcast is not supported. '],
  ['-dns=0', '-dns is not supported. '],
  ['-nodns', '-dns is not supported. '],
  ['-maxuploadtarget=5x', "Unable to parse -maxuploadtarget: '5x'"],
  ['-whitelist=oops@::1', "Invalid P2P permission: 'oops'"],
  ['-whitebind=noban@127.0.0.1', "Need to specify a port with -whitebind: '127.0.0.1'"],
  ['-paytxfee=0.0001', '-paytxfee is not supported. '],
  ['-signer=/bin/hwi', '-signer is not supported. '],
  ['-privatebroadcast=', '-privatebroadcast is not supported. '],
  ['-blocksdir=/tmp', '-blocksdir is not supported. '],
  ['-walletdir=/tmp', '-walletdir is not supported. '],
  ['-addresstype=p2x', "Unknown address type 'p2x'"],
  ['-changetype=p2x', "Unknown change type 'p2x'"],
  ['-txconfirmtarget=0', '-txconfirmtarget'],
  ['-maxtxfee=-1', "Invalid amount for -maxtxfee=<amount>: '-1'"],
  ['-dbcache=3', "Invalid value for -dbcache: '3' (a whole number from 4)"],
  ['-nodbcache', "Invalid value for -dbcache: '0' (a whole number from 4)"],
  ['-dbcache=1e3', "Invalid value for -dbcache: '1e3'"],
  ['-rpcthreads=0', '-rpcthreads'],
  ['-prune=100', 'below the minimum of 550 MiB'],
  ['-peerblockfilters', 'without -blockfilterindex'],
  ['-blockfilterindex=fancy', 'Unknown -blockfilterindex value fancy.'],
  ['-uacomment=a/b', 'contains unsafe characters'],
  ['-mine=1 -mine-load=0', '-mine-load'],
])('%s is refused', (words, message) => {
  expect(() => process(...words.split(' '))).toThrow(message);
});

test('log categories: all, some, but not others; unknown ones are refused', () => {
  const categories = (...words: string[]) => loggerOptions(read(...words), true).categories;
  expect(categories('-debug=net', '-debug=rpc')).toEqual(['net', 'rpc']);
  expect(categories('-debug', '-debugexclude=net')).not.toContain('net');
  expect(categories('-debug', '-debugexclude=net')).toContain('mempool');
  expect(categories('-debug=net', '-debug=none')).toEqual([]);
  expect(() => categories('-debug=gossip')).toThrow('Unsupported logging category -debug=gossip.');
  expect(loggerOptions(read('-nodebuglogfile'), true).file).toBeNull();
});
