/** What a wallet refuses, with Bitcoin Core's words: each kind and its code. */
export const WALLET_CODES = {
  wallet: -4,
  funds: -6,
  parameter: -8,
  text: -22,
  address: -5,
  keypool: -12,
  misc: -1,
  locked: -13,
  passphrase: -14,
  'encryption-state': -15,
  encryption: -16,
  'not-found': -18,
  'already-loaded': -35,
  'already-exists': -36,
} as const;

export class WalletError extends Error {
  override readonly name = 'WalletError';
  readonly kind: keyof typeof WALLET_CODES;

  constructor(message: string, kind: keyof typeof WALLET_CODES = 'wallet') {
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
