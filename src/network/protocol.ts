/** Versions, service bits and limits of the peer-to-peer protocol. */

export const PROTOCOL_VERSION = 70_016;
/** BIP31 (pings with a nonce) and headers-first: older peers are refused, as in Core. */
export const MINIMUM_VERSION = 31_800;
/** BIP339's: peers below it are not sent wtxidrelay or sendaddrv2. */
export const WTXID_RELAY_VERSION = 70_016;

export const Service = {
  /** Serves the whole chain. */
  NETWORK: 1n << 0n,
  BLOOM: 1n << 2n,
  /** BIP144 */
  WITNESS: 1n << 3n,
  /** BIP157 */
  COMPACT_FILTERS: 1n << 6n,
  /** BIP159: serves the last 288 blocks. */
  NETWORK_LIMITED: 1n << 10n,
} as const;

/** What bits are called; those not used here too. */
const SERVICE_NAMES: ReadonlyMap<bigint, string> = new Map([
  ...Object.entries(Service).map(([name, bit]) => [bit, name] as const),
  [1n << 11n, 'P2P_V2'],
]);

export function serviceNames(services: bigint): string[] {
  const bits = Array.from({ length: 64 }, (_, i) => i).filter((i) => (services >> BigInt(i)) & 1n);
  return bits.map((i) => SERVICE_NAMES.get(1n << BigInt(i)) ?? `UNKNOWN[2^${i}]`);
}

export const servicesHex = (services: bigint): string => services.toString(16).padStart(16, '0');

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** How often we ask whether our peers keep up. */
export const REVIEW_INTERVAL = 10 * MINUTE;

export const PING_INTERVAL = 2 * MINUTE;
/** Without a message, or a pong, for this long the peer is gone. */
export const IDLE_TIMEOUT = 20 * MINUTE;
/** A peer that has not read a megabyte for this long is dropped. */
export const SLOW_READER_TIMEOUT = 2 * MINUTE;
/**
 * Received but not yet processed; above it the wire is not read. It is more than a peer sends before it waits for
 * us to read: else two that serve each other could wait for ever.
 */
export const RECEIVE_QUEUE_BYTES = 5_000_000;
/** Bytes that all who dialled us may hold of our memory together: beyond it, whoever holds most is let go. */
export const INBOUND_MEMORY = 64_000_000;

/** Peers that we dial by ourselves, and places kept free for them and for a feeler. */
export const FULL_RELAY = 8;
export const BLOCK_RELAY = 2;
export const RESERVED_OUTBOUND = FULL_RELAY + BLOCK_RELAY + 1;

/** What one side told the other, remembered for each peer. */
export const KNOWN_A_PEER = 2_500;
export const GETDATA_BATCH = 1_000;
export const BLOCKS_IN_FLIGHT = 16;
export const DOWNLOAD_WINDOW = 1_024;
/** Only this many blocks back are served as compact blocks and by getblocktxn. */
export const COMPACT_BLOCK_DEPTH = 5;
export const BLOCK_TRANSACTIONS_DEPTH = 10;

/** Whether a peer gives any blocks, be it only recent ones. */
export function servesBlocks(services: bigint): boolean {
  return (services & (Service.NETWORK | Service.NETWORK_LIMITED)) !== 0n;
}

/** Whether a peer can give us what a full node needs. */
export function isUsefulPeer(services: bigint): boolean {
  return (services & Service.WITNESS) !== 0n && servesBlocks(services);
}
