/** getdeploymentinfo: which rules are in force. */
import { blockScriptFlags } from '../../core/consensus/flags.ts';
import { flagNames } from '../../formats/script-trace.ts';
import { deployment, deploymentJson } from '../formats/deployment.ts';
import { group, method, t } from '../kit.ts';
import { blockByHash } from '../lookup.ts';

export const deploymentMethods = group('Blockchain', {
  getdeploymentinfo: method({
    help: 'Which soft forks are in force for a block and for the next.',
    parameters: { blockhash: t.optional(blockByHash(), 'the tip') },
    result: t.object({
      hash: t.hex(),
      height: t.integer(),
      script_flags: t.array(t.string(), 'Rules by which its scripts are verified'),
      deployments: t.record(deployment, 'name'),
    }),
    handler({ blockhash }, { chain, parameters }) {
      const entry = blockhash ?? chain.tip;
      const { bip34, bip66, bip65, csv, segwit } = parameters.heights;
      const buried = Object.entries({ bip34, bip66, bip65, csv, segwit }).map(
        ([name, height]) => [name, { type: 'buried', active: entry.height + 1 >= height, height }] as const,
      );
      const signalled = (parameters.versionBits ?? []).map(
        (each) => [each.name, deploymentJson(entry, each)] as const,
      );
      return {
        hash: entry.hash,
        height: entry.height,
        script_flags: flagNames(blockScriptFlags(entry, parameters)).sort(),
        deployments: Object.fromEntries([...buried, ...signalled]),
      };
    },
  }),
});
