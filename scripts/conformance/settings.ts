/** How the runs are made, from the command line: every engine and every cache must give the same answers. */
export interface Settings {
  /** One of SIGNATURE_ENGINES; absent takes the fastest that loads. */
  signatureEngine?: string;
  /** MiB for coins; 0 writes them after each block. */
  dbcache?: number;
}

export const settings: Settings = {};
