/** What a node was told to do by itself, mining, and to say of fees: kept in a snapshot, and taken up again. */
import { fromHex, toHex } from '../core/encoding/bytes.ts';
import { satPerKvB } from '../core/transaction/fee-rate.ts';
import type { AutoMiner, AutoMining } from '../mining/auto-miner.ts';
import type { MiningOptions } from '../mining/miner.ts';
import type { RpcContext } from '../rpc/context.ts';

/** As JSON has it: rates in satoshis per 1,000 vbytes, scripts in hex. */
export interface Settings {
  readonly fees: readonly (readonly [target: number, rate: string])[];
  readonly autoMining: Written<AutoMining> | null;
  readonly mining: Written<MiningOptions> | null;
}

type Written<T extends { readonly script: Uint8Array }> = Omit<T, 'script'> & { readonly script: string };
export type SetParts = Pick<RpcContext, 'fees' | 'miner'> & { readonly autoMiner: AutoMiner };

const written = <T extends { readonly script: Uint8Array }>(given: T | null): Written<T> | null =>
  given && { ...given, script: toHex(given.script) };

export const settingsOf = ({ fees, autoMiner, miner }: SetParts): Settings => ({
  fees: Array.from(fees.fixed, ([target, rate]) => [target, String(rate)]),
  autoMining: written(autoMiner.mining),
  mining: written(miner.mining),
});

/** Resolves when nothing is mined by itself any more. */
export async function rest({ autoMiner, miner }: SetParts): Promise<void> {
  await Promise.all([autoMiner.stop(), miner.stop()]);
}

/** Of a node that rests. */
export function setAgain({ fees, autoMining, mining }: Settings, parts: SetParts): void {
  parts.fees.fix(null, null);
  for (const [target, rate] of fees) parts.fees.fix(satPerKvB(BigInt(rate)), target);
  if (autoMining !== null) parts.autoMiner.start({ ...autoMining, script: fromHex(autoMining.script) });
  if (mining !== null) parts.miner.start({ ...mining, script: fromHex(mining.script) });
}
