/** Transactions, blocks and keys from the text that callers send. */
import { Block } from '../core/block/block.ts';
import { MAX_BLOCK_WEIGHT } from '../core/consensus/limits.ts';
import { fromHex, isHex } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { ANY_FORM, decodeTransaction, WITNESS_FORM } from '../core/script/decode-transaction.ts';
import { isValidPublicKey } from '../core/script/signing.ts';
import { decodeWif, type PrivateKey } from '../core/script/wif.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import { refuse, refusing } from './errors.ts';
import * as t from './schema.ts';

/** What is written in hex. @throws RpcError -22 */
export const readHex = <T>(text: string, decode: (bytes: Uint8Array) => T, failure: string): T =>
  refusing(
    DecodeError,
    () => refuse.text(failure),
    () => decode(fromHex(text)),
  );

/** @throws RpcError -22 also of what is longer than any block */
export const readBlock = (text: string): Block =>
  readHex(
    text.length > 2 * MAX_BLOCK_WEIGHT ? '' : text,
    (bytes) => Block.decode(bytes),
    'Block decode failed',
  );

/** One with inputs. @throws RpcError -22 */
export function readTransaction(
  text: string,
  failure = 'TX decode failed.',
  forms = WITNESS_FORM,
): Transaction {
  const tx = decodeTransaction(text, forms);
  if (tx !== null) return tx;
  throw refuse.text(forms === WITNESS_FORM ? `${failure} Make sure the tx has at least one input.` : failure);
}

/** Whoever has no witnesses yet may have no inputs either. */
export const iswitness = t.optional(
  t.boolean('Read it only as with witnesses, or only as without'),
  'whichever makes sense',
);

/** @param witness `iswitness` @throws RpcError -22 */
export const readUnsigned = (text: string, witness: boolean | undefined): Transaction =>
  readTransaction(text, 'TX decode failed', witness === undefined ? ANY_FORM : { witness, plain: !witness });

/** 33 or 65 bytes. @throws RpcError -5 */
export function publicKeyFrom(text: string): Uint8Array {
  const invalid = (why: string) => refuse.key(`Pubkey "${text}" must ${why}`);
  if (!isHex(text)) throw invalid('be a hex string');
  const key = fromHex(text);
  if (key.length !== 33 && key.length !== 65) throw invalid('have a length of either 33 or 65 bytes');
  if (!isValidPublicKey(key)) throw invalid('be cryptographically valid.');
  return key;
}

/** @throws RpcError -5 */
export const readPrivateKey = (text: string, parameters: NetworkParameters): PrivateKey =>
  refusing(
    DecodeError,
    () => refuse.key('Invalid private key'),
    () => decodeWif(text, parameters),
  );
