/** How a script ran, as `tracescript` tells it. */
import { toHex } from '../core/encoding/bytes.ts';
import { scriptErrorMessage } from '../core/script/errors.ts';
import { ScriptFlag } from '../core/script/flags.ts';
import { opcodeName } from '../core/script/opcodes.ts';
import { sighashName } from '../core/script/sighash-type.ts';
import type { ScriptTrace, SignatureCheck } from '../core/script/trace.ts';

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
