/** What a wallet knows about spending outputs: keys and scripts, sizes, signatures. */
import { compactSizeLength } from '../core/encoding/writer.ts';
import { decodeAddress } from '../core/script/address.ts';
import { solve } from '../core/script/templates.ts';
import { encodeWif } from '../core/script/wif.ts';
import { Transaction, type TxIn, type TxOut } from '../core/transaction/transaction.ts';
import type { ScriptPlace } from './key-ring.ts';
import { produceSignature } from './signing/produce.ts';
import { SigningProvider } from './signing/provider.ts';
import { type SignedTransaction, signTransaction } from './signing/sign-transaction.ts';
import { blankForeignSigner, blankSigner } from './signing/signature-creator.ts';
import { SpendData } from './signing/spend-data.ts';
import { turnsOf } from './turns.ts';
import type { Wallet } from './wallet.ts';
import { WalletError } from './wallet-error.ts';

/** Signs what this wallet can of a transaction. Thousands of inputs take seconds, in which others get their turn. */
export async function signWithWallet(
  wallet: Wallet,
  tx: Transaction,
  spent: readonly (TxOut | null)[],
  hashType: number | null = null,
): Promise<SignedTransaction> {
  const rest = turnsOf(wallet.parts.clock);
  const provider = new SigningProvider();
  for (const output of spent) {
    if (output !== null) provider.merge(providerFor(wallet, [output], true));
    await rest();
  }
  return signTransaction(tx, spent, provider, hashType, rest);
}

/** Keys and scripts of these outputs, as far as they are the wallet's. */
export function providerFor(
  wallet: Wallet,
  outputs: readonly TxOut[],
  withSecrets: boolean,
): SigningProvider {
  const provider = new SigningProvider();
  for (const { scriptPubKey } of outputs) {
    const place = wallet.keys.place(scriptPubKey);
    if (place !== undefined) provider.merge(wallet.keys.expand(place, withSecrets).provider);
  }
  return provider;
}

/** Scripts inside an own output, the outer one first: of P2SH the redeem script, of P2WSH the witness script. */
export function innerScripts({ keys }: Wallet, place: ScriptPlace, script: Uint8Array): Uint8Array[] {
  const inside: Uint8Array[] = [];
  let provider: SigningProvider | undefined;
  for (let at: Uint8Array | undefined = script; ; inside.push(at)) {
    const { type, solutions } = solve(at);
    if (type !== 'scripthash' && type !== 'witness_v0_scripthash') return inside;
    // Few have anything inside, and to find out takes longer than all the rest.
    provider ??= keys.expand(place, false).provider;
    const [hash] = solutions;
    at = type === 'scripthash' ? provider.scriptByHash(hash!) : provider.witnessScript(hash!);
    if (at === undefined) return inside;
  }
}

/** WIF of the key of one of a wallet's addresses. @throws WalletError */
export function exportKey({ keys, vault, parts: { parameters } }: Wallet, address: string): string {
  const place = keys.place(decodeAddress(address, parameters));
  if (place === undefined) throw new WalletError(`Address ${address} is not in this wallet`);
  vault.requireUnlocked();
  const key = keys.privateKey(place);
  if (key === null) throw new WalletError(`Private key for address ${address} is not known`);
  return encodeWif(key.secret, key.compressed, parameters);
}

export interface InputSize {
  /** Of the input with its signatures, among others that have a witness. */
  readonly weight: number;
  /** Null where only the weight is known, which stays as it was told. */
  readonly hasWitness: boolean | null;
}

/** What it takes to spend this script. @param signsItself signatures are this wallet's, which are small @returns null if it cannot be solved: an anchor needs no key, and so none knows it. */
export function inputSize(
  scriptPubKey: Uint8Array,
  provider: SigningProvider,
  signsItself: boolean,
): InputSize | null {
  const data = new SpendData();
  if (solve(scriptPubKey).type === 'anchor') return null;
  const signer = signsItself ? blankSigner : blankForeignSigner;
  if (!produceSignature(scriptPubKey, data, provider, signer)) return null;
  const input: TxIn = {
    prevout: { txid: new Uint8Array(32), vout: 0 },
    scriptSig: data.scriptSig,
    sequence: 0,
    witness: data.witness,
  };
  const empty = Transaction.from({ version: 2, inputs: [], outputs: [], lockTime: 0 }).weight;
  const { weight, hasWitness } = Transaction.from({ version: 2, inputs: [input], outputs: [], lockTime: 0 });
  // An input without witness still has a count of its items, among others that have one.
  return { weight: weight - empty - (hasWitness ? 2 : -1), hasWitness };
}

/** Weight of a transaction of these once it is signed. */
export function signedWeight(outputs: readonly TxOut[], inputs: readonly InputSize[]): number {
  const { weight } = Transaction.from({ version: 2, inputs: [], outputs, lockTime: 0 });
  const told = inputs.reduce((sum, input) => sum + input.weight, 4 * (compactSizeLength(inputs.length) - 1));
  const marks = inputs.some(({ hasWitness }) => hasWitness)
    ? 2
    : -inputs.filter(({ hasWitness }) => hasWitness === false).length;
  return weight + told + marks;
}
