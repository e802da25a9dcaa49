/**
 * A data directory: LevelDB stores, block files, small blobs. It belongs to one network, which a marker
 * names, and to one process at a time (`directory-lock.ts`).
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockFiles } from '../../../chain/block-files.ts';
import { frameOf } from '../../../chain/block-store.ts';
import type { KeyValueStore } from '../../../chain/key-value-store.ts';
import { titleOf } from '../../../chain/schema.ts';
import { sealedJson, unsealedJson } from '../../../chain/side-files.ts';
import { DiskError, type Storage } from '../../../chain/storage.ts';
import { genesisBlock } from '../../../core/consensus/genesis.ts';
import { concatBytes, toHex } from '../../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { type BlockMask, KEY_FILE, openBlockMask } from './block-mask.ts';
import { DirectoryLock, LockedError } from './directory-lock.ts';
import { FlatBlockFiles } from './flat-block-files.ts';
import { type LevelOptions, LevelStore } from './level-store.ts';
import { readIfThere, removeLeftovers, replaceFile } from './small-files.ts';

/** The data directory cannot be used, and why, by name. */
class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
}

const NETWORK_MARKER = 'network.json';
const BLOCKS = 'blocks';
/** Among the blocks: programs that know Bitcoin Core's data directories find nothing else but files in this one. */
const LOCK = `${BLOCKS}/lock`;
/** Where it was. */
const FORMER_LOCK = 'lock';

/** Stores that hold much get more of LevelDB's memory. */
const LARGE: LevelOptions = { cacheSize: 32 << 20, writeBufferSize: 16 << 20 };
const LEVEL_OPTIONS: Readonly<Record<string, LevelOptions>> = {
  chainstate: { ...LARGE, remembersDeletions: true },
  chainstate_snapshot: { ...LARGE, remembersDeletions: true },
  'indexes/txindex': LARGE,
  'indexes/addressindex': LARGE,
};

export class NodeStorage implements Storage {
  readonly directory: string;
  readonly #lock: DirectoryLock;
  readonly #mask: BlockMask;

  private constructor(directory: string, lock: DirectoryLock, mask: BlockMask) {
    this.directory = directory;
    this.#lock = lock;
    this.#mask = mask;
  }

  /**
   * @param directory of one network (below the user's data directory); made if need be.
   * @param masksBlocks whether its block files are XORed, if they are new
   * @throws DataDirectoryError if it is in use, or belongs to another network; CorruptionError
   */
  static async open(
    directory: string,
    parameters: NetworkParameters,
    masksBlocks = true,
  ): Promise<NodeStorage> {
    let lock: DirectoryLock | undefined;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      lock = await DirectoryLock.take(join(directory, LOCK), `the data directory ${directory}`, 'process');
      await rm(join(directory, FORMER_LOCK), { recursive: true, force: true });
      await checkNetwork(directory, parameters);
      await removeLeftovers(directory);
      const mask = await openMask(join(directory, BLOCKS), parameters, masksBlocks);
      return new NodeStorage(directory, lock, mask);
    } catch (error) {
      await lock?.release();
      if (error instanceof LockedError) throw new DataDirectoryError(error.message);
      if (!(error instanceof DiskError || 'code' in (error as Error))) throw error;
      throw new DataDirectoryError(
        `the data directory ${directory} cannot be used: ${(error as Error).message}`,
      );
    }
  }

  async store(name: string): Promise<KeyValueStore> {
    const path = join(this.directory, name);
    return LevelStore.open(path, { title: titleOf(name), holds: true, ...LEVEL_OPTIONS[name] });
  }

  async destroy(name: string): Promise<void> {
    await rm(join(this.directory, name), { recursive: true, force: true }).catch((error) => {
      throw new DiskError(`${name} cannot be removed`, error);
    });
  }

  rename(name: string, to: string): Promise<void> {
    return rename(join(this.directory, name), join(this.directory, to));
  }

  blockFiles(): Promise<BlockFiles> {
    return FlatBlockFiles.open(join(this.directory, BLOCKS), this.#mask);
  }

  readBlob(name: string): Promise<Uint8Array | undefined> {
    return readIfThere(join(this.directory, name));
  }

  writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    return replaceFile(join(this.directory, name), bytes);
  }

  close(): Promise<void> {
    return this.#lock.release();
  }
}

async function openMask(folder: string, parameters: NetworkParameters, wanted: boolean): Promise<BlockMask> {
  const { bytes } = genesisBlock(parameters);
  const start = concatBytes(frameOf(parameters.magic, bytes), bytes);
  const mask = await openBlockMask(folder, { wanted, start });
  if (!wanted && !mask.isPlain)
    throw new DataDirectoryError(
      'The blocksdir XOR-key can not be disabled when a random key was already stored! ' +
        `Stored key: '${toHex(mask.key)}', stored path: '${join(folder, KEY_FILE)}'.`,
    );
  return mask;
}

async function checkNetwork(directory: string, parameters: NetworkParameters): Promise<void> {
  const path = join(directory, NETWORK_MARKER);
  const genesis = genesisBlock(parameters).hash;
  const bytes = await readIfThere(path);
  if (bytes === undefined) {
    await replaceFile(path, sealedJson({ network: parameters.name, genesis }));
    return;
  }
  const { network = '?', genesis: found = '?' } = unsealedJson(path, bytes);
  if (found !== genesis)
    throw new DataDirectoryError(
      `the data directory ${directory} belongs to the network "${network}" ` +
        `(genesis ${found}), not to "${parameters.name}" (genesis ${genesis}): choose another by -datadir, or move this one away`,
    );
}
