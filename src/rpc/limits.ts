/** What one caller of the RPC, and all of them, can cost: every bound there is, by what it bounds. Numbers only. */
export const LIMITS = Object.freeze({
  // Who connects
  /** Open connections. When there are more, the oldest that has not called goes, of the address that has most of them. */
  connections: 1_000,
  /** Milliseconds that a wrong password costs; those of one address wait for each other, at most so long. */
  guess: 250,
  longestWait: 5_000,
  /** Addresses of which it is known how long they wait; who has waited is forgotten. */
  guessers: 1_000,
  // What is asked
  /** Bytes of a body (Bitcoin Core's MAX_SIZE); a block of 4 MB is 8 MB of hex. */
  body: 0x02000000,
  /** Bytes up to which a body may take its time to arrive before it counts as a call under way. */
  smallBody: 0x10000,
  /** Bytes of all headers, and the number from which on they are refused. */
  headers: 0x2000,
  headerCount: 100,
  /** Arrays and objects within each other (Bitcoin Core's), and values in all, of the JSON in a body. */
  depth: 512,
  values: 4_000_000,
  /** Elements of a list where nothing else bounds them; of inputs, and of txids, as many as could be in a block. */
  elements: 100_000,
  inputs: 24_390,
  txids: 16_666,
  /** Seconds in which a whole request must arrive, and that a connection may be idle (`-rpcservertimeout`). */
  timeout: 30,
  /** Calls that are answered at once (`-rpcthreads`), and that wait besides (`-rpcworkqueue`). */
  threads: 16,
  queue: 64,
  /** Calls of a batch; one of more is refused whole. Bitcoin Core has no bound but the body's: here each takes memory. */
  batch: 1_000_000,
  /** Characters of all answers to a batch; calls behind them are refused. */
  batchAnswers: 0x8000000,
  /** Characters that are read at once, and milliseconds after which anything long lets everything else run. */
  piece: 0x10000,
  turn: 10,
  /** Milliseconds that a stop waits for requests under way. */
  stop: 3_000,
  // Who is told of events
  /** Connections that are told of events. */
  eventConnections: 2_000,
  /** Subscriptions of one of them, scripts that one filters by (derived ones included), hashes to go on from. */
  subscriptions: 16,
  scripts: 10_000,
  locator: 101,
  /** Bytes of a frame that comes by one of them, and the pieces in which it may come. */
  frame: 0xa00000,
  fragments: 1_024,
  /** Calls of one socket that are answered at once. */
  callsOfSocket: 16,
  /** Bytes that are on their way to a reader: beyond them it is told of no further event, or asked for no further call. */
  eventsUnsent: 0x100000,
  answersUnsent: 0x800000,
});
