/** How a script ran, as `tracescript` tells it. */
import { toHex } from '../../core/encoding/bytes.ts';
import { scriptErrorMessage } from '../../core/script/errors.ts';
import { ScriptFlag } from '../../core/script/flags.ts';
import { opcodeName } from '../../core/script/opcodes.ts';
import { sighashName } from '../../core/script/sighash-type.ts';
import type { ScriptTrace, SignatureCheck } from '../../core/script/trace.ts';
import * as t from '../schema.ts';

const signatures = t.array(
  t.object({
    kind: t.string('ecdsa or schnorr'),
    signature: t.hex('With its hash type'),
    key: t.hex(),
    hashtype: t.string(),
    valid: t.boolean(),
    message: t.optional(
      t.object({
        fields: t.array(t.object({ name: t.string(), hex: t.hex() }), 'What is hashed, in this order'),
        hash: t.hex('What is signed, as it is hashed'),
      }),
      'none where nothing could be signed',
    ),
  }),
);

export const scriptTrace = t.object({
  valid: t.boolean('Whether the input may spend the output'),
  error: t.optional(t.string('Its name')),
  reason: t.optional(t.string('The same in words')),
  flags: t.array(t.string('Rules that hold')),
  scripts: t.array(
    t.object({
      role: t.string('scriptSig, scriptPubKey, redeemScript, witnessScript or tapscript'),
      hex: t.hex(),
      stack: t.array(t.hex(), 'Before it runs, the top last'),
      steps: t.array(
        t.object({
          at: t.integer('Byte of the script'),
          opcode: t.string(),
          data: t.optional(t.hex('What is pushed')),
          executed: t.boolean('False in a branch that is not taken'),
          stack: t.array(t.hex(), 'Behind it; of one that fails, as it was left'),
          altstack: t.optional(t.array(t.hex())),
          signatures: t.optional(signatures),
        }),
      ),
    }),
    'In the order in which they ran',
  ),
  signatures: t.optional(signatures),
  truncated: t.optional(t.boolean('It was too long to be told to its end; the verdict is that of the whole')),
});

export const flagNames = (flags: number): string[] =>
  Object.entries(ScriptFlag).flatMap(([name, bit]) => (flags & bit ? [name] : []));

export function scriptTraceJson({ error, runs, signatures: alone, isCutShort }: ScriptTrace, flags: number) {
  return {
    valid: error === null,
    ...(error !== null && { error, reason: scriptErrorMessage(error) }),
    flags: flagNames(flags),
    scripts: runs.map(({ role, script, stack, steps }) => ({
      role,
      hex: toHex(script),
      stack: stack.map(toHex),
      steps: steps.map((step) => ({
        at: step.at,
        opcode: step.data === null ? opcodeName(step.opcode) : pushName(step.opcode),
        ...(step.data !== null && { data: toHex(step.data) }),
        executed: step.executed,
        stack: step.stack.map(toHex),
        ...(step.altStack.length > 0 && { altstack: step.altStack.map(toHex) }),
        ...(step.signatures.length > 0 && { signatures: step.signatures.map(signatureJson) }),
      })),
    })),
    ...(alone.length > 0 && { signatures: alone.map(signatureJson) }),
    ...(isCutShort && { truncated: true }),
  };
}

const pushName = (opcode: number): string => {
  const name = opcodeName(opcode);
  return name === 'OP_UNKNOWN' ? `OP_PUSHBYTES_${opcode}` : name;
};

const signatureJson = ({ kind, signature, key, hashType, valid, message }: SignatureCheck) => ({
  kind,
  signature: toHex(signature),
  key: toHex(key),
  hashtype: sighashName(hashType) ?? (hashType === 0 && kind === 'schnorr' ? 'DEFAULT' : String(hashType)),
  valid,
  ...(message && {
    message: {
      fields: message.fields.map(({ name, bytes }) => ({ name, hex: toHex(bytes) })),
      hash: toHex(message.hash),
    },
  }),
});
