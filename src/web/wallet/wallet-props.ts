/** What every part of the wallet's view is handed. */
import type { RpcClient } from '../../client/client.ts';

export interface WalletProps {
  readonly client: RpcClient;
  readonly name: string;
  /** Changes with the wallet. */
  readonly age: number;
  /** To be told of what no event tells. */
  onChanged(): void;
}
