/** What wallets refuse, as RPC errors. The words are theirs; the codes are here. */
import { WalletError, type WalletErrorKind } from '../wallet/wallet-error.ts';
import { RpcCode, RpcError, type RpcErrorCode } from './errors.ts';

const WALLET_CODES: Readonly<Record<WalletErrorKind, RpcErrorCode>> = Object.freeze({
  wallet: RpcCode.WALLET_ERROR,
  funds: RpcCode.WALLET_INSUFFICIENT_FUNDS,
  parameter: RpcCode.INVALID_PARAMETER,
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

export const fromWalletError = (error: WalletError): RpcError =>
  new RpcError(WALLET_CODES[error.kind], error.message);

/** Methods that pay give what a wallet refuses a code of their own, whatever the reason is. */
export function refuseAs<T>(code: RpcErrorCode, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const isAboutMoney = error instanceof WalletError && (error.kind === 'wallet' || error.kind === 'funds');
    throw isAboutMoney ? new RpcError(code, error.message) : error;
  }
}
