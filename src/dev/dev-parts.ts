/** What holds a chain in one's hands, on networks whose file says `devControl`. */
import type { Storage } from '../chain/storage.ts';
import { AutoMiner } from '../mining/auto-miner.ts';
import type { RpcContext } from '../rpc/context.ts';
import { Faucet } from './faucet.ts';
import { Snapshots } from './snapshots.ts';

export class DevParts {
  readonly snapshots: Snapshots;
  readonly autoMiner: AutoMiner;
  readonly faucet: Faucet;

  constructor(
    parts: Omit<ConstructorParameters<typeof Snapshots>[0], 'autoMiner'> &
      ConstructorParameters<typeof AutoMiner>[0] &
      ConstructorParameters<typeof Faucet>[0],
    storage: Storage,
  ) {
    this.autoMiner = new AutoMiner(parts);
    this.snapshots = new Snapshots({ ...parts, autoMiner: this.autoMiner }, storage);
    this.faucet = new Faucet(parts);
  }

  async close(): Promise<void> {
    await this.autoMiner.stop();
    await this.snapshots.close();
  }
}

/** Of the node that a method runs on. */
export function devParts({ dev }: RpcContext): DevParts {
  if (dev instanceof DevParts) return dev;
  throw new Error('a network with devControl has it');
}
