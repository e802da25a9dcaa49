/** What a script would be inside P2SH and P2WSH (Core's decodescript). */
import { hash160, sha256 } from '../encoding/hashes.ts';
import { isOpSuccess, OP } from './opcodes.ts';
import { hasValidOperations, isUnspendable, scriptOperations } from './script.ts';
import { p2wpkh, p2wsh, type ScriptType, solve } from './templates.ts';

const WRAPPED_IN_P2SH: ReadonlySet<ScriptType> = new Set([
  'multisig',
  'nonstandard',
  'pubkey',
  'pubkeyhash',
  'witness_v0_keyhash',
  'witness_v0_scripthash',
]);

/** Whether it makes sense inside P2SH. */
export function canWrap(script: Uint8Array): boolean {
  if (!WRAPPED_IN_P2SH.has(solve(script).type) || !hasValidOperations(script) || isUnspendable(script))
    return false;
  for (const { opcode } of scriptOperations(script))
    if (opcode === OP.CHECKSIGADD || isOpSuccess(opcode)) return false;
  return true;
}

/** The segwit output that stands for a script; null if none can. */
export function segwitForm(script: Uint8Array): Uint8Array | null {
  const { type, solutions } = solve(script);
  const isKeyed = type === 'pubkey' || type === 'multisig';
  // Segwit knows compressed keys only (BIP143 policy).
  if (isKeyed && !solutions.every((key) => key.length === 33)) return null;
  if (type === 'pubkey') return p2wpkh(hash160(solutions[0]!));
  if (type === 'pubkeyhash') return p2wpkh(solutions[0]!);
  return type === 'multisig' || type === 'nonstandard' ? p2wsh(sha256(script)) : null;
}
