/** What the parts of the node refuse, as RPC errors. The words are theirs; the codes are here. */
import { AddressError } from '../core/script/address.ts';
import { PageError } from '../indexes/address-pages.ts';
import { DescriptorError } from '../wallet/descriptors/descriptor-error.ts';
import { PsbtError } from '../wallet/psbt/psbt-map.ts';
import { WalletError, type WalletErrorKind } from '../wallet/wallet-error.ts';
import { RpcCode, RpcError, type RpcErrorCode, refuse } from './errors.ts';

const WALLET_CODES: Readonly<Record<WalletErrorKind, RpcErrorCode>> = Object.freeze({
  wallet: RpcCode.WALLET_ERROR,
  funds: RpcCode.WALLET_INSUFFICIENT_FUNDS,
  parameter: RpcCode.INVALID_PARAMETER,
  text: RpcCode.DESERIALIZATION_ERROR,
  address: RpcCode.INVALID_ADDRESS_OR_KEY,
  keypool: RpcCode.WALLET_KEYPOOL_RAN_OUT,
  misc: RpcCode.MISC_ERROR,
  locked: RpcCode.WALLET_UNLOCK_NEEDED,
  passphrase: RpcCode.WALLET_PASSPHRASE_INCORRECT,
  'encryption-state': RpcCode.WALLET_WRONG_ENC_STATE,
  encryption: RpcCode.WALLET_ENCRYPTION_FAILED,
  'not-found': RpcCode.WALLET_NOT_FOUND,
  'already-loaded': RpcCode.WALLET_ALREADY_LOADED,
  'already-exists': RpcCode.WALLET_ALREADY_EXISTS,
});

/** Undefined if it is no refusal. */
export function refusalOf(error: unknown): RpcError | undefined {
  if (error instanceof RpcError) return error;
  if (error instanceof WalletError) return new RpcError(WALLET_CODES[error.kind], error.message);
  if (error instanceof DescriptorError || error instanceof AddressError) return refuse.key(error.message);
  if (error instanceof PageError) return refuse[error.isOfCursor ? 'parameter' : 'misc'](error.message);
  if (error instanceof PsbtError) return refuse.text(`TX decode failed ${error.message}`);
  return undefined;
}

/** Methods that pay give what a wallet refuses a code of their own, whatever the reason is. */
export function refuseAs<T>(code: RpcErrorCode, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const isAboutMoney = error instanceof WalletError && (error.kind === 'wallet' || error.kind === 'funds');
    throw isAboutMoney ? new RpcError(code, error.message) : error;
  }
}
