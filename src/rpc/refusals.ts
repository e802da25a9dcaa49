/** What the parts of the node refuse, as RPC errors. The words are theirs; the codes are here. */
import { AddressError } from '../core/script/address.ts';
import { PageError } from '../indexes/address-pages.ts';
import { AddressError as PeerAddressError } from '../network/network-address.ts';
import { DescriptorError } from '../wallet/descriptors/descriptor-error.ts';
import { PsbtError } from '../wallet/psbt/psbt-map.ts';
import { WALLET_CODES, WalletError } from '../wallet/wallet-error.ts';
import { RpcError, refuse, refusing } from './errors.ts';

/** Undefined if it is no refusal. */
export function refusalOf(error: unknown): RpcError | undefined {
  if (error instanceof RpcError) return error;
  if (error instanceof WalletError) return new RpcError(WALLET_CODES[error.kind], error.message);
  if (error instanceof DescriptorError || error instanceof AddressError) return refuse.key(error.message);
  if (error instanceof PeerAddressError) return refuse.network(error.message);
  if (error instanceof PageError) return refuse[error.isOfCursor ? 'parameter' : 'misc'](error.message);
  if (error instanceof PsbtError) return refuse.text(`TX decode failed ${error.message}`);
  return undefined;
}

/** Methods that pay give what a wallet refuses a code of their own, whatever the reason is. */
export const refuseAs = <T>(refusal: (text: string) => RpcError, make: () => T): T =>
  refusing(
    WalletError,
    (error) => (error.kind === 'wallet' || error.kind === 'funds' ? refusal(error.message) : error),
    make,
  );
