/** What is wrong with a network file, and in which field. */
export class NetworkFileError extends Error {
  override readonly name = 'NetworkFileError';

  /** Path of the field, as in `difficulty.window`. */
  readonly field: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
  }
}
