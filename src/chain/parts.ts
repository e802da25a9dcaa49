/** What the stages of a block and the requests about a chain work on; put together once, when it is opened. */
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Seams } from '../seams.ts';
import type { ActiveChain } from './active-chain.ts';
import type { BlockStore } from './block-store.ts';
import type { Chainstate } from './chainstate.ts';
import type { ChainEvents } from './events.ts';
import type { HeaderTree } from './header-tree.ts';
import type { KeyValueStore } from './key-value-store.ts';
import type { Progress } from './progress.ts';
import type { Pruner } from './pruning.ts';
import type { ScriptVerifier } from './script-verifier.ts';
import type { Storage } from './storage.ts';

export interface ChainDependencies extends Seams {
  readonly parameters: NetworkParameters;
  readonly storage: Storage;
  readonly scriptVerifier: ScriptVerifier;
}

export interface ChainParts extends Omit<ChainDependencies, 'random' | 'storage'> {
  readonly index: KeyValueStore;
  readonly blocks: BlockStore;
  /** Another when a snapshot is loaded. */
  chainstate: Chainstate;
  readonly tree: HeaderTree;
  readonly active: ActiveChain;
  readonly progress: Progress;
  readonly pruner: Pruner;
  /** The network file's, or what the options say instead. */
  readonly minimumChainWork: bigint;
  readonly assumeValid: string | null;
  readonly events: ChainEvents;
}
