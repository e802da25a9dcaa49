/** A text that is no descriptor. The message is Bitcoin Core's. */
export class DescriptorError extends Error {
  override readonly name = 'DescriptorError';
}
