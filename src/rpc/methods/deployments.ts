/** getdeploymentinfo: which rules are in force. */
import { blockScriptFlags } from '../../core/consensus/flags.ts';
import { ScriptFlag } from '../../core/script/flags.ts';
import { bip9Result, deploymentJson } from '../formats/deployment.ts';
import { findBlock } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

const getdeploymentinfo = defineMethod({
  name: 'getdeploymentinfo',
  category: 'Blockchain',
  description: 'Returns an object containing various state info regarding deployments of consensus changes.',
  parameters: [
    param.hex('blockhash', 'The block hash at which to query deployment state', {
      hint: 'hash of current chain tip',
    }),
  ],
  results: [
    result.object('', '', [
      result.string('hash', 'requested block hash (or tip)'),
      result.number('height', 'requested block height (or tip)'),
      result.array('script_flags', 'script verify flags for the block', [
        result.string('flag', 'a script verify flag'),
      ]),
      result.keyed('deployments', '', [
        result.object('xxxx', 'name of the deployment', [
          result.string('type', 'one of "buried", "bip9"'),
          result.number('height', 'height of the first block which the rules are or will be enforced', {
            optional: true,
          }),
          result.boolean('active', 'true if the rules are enforced for the mempool and the next block'),
          bip9Result,
        ]),
      ]),
    ]),
  ],
  examples: [''],
  handler([blockhash], { chain, parameters }) {
    const entry = blockhash === undefined ? chain.tip : findBlock(chain, blockhash, 'blockhash');
    const { bip34, bip66, bip65, csv, segwit } = parameters.heights;
    const buried = Object.entries({ bip34, bip66, bip65, csv, segwit }).map(([name, height]) => [
      name,
      { type: 'buried', active: entry.height + 1 >= height, height },
    ]);
    const signalled = (parameters.versionBits ?? []).map((deployment) => [
      deployment.name,
      deploymentJson(entry, deployment),
    ]);
    return {
      hash: entry.hash,
      height: entry.height,
      script_flags: flagNames(blockScriptFlags(entry, parameters)),
      deployments: Object.fromEntries([...buried, ...signalled]),
    };
  },
});

function flagNames(flags: number): string[] {
  return Object.entries(ScriptFlag)
    .filter(([, flag]) => (flags & flag) !== 0)
    .map(([name]) => name)
    .sort();
}

export const deploymentMethods: readonly Method[] = [getdeploymentinfo];
