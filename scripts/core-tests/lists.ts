/** Which of Bitcoin Core's functional tests are run: those that must pass, and all that its own runner names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Passed by every change. */
export const REQUIRED: readonly string[] = `
  interface_rpc rpc_blockchain rpc_getblockstats rpc_rawtransaction rpc_psbt rpc_txoutproof rpc_decodescript
  rpc_deriveaddresses rpc_createmultisig rpc_signrawtransactionwithkey rpc_invalidateblock rpc_dumptxoutset
  feature_utxo_set_hash mempool_accept feature_rbf mempool_reorg mempool_packages rpc_packages mining_basic
  mining_mainnet feature_block feature_segwit feature_taproot feature_csv_activation p2p_segwit p2p_compactblocks
  p2p_sendheaders p2p_invalid_block wallet_basic wallet_importdescriptors
`
  .trim()
  .split(/\s+/);

/**
 * What the runner of a build names, in its order (the longest first), without the repetitions over the encrypted
 * transport, which Penny does not speak. A test is a name, and perhaps arguments: `rpc_bind --ipv4`.
 */
export function allTests(functional: string): string[] {
  const runner = readFileSync(join(functional, 'test_runner.py'), 'utf8');
  const lists = /EXTENDED_SCRIPTS = \[(.*?)^\][\s\S]*?BASE_SCRIPTS = \[(.*?)^\]/ms.exec(runner);
  if (lists === null) throw new Error(`${functional}/test_runner.py names no tests`);
  const named = Array.from(`${lists[1]}${lists[2]}`.matchAll(/^\s*'(\w+)\.py(.*?)',/gm), ([, name, rest]) =>
    `${name}${rest}`.replace(' --v1transport', ''),
  );
  return [...new Set(named)].filter((test) => !test.includes('--v2transport'));
}
