/** What the network keeps over restarts: addresses, bans, anchors. */
import {
  loadSideFile,
  saveSideFile,
  sealed,
  sealedJson,
  unsealed,
  unsealedJson,
} from '../chain/side-files.ts';
import type { NetworkContext } from './context.ts';
import { decodeBody, encodeBody } from './messages/table.ts';
import type { NetworkAddress } from './network-address.ts';
import type { Peer } from './peer.ts';

const PEERS_FILE = 'peers.dat';
const BANS_FILE = 'banlist.json';
const ANCHORS_FILE = 'anchors.dat';

export class NetworkFiles {
  readonly #context: Pick<NetworkContext, 'storage' | 'logger' | 'addresses' | 'bans'>;

  constructor(context: Pick<NetworkContext, 'storage' | 'logger' | 'addresses' | 'bans'>) {
    this.#context = context;
  }

  /** @returns the anchors. They are used once: one that makes us crash must not do so for ever. */
  async load(): Promise<NetworkAddress[]> {
    let anchors: NetworkAddress[] = [];
    await this.#read(PEERS_FILE, (bytes) => this.#context.addresses.load(unsealed(PEERS_FILE, bytes)));
    const hasBans = await this.#read(BANS_FILE, (bytes) =>
      this.#context.bans.load(unsealedJson(BANS_FILE, bytes)),
    );
    if (!hasBans) await this.#saveBans();
    await this.#read(ANCHORS_FILE, (bytes) => {
      anchors = decodeBody('addrv2', unsealed(ANCHORS_FILE, bytes)).addresses.map(({ address }) => address);
    });
    await this.saveAnchors([]);
    return anchors;
  }

  /** A damaged file is not worth refusing to start, but is kept beside: bans are what somebody has decided. */
  async #read(name: string, use: (bytes: Uint8Array) => void): Promise<boolean> {
    const { storage, logger } = this.#context;
    const isThere = await loadSideFile(this.#context, 'net', name, async (bytes) => {
      try {
        use(bytes);
      } catch (error) {
        const aside = `${name}.damaged`;
        const { message } = error as Error;
        logger.log('warn', 'net', `${name} is damaged and was left aside as ${aside}: ${message}`);
        await saveSideFile({ storage, logger }, aside, bytes);
      }
    });
    if (!isThere && name === BANS_FILE)
      logger.log('info', 'net', `${name} is not there. Recreating the banlist database`);
    return isThere;
  }

  /** @returns whether all was written. */
  async save(): Promise<boolean> {
    const peers = await saveSideFile(this.#context, PEERS_FILE, sealed(this.#context.addresses.encode()));
    return (await this.#saveBans()) && peers;
  }

  #saveBans(): Promise<boolean> {
    return saveSideFile(this.#context, BANS_FILE, sealedJson(this.#context.bans.encode()));
  }

  /** Of all these peers, those that only relay blocks. */
  async saveAnchors(peers: Iterable<Peer>): Promise<void> {
    const addresses = [...peers]
      .filter((peer) => peer.type === 'block-relay-only' && peer.networkAddress !== undefined)
      .map((peer) => ({ time: peer.connectedAt, services: peer.services, address: peer.networkAddress! }));
    const bytes = sealed(encodeBody('addrv2', { addresses }));
    await saveSideFile(this.#context, ANCHORS_FILE, bytes);
  }
}
