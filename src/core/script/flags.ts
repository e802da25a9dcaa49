/** Script verification flags with Bitcoin Core's bit numbers. Which block has which is `consensus/flags.ts`. */

export const ScriptFlag = Object.freeze({
  /** BIP16 */
  P2SH: 1 << 0,
  /** Policy: strict DER, defined hash types, known key prefixes. */
  STRICTENC: 1 << 1,
  /** BIP66 */
  DERSIG: 1 << 2,
  /** Policy (BIP146): S at most half the group order. */
  LOW_S: 1 << 3,
  /** BIP147 */
  NULLDUMMY: 1 << 4,
  /** Policy (BIP62 rule 2). */
  SIGPUSHONLY: 1 << 5,
  /** Policy (BIP62 rules 3 and 4). */
  MINIMALDATA: 1 << 6,
  DISCOURAGE_UPGRADABLE_NOPS: 1 << 7,
  /** Policy (BIP62 rule 6); needs P2SH and WITNESS. */
  CLEANSTACK: 1 << 8,
  /** BIP65 */
  CHECKLOCKTIMEVERIFY: 1 << 9,
  /** BIP112 */
  CHECKSEQUENCEVERIFY: 1 << 10,
  /** BIP141; needs P2SH. */
  WITNESS: 1 << 11,
  DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM: 1 << 12,
  /** Policy for witness version 0; a rule in tapscript. */
  MINIMALIF: 1 << 13,
  /** Policy (BIP146): a signature that fails must be empty. */
  NULLFAIL: 1 << 14,
  /** Policy: compressed keys only in witness version 0. */
  WITNESS_PUBKEYTYPE: 1 << 15,
  /** Policy: neither OP_CODESEPARATOR nor FindAndDelete in legacy scripts. */
  CONST_SCRIPTCODE: 1 << 16,
  /** BIP341 and BIP342 */
  TAPROOT: 1 << 17,
  DISCOURAGE_UPGRADABLE_TAPROOT_VERSION: 1 << 18,
  DISCOURAGE_OP_SUCCESS: 1 << 19,
  DISCOURAGE_UPGRADABLE_PUBKEYTYPE: 1 << 20,
});

export type ScriptFlagName = keyof typeof ScriptFlag;

/** What a block must obey once every soft fork is active. */
export const MANDATORY_FLAGS =
  ScriptFlag.P2SH |
  ScriptFlag.DERSIG |
  ScriptFlag.NULLDUMMY |
  ScriptFlag.CHECKLOCKTIMEVERIFY |
  ScriptFlag.CHECKSEQUENCEVERIFY |
  ScriptFlag.WITNESS |
  ScriptFlag.TAPROOT;

/** What the mempool asks in addition: no honest wallet breaks these. */
export const STANDARD_FLAGS =
  MANDATORY_FLAGS |
  ScriptFlag.STRICTENC |
  ScriptFlag.MINIMALDATA |
  ScriptFlag.DISCOURAGE_UPGRADABLE_NOPS |
  ScriptFlag.CLEANSTACK |
  ScriptFlag.MINIMALIF |
  ScriptFlag.NULLFAIL |
  ScriptFlag.LOW_S |
  ScriptFlag.DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM |
  ScriptFlag.WITNESS_PUBKEYTYPE |
  ScriptFlag.CONST_SCRIPTCODE |
  ScriptFlag.DISCOURAGE_UPGRADABLE_TAPROOT_VERSION |
  ScriptFlag.DISCOURAGE_OP_SUCCESS |
  ScriptFlag.DISCOURAGE_UPGRADABLE_PUBKEYTYPE;

/** @throws RangeError for a name that is no flag. */
export function flagsFromNames(names: Iterable<string>): number {
  let flags = 0;
  for (const name of names) {
    const flag = ScriptFlag[name as ScriptFlagName];
    if (flag === undefined) throw new RangeError(`unknown script flag ${name}`);
    flags |= flag;
  }
  return flags;
}
