/** A wrong command line, config file or setting: said to the user as it is, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
