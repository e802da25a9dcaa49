/** What the settings of `penny node` mean for wallets, and which of Bitcoin Core's are refused since they would not protect. */
import type { OutputType } from '../../../wallet/descriptors/descriptor.ts';
import type { WalletManagerOptions } from '../../../wallet/wallet-manager.ts';
import { UsageError } from './arguments.ts';
import { amount, flag, integer, list, named, type OptionGroup, text } from './option.ts';
import type { Settings } from './settings.ts';

const TYPES: readonly string[] = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'];

export const WALLET_OPTIONS: OptionGroup = {
  title: 'Wallet options',
  options: named({
    addresstype: text('<type>', `Kind of new addresses: ${TYPES.join(', ')}. (default: bech32)`),
    changetype: text('<type>', 'Kind of change addresses. (default: like what is paid)'),
    fallbackfee: amount(
      '<amt>',
      'Fee rate, in coins per kvB, where no estimate is to be had; 0 refuses to send then. (default: as the network file says)',
    ),
    keypool: integer('<n>', 'Addresses watched beyond the next unused one. (default: 1000)'),
    maxtxfee: amount('<amt>', 'Largest fee of a transaction, in coins. (default: 0.10)'),
    mintxfee: amount('<amt>', 'Lowest fee rate of a transaction, in coins per kvB. (default: 0.00001)'),
    spendzeroconfchange: flag('Spend change of transactions that are not confirmed yet. (default: 1)'),
    txconfirmtarget: integer('<n>', 'Blocks within which a payment should confirm. (default: 6)'),
    wallet: list('<name>', 'Load this wallet at start. May be given many times; -nowallet loads none.', {
      perNetwork: true,
    }),
    walletbroadcast: flag('Send what wallets make; 0 only keeps it, to be sent by hand. (default: 1)'),
    walletrbf: flag('Let transactions be replaced by such that pay more (BIP125). (default: 1)'),
  }),
};

/** @throws UsageError */
export function walletPolicy(settings: Settings): Partial<WalletManagerOptions> {
  const type = (name: string): OutputType | undefined => {
    const value = settings.text(name);
    if (value !== undefined && !TYPES.includes(value))
      throw new UsageError(`Unknown ${name.replace('type', '')} type '${value}'`);
    return value as OutputType | undefined;
  };
  const on = (name: string): boolean | undefined =>
    settings.isGiven(name) ? settings.flag(name, true) : undefined;
  const policy = {
    fallbackFee: settings.feeRate('fallbackfee'),
    keypool: settings.integer('keypool', 1),
    addressType: type('addresstype'),
    changeType: type('changetype'),
    maximumFee: settings.amount('maxtxfee'),
    minimumFeeRate: settings.feeRate('mintxfee'),
    spendUnconfirmedChange: on('spendzeroconfchange'),
    confirmTarget: settings.integer('txconfirmtarget', 1, 1008),
    broadcast: on('walletbroadcast'),
    replaceable: on('walletrbf'),
  };
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}

/** Options that protect money or privacy in a way that Penny cannot, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = Object.freeze({
  avoidpartialspends: 'Penny does not group coins by address',
  dns: 'Penny looks up the names that it is given; give addresses, and -dnsseed=0',
  maxuploadtarget: 'Penny does not bound what it uploads',
  paytxfee: 'Name a fee_rate with each payment, or call settxfee',
  privatebroadcast: 'Penny announces transactions from its own address only',
  signer: 'Penny has no support for external signers',
  walletdir: 'Wallets are kept in the data directory; choose it by -datadir',
});
/** Those of them that are asked for by 0. */
const WANTED_OFF: readonly string[] = ['dns'];

export const REFUSED_OPTIONS: readonly string[] = Object.keys(REFUSED);

/** Never ignored: whoever asks for protection and gets none is worse off than one who never asked. @throws UsageError */
export function refuseUnprotected(settings: Settings): void {
  for (const [name, instead] of Object.entries(REFUSED)) {
    const asked = WANTED_OFF.includes(name)
      ? !settings.flag(name, true)
      : settings.isGiven(name) && Number(settings.text(name) ?? 0) !== 0;
    if (asked) throw new UsageError(`-${name} is not supported. ${instead}.`);
  }
}
