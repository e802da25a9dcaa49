/**
 * The seam between peers and the wire. A connection carries whole messages in Bitcoin's v1 envelope:
 * one binary WebSocket frame each, or cut out of a TCP stream. Owns no protocol above that.
 */

export type Scheme = 'ws' | 'wss' | 'tcp';

/** Where to dial. `host` is an IP address (no brackets) or a name. */
export interface Target {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
}

/** What a connection reports. `closed` is reported once, and nothing after it. */
export interface ConnectionEvents {
  /** One whole envelope, header included. The bytes are the receiver's to keep. */
  message(envelope: Uint8Array): void;
  /** So many bytes came of a message that is not whole yet. */
  partial(bytes: number): void;
  /** `bufferedAmount` fell back below the low-water mark. */
  drained(): void;
  /** `reason` is for the log: empty for an orderly end. */
  closed(reason: string): void;
}

export interface Connection {
  /** `host:port` of the other side, `[host]:port` for IPv6. */
  readonly remote: string;
  /** `host:port` of this side of the socket. */
  readonly local: string;
  /** Bytes given to `send` that the wire has not taken yet, and what it costs to keep them. */
  readonly bufferedAmount: number;
  /** Bytes kept of a message that is not whole yet. */
  readonly partialAmount: number;
  /** Begins delivery. What arrived before is kept for it. */
  start(events: ConnectionEvents): void;
  /** Queues one whole envelope; what is sent in one tick leaves together. Nothing happens after the end. */
  send(envelope: Uint8Array): void;
  /** What was sent does not wait for the end of the tick; absent where it never does. */
  flush?(): void;
  /** Largest envelope accepted from now on; a larger one ends the connection. */
  setMaximumMessage(bytes: number): void;
  /** Back pressure: stops reading from the wire until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the connection at once; `closed` follows. */
  close(): void;
}

export interface Listener {
  /** `host:port` bound; the port is the real one where 0 was asked for. */
  readonly address: string;
  close(): Promise<void>;
}

export interface Transport {
  /** @throws if it cannot be reached or `signal` aborts. */
  dial(target: Target, signal: AbortSignal): Promise<Connection>;
  /** @throws if it cannot be bound. Port 0 takes a free one. */
  listen(host: string, port: number, onConnection: (connection: Connection) => void): Promise<Listener>;
  /** Addresses (no port) behind a name, as for DNS seeds; empty if it has none. Absent: names can only be dialled. */
  resolve?(name: string): Promise<readonly string[]>;
}

/** Envelope limits: before `verack` nothing needs more than a version message with a long user agent. */
export const MAXIMUM_HANDSHAKE_MESSAGE = 1_024;
export const ENVELOPE_HEADER_SIZE = 24;
export const MAXIMUM_PAYLOAD = 4_000_000;
export const MAXIMUM_MESSAGE = ENVELOPE_HEADER_SIZE + MAXIMUM_PAYLOAD;
/** Bytes that a message costs while it waits, besides its own: thousands of small ones are no small matter. */
export const MESSAGE_OVERHEAD = 512;
/** Below this many buffered bytes a slow peer is served again. */
export const LOW_WATER_MARK = 256 * 1024;
/** Above it no further data is served until the peer has read. */
export const HIGH_WATER_MARK = 1_000_000;
/** Above it the peer is dropped: it does not read what it asked for. */
export const BUFFER_LIMIT = 24_000_000;
