/**
 * How the vectors are run, as the command line said (main.ts hands it on to Vitest's workers in the environment): every
 * engine and every cache must give the same answers.
 */
interface Settings {
  /** Folders and files with vectors; absent means the shared ones. */
  readonly roots?: readonly string[];
  /** A glob that chooses files. */
  readonly only?: string;
  /** One of SIGNATURE_ENGINES; absent takes the fastest that loads. */
  readonly signatureEngine?: string;
  /** MiB for coins; 0 writes them after each block. */
  readonly dbcache?: number;
}

export const SETTINGS = 'PENNY_CONFORMANCE';

export const settings: Settings = JSON.parse(process.env[SETTINGS] ?? '{}');
