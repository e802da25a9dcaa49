import { expect, test } from 'vitest';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { EnvelopeSplitter, encodeEnvelope } from '../../../src/network/messages/envelope.ts';

const { magic } = REGTEST;

test('whole envelopes come out of a stream, however it is cut', () => {
  const messages = [0, 1, 500, 30_000].map((length) =>
    encodeEnvelope(magic, 'block', new Uint8Array(length)),
  );
  const stream = Uint8Array.from(messages.flatMap((message) => [...message]));
  for (const size of [1, 7, 24, 1_000, stream.length]) {
    const splitter = new EnvelopeSplitter(magic, 100_000);
    const out: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size)
      splitter.push(stream.slice(at, at + size), (envelope) => out.push(envelope));
    expect(out).toEqual(messages);
  }
});

test('a wrong magic or an excessive length is an error before the payload comes', () => {
  const envelope = encodeEnvelope(magic, 'block', new Uint8Array(2_000));
  const push = (bytes: Uint8Array, maximum: number): void =>
    new EnvelopeSplitter(magic, maximum).push(bytes.subarray(0, 24), () => {});
  expect(() => push(envelope, 2_024)).not.toThrow();
  expect(() => push(envelope, 2_023)).toThrow(DecodeError);
  expect(() =>
    push(
      Uint8Array.from(envelope, (byte, i) => (i === 1 ? byte ^ 1 : byte)),
      9_999,
    ),
  ).toThrow(DecodeError);
});

test('the limit may change between two messages of one chunk', () => {
  const splitter = new EnvelopeSplitter(magic, 100);
  const small = encodeEnvelope(magic, 'verack', new Uint8Array(0));
  const large = encodeEnvelope(magic, 'block', new Uint8Array(5_000));
  let count = 0;
  splitter.push(Uint8Array.from([...small, ...large]), () => {
    count++;
    splitter.maximum = 10_000;
  });
  expect(count).toBe(2);
});
