/** The hash kernels in WebAssembly before whatever a platform has: short messages and batches are theirs. */
import { batchesOf, type HashFunctions } from '../../core/encoding/hashes.ts';
import { BatchHasher } from '../../mining/kernel/batch-hasher.ts';
import { DigestHasher } from '../../mining/kernel/digest-hasher.ts';
import { MEDIUM_MESSAGE, MessageHasher } from '../../mining/kernel/message-hasher.ts';

type Digests = Pick<HashFunctions, 'sha256' | 'ripemd160' | 'sha1'>;

/** Hashes from which on a kernel is worth its making: a start needs fewer, and was the longer for it. */
const WORTH_A_KERNEL = 1_000;

/** What `create` makes, from so many calls on; null before. */
function whenBusy<T>(create: () => T | null): () => T | null {
  let calls = 0;
  let made: T | null = null;
  return () => {
    if (calls < WORTH_A_KERNEL && ++calls === WORTH_A_KERNEL) made = create();
    return made;
  };
}

/** @param long for what is too long for a kernel, or where there is none */
export function withKernels(long: Digests): HashFunctions {
  const messages = whenBusy(() => MessageHasher.create());
  const digests = whenBusy(() => DigestHasher.create());
  const forLength = (length: number) => (length <= MEDIUM_MESSAGE ? messages() : null);
  const sha256 = (data: Uint8Array): Uint8Array => (forLength(data.length) ?? long).sha256(data);
  const hash256 = (data: Uint8Array): Uint8Array =>
    forLength(data.length)?.hash256(data) ?? sha256(long.sha256(data));
  const ripemd160 = (data: Uint8Array): Uint8Array =>
    ((data.length === 32 ? digests() : null) ?? long).ripemd160(data);
  return Object.freeze({ sha256, hash256, ...batchesOf(hash256), ripemd160, sha1: long.sha1 });
}

/** Messages from which on a batch is worth more than the making of the batch hasher. */
const MANY = 64;

/** Four messages side by side are faster than one after the other. */
export function withBatches(hashes: HashFunctions): HashFunctions {
  let made: BatchHasher | null | undefined;
  const hasherFor = (count: number): BatchHasher | null => {
    if (made === undefined && count >= MANY) made = BatchHasher.create();
    return made ?? null;
  };
  return {
    ...hashes,
    hash256Each: (messages) =>
      hasherFor(messages.ends.length)?.hashEach(messages, hashes.hash256) ?? hashes.hash256Each(messages),
    hash256Pairs: (nodes) => hasherFor(nodes.length / 64)?.hashPairs(nodes) ?? hashes.hash256Pairs(nodes),
  };
}
