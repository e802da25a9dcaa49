/** What a wallet refuses, with Bitcoin Core's words; RPC gives each kind its code. */
export type WalletErrorKind =
  /** -4 */
  | 'wallet'
  /** -6 */
  | 'funds'
  /** -8 */
  | 'parameter'
  /** -22 */
  | 'text'
  /** -5 */
  | 'address'
  /** -12 */
  | 'keypool'
  /** -1 */
  | 'misc'
  /** -13 */
  | 'locked'
  /** -14 */
  | 'passphrase'
  /** -15 */
  | 'encryption-state'
  /** -16 */
  | 'encryption'
  /** -18 */
  | 'not-found'
  /** -35 */
  | 'already-loaded'
  /** -36 */
  | 'already-exists';

export class WalletError extends Error {
  override readonly name = 'WalletError';
  readonly kind: WalletErrorKind;

  constructor(message: string, kind: WalletErrorKind = 'wallet') {
    super(message);
    this.kind = kind;
  }
}

/** What a store is refused, in the system's words, which come last in what a store tells. */
export function storeReason(error: unknown): string {
  const { message } = error as Error;
  return message.split(': ').at(-1)!;
}

/** What cannot be had from the chain is not what it was. @param problems in words */
export const damagedWallet = (name: string, problems: readonly string[]): WalletError =>
  new WalletError(
    `Wallet "${name}" is damaged: ${problems.join('; ')}. Bring it back from a backup (restorewallet) or from its ` +
      'words (importmnemonic into another wallet).',
  );
