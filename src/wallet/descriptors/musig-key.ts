/**
 * BIP390 key expressions `musig(KEY,...)`: one key that several make together (BIP327). They are understood and
 * watched; signing with them takes rounds of nonces, which wallets do not do.
 */
import { HDKey } from '@scure/bip32';
import { compareBytes, fromHex } from '../../core/encoding/bytes.ts';
import type { NetworkParameters } from '../../core/parameters/network.ts';
import { aggregateKeys } from '../../core/script/aggregate-keys.ts';
import {
  ConstantKey,
  type DerivedKey,
  ExtendedKey,
  KeyExpression,
  type KeyForm,
  type SecretLookup,
} from './key-expression.ts';
import { formatSteps } from './key-path.ts';

/** Of the extended key that stands for an aggregate (BIP328). */
const CHAIN_CODE = fromHex('868087ca02a6f974c4598924c36b57762d32cb45717167e300622c7167e38965');

export class MusigKey extends KeyExpression {
  readonly participants: readonly KeyExpression[];
  readonly size = 32;
  readonly isRange: boolean;
  override readonly variants: number;
  /** What is derived from the aggregate. */
  readonly #paths: readonly (readonly number[])[];
  readonly #ranged: boolean;
  readonly #parameters: NetworkParameters;
  /** The aggregate, where it is the same for all indexes. */
  #aggregate: KeyExpression | undefined;
  readonly #known = new Map<number, Uint8Array>();

  /** @param ranged children of the aggregate are meant */
  constructor(
    participants: readonly KeyExpression[],
    paths: readonly (readonly number[])[],
    ranged: boolean,
    parameters: NetworkParameters,
  ) {
    super(null, 'h');
    this.participants = participants;
    this.#paths = paths;
    this.#ranged = ranged;
    this.#parameters = parameters;
    this.isRange = ranged || participants.some((key) => key.isRange);
    this.variants = Math.max(paths.length, ...participants.map((key) => key.variants));
  }

  variant(index: number): KeyExpression {
    const path = this.#paths[index] ?? this.#paths[0]!;
    const participants = this.participants.map((key) => key.variant(index));
    return new MusigKey(participants, [path], this.#ranged, this.#parameters);
  }

  derive(index: number, secrets: SecretLookup): DerivedKey | null {
    const known = this.#known.get(index);
    const aggregate = this.#aggregateAt(index, secrets);
    if (aggregate === null) return null;
    const derived = aggregate.derive(index, secrets);
    return derived && { publicKey: known ?? derived.publicKey, origin: derived.origin };
  }

  #aggregateAt(index: number, secrets: SecretLookup): KeyExpression | null {
    if (this.#aggregate !== undefined) return this.#aggregate;
    const keys = this.participants.map((key) => key.derive(index, secrets)?.publicKey);
    if (!keys.every((key) => key !== undefined)) return null;
    const publicKey = aggregateKeys(keys.sort(compareBytes));
    if (publicKey === null) return null;
    const { bip32Public, bip32Private } = this.#parameters;
    const [path] = this.#paths as [readonly number[]];
    const aggregate =
      path.length > 0 || this.#ranged
        ? new ExtendedKey(
            new HDKey({
              versions: { public: bip32Public, private: bip32Private },
              publicKey,
              chainCode: CHAIN_CODE,
            }),
            [path],
            this.#ranged ? 'unhardened' : 'none',
            null,
            'h',
          )
        : new ConstantKey(publicKey, false, this.#parameters, null);
    if (!this.participants.some((key) => key.isRange)) this.#aggregate = aggregate;
    return aggregate;
  }

  /** Nobody has it. */
  deriveSecret(): null {
    return null;
  }

  remember(index: number, publicKey: Uint8Array): void {
    if (this.isRange) this.#known.set(index, publicKey);
  }

  hasSecret(secrets: SecretLookup): boolean {
    return this.participants.every((key) => key.hasSecret(secrets));
  }

  protected body(form: KeyForm, secrets: SecretLookup): string | null {
    const keys = this.participants.map((key) => key.format(form, secrets));
    if (keys.includes(null)) return null;
    return `musig(${keys.join(',')})${formatSteps(this.#paths[0]!)}${this.#ranged ? '/*' : ''}`;
  }
}
