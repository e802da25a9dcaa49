/** What one caller of the RPC, and all of them, can cost. Numbers only. */
export const LIMITS = Object.freeze({
  /** Bytes of a body (Bitcoin Core's MAX_SIZE); a block of 4 MB is 8 MB of hex. */
  body: 0x02000000,
  /** Bytes up to which a body may take its time to arrive before it counts as a call under way. */
  smallBody: 0x10000,
  /** Bytes of all headers. */
  headers: 0x2000,
  /** Seconds in which a whole request must arrive, and that a connection may be idle (`-rpcservertimeout`). */
  timeout: 30,
  /** Calls that are answered at once (`-rpcthreads`), and that wait besides (`-rpcworkqueue`). */
  threads: 16,
  queue: 64,
  /** Connections that are told of events. */
  eventConnections: 2_000,
  /** Bytes of a frame that comes by one of them, and the pieces in which it may come. */
  frame: 0xa00000,
  fragments: 1_024,
  /** Calls of one socket that are answered at once. */
  callsOfSocket: 16,
  /** Bytes that are on their way to a reader: beyond them it is told of no further event, or asked for no further call. */
  eventsUnsent: 0x100000,
  answersUnsent: 0x800000,
});
