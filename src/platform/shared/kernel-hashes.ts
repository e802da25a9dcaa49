/** The hash kernels in WebAssembly before whatever a platform has: short messages and batches are theirs. */
import { batchesOf, type HashFunctions } from '../../core/encoding/hashes.ts';
import { BatchHasher } from '../../mining/kernel/batch-hasher.ts';
import { DigestHasher } from '../../mining/kernel/digest-hasher.ts';
import { MEDIUM_MESSAGE, MessageHasher } from '../../mining/kernel/message-hasher.ts';

type Digests = Pick<HashFunctions, 'sha256' | 'ripemd160' | 'sha1'>;

/** Hashes from which on a kernel is worth its making: a start needs fewer, and was the longer for it. */
const WORTH_A_KERNEL = 1_000;
/** The same of batches, which save less: until then a miner's first template would wait for its making. */
const WORTH_A_BATCHER = 1 << 16;

/** What `create` makes, from so many hashes on; null before. */
function whenBusy<T>(worth: number, create: () => T | null): (hashes?: number) => T | null {
  let before = 0;
  let made: T | null = null;
  return (hashes = 1) => {
    if (before >= worth) return made;
    before += hashes;
    if (before >= worth) made = create();
    return made;
  };
}

/** @param long for what is too long for a kernel, or where there is none */
export function withKernels(long: Digests): HashFunctions {
  const messages = whenBusy(WORTH_A_KERNEL, () => MessageHasher.create());
  const digests = whenBusy(WORTH_A_KERNEL, () => DigestHasher.create());
  const forLength = (length: number) => (length <= MEDIUM_MESSAGE ? messages() : null);
  const sha256 = (data: Uint8Array): Uint8Array => (forLength(data.length) ?? long).sha256(data);
  const hash256 = (data: Uint8Array): Uint8Array =>
    forLength(data.length)?.hash256(data) ?? sha256(long.sha256(data));
  const ripemd160 = (data: Uint8Array): Uint8Array =>
    ((data.length === 32 ? digests() : null) ?? long).ripemd160(data);
  return Object.freeze({ sha256, hash256, ...batchesOf(hash256), ripemd160, sha1: long.sha1 });
}

/** Four messages side by side are faster than one after the other. */
export function withBatches(hashes: HashFunctions): HashFunctions {
  const batches = whenBusy(WORTH_A_BATCHER, () => BatchHasher.create());
  return {
    ...hashes,
    hash256Each: (messages) =>
      batches(messages.ends.length)?.hashEach(messages, hashes.hash256) ?? hashes.hash256Each(messages),
    hash256Pairs: (nodes) => batches(nodes.length / 64)?.hashPairs(nodes) ?? hashes.hash256Pairs(nodes),
  };
}
