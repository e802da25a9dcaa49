/** What the network keeps over restarts: addresses, bans, anchors. */
import type { Storage } from '../chain/storage.ts';
import type { Logger } from '../seams.ts';
import type { AddressManager } from './address-manager.ts';
import type { BanList } from './ban-list.ts';
import { decodeBody, encodeBody } from './messages/table.ts';
import type { NetworkAddress } from './network-address.ts';
import type { Peer } from './peer.ts';

const PEERS_FILE = 'peers.dat';
const BANS_FILE = 'banlist.json';
const ANCHORS_FILE = 'anchors.dat';

export class NetworkFiles {
  readonly #storage: Storage;
  readonly #logger: Logger;
  readonly #addresses: AddressManager;
  readonly #bans: BanList;

  constructor(
    dependencies: { readonly storage: Storage; readonly logger: Logger },
    content: { readonly addresses: AddressManager; readonly bans: BanList },
  ) {
    this.#storage = dependencies.storage;
    this.#logger = dependencies.logger;
    this.#addresses = content.addresses;
    this.#bans = content.bans;
  }

  /** @returns the anchors. They are used once: one that makes us crash must not do so for ever. */
  async load(): Promise<NetworkAddress[]> {
    let anchors: NetworkAddress[] = [];
    await this.#read(PEERS_FILE, (bytes) => this.#addresses.load(bytes));
    await this.#read(BANS_FILE, (bytes) => this.#bans.load(bytes));
    await this.#read(ANCHORS_FILE, (bytes) => {
      anchors = decodeBody('addrv2', bytes).addresses.map(({ address }) => address);
    });
    await this.saveAnchors([]);
    return anchors;
  }

  /** What is lost can be learned again: a damaged file is not worth refusing to start. */
  async #read(name: string, use: (bytes: Uint8Array) => void): Promise<void> {
    const bytes = await this.#storage.readBlob(name);
    try {
      if (bytes !== undefined) use(bytes);
    } catch (error) {
      this.#logger.log('warn', 'net', `${name} is damaged and was left aside: ${(error as Error).message}`);
    }
  }

  async save(): Promise<void> {
    await this.#storage.writeBlob(PEERS_FILE, this.#addresses.encode());
    await this.#storage.writeBlob(BANS_FILE, this.#bans.encode());
  }

  /** Of all these peers, those that only relay blocks. */
  async saveAnchors(peers: Iterable<Peer>): Promise<void> {
    const addresses = [...peers]
      .filter((peer) => peer.type === 'block-relay-only' && peer.networkAddress !== undefined)
      .map((peer) => ({ time: peer.connectedAt, services: peer.services, address: peer.networkAddress! }));
    await this.#storage.writeBlob(ANCHORS_FILE, encodeBody('addrv2', { addresses }));
  }
}
