/** One wallet. */
export type AddressType = 'legacy' | 'p2sh-segwit' | 'bech32' | 'bech32m';

export declare class Wallet {
  readonly name: string;
  newAddress(type?: AddressType, label?: string): string;
  /** WIF of the key of one of this wallet's addresses. */
  exportKey(address: string): string;
  mnemonic(): string | null;
}
