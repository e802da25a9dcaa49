/** What the network keeps over restarts: addresses, bans, anchors. */
import { saveSideFile, sealed, sealedJson, unsealed, unsealedJson } from '../chain/side-files.ts';
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
  readonly #dependencies: { readonly storage: Storage; readonly logger: Logger };
  readonly #addresses: AddressManager;
  readonly #bans: BanList;

  constructor(
    { storage, logger }: { readonly storage: Storage; readonly logger: Logger },
    content: { readonly addresses: AddressManager; readonly bans: BanList },
  ) {
    this.#dependencies = { storage, logger };
    this.#addresses = content.addresses;
    this.#bans = content.bans;
  }

  /** @returns the anchors. They are used once: one that makes us crash must not do so for ever. */
  async load(): Promise<NetworkAddress[]> {
    let anchors: NetworkAddress[] = [];
    await this.#read(PEERS_FILE, (bytes) => this.#addresses.load(unsealed(PEERS_FILE, bytes)));
    await this.#read(BANS_FILE, (bytes) => this.#bans.load(unsealedJson(BANS_FILE, bytes)));
    await this.#read(ANCHORS_FILE, (bytes) => {
      anchors = decodeBody('addrv2', unsealed(ANCHORS_FILE, bytes)).addresses.map(({ address }) => address);
    });
    await this.saveAnchors([]);
    return anchors;
  }

  /** A damaged file is not worth refusing to start, but is kept beside: bans are what somebody has decided. */
  async #read(name: string, use: (bytes: Uint8Array) => void): Promise<void> {
    const bytes = await this.#dependencies.storage.readBlob(name);
    if (bytes === undefined) {
      if (name === BANS_FILE)
        this.#dependencies.logger.log('info', 'net', `${name} is not there: nobody is banned`);
      return;
    }
    try {
      use(bytes);
    } catch (error) {
      const aside = `${name}.damaged`;
      const { message } = error as Error;
      const text = `${name} is damaged and was left aside as ${aside}: ${message}`;
      this.#dependencies.logger.log('warn', 'net', text);
      await saveSideFile(this.#dependencies, aside, bytes);
    }
  }

  /** @returns whether all was written. */
  async save(): Promise<boolean> {
    const peers = await saveSideFile(this.#dependencies, PEERS_FILE, sealed(this.#addresses.encode()));
    return (await saveSideFile(this.#dependencies, BANS_FILE, sealedJson(this.#bans.encode()))) && peers;
  }

  /** Of all these peers, those that only relay blocks. */
  async saveAnchors(peers: Iterable<Peer>): Promise<void> {
    const addresses = [...peers]
      .filter((peer) => peer.type === 'block-relay-only' && peer.networkAddress !== undefined)
      .map((peer) => ({ time: peer.connectedAt, services: peer.services, address: peer.networkAddress! }));
    const bytes = sealed(encodeBody('addrv2', { addresses }));
    await saveSideFile(this.#dependencies, ANCHORS_FILE, bytes);
  }
}
