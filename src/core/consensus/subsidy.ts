/** White paper section 6: the coins that a block may create. */
import type { NetworkParameters } from '../parameters/network.ts';

type SubsidySchedule = Pick<NetworkParameters, 'subsidy' | 'halvingInterval'>;

/** Satoshis that the block at `height` may create, besides the fees it collects. */
export function blockSubsidy(height: number, parameters: SubsidySchedule): bigint {
  return parameters.subsidy >> BigInt(Math.floor(height / parameters.halvingInterval));
}
