/** script/: Core's script and transaction vectors, signature hashes, taproot assets, BIP143 and BIP341. */

import { checkTransaction } from '../../src/core/consensus/check-transaction.ts';
import {
  concatBytes,
  EMPTY,
  fromDisplayHex,
  fromHex,
  toDisplayHex,
  toHex,
} from '../../src/core/encoding/bytes.ts';
import { hash256 } from '../../src/core/encoding/hashes.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import { MAIN } from '../../src/core/parameters/presets.ts';
import { encodeAddress } from '../../src/core/script/address.ts';
import { type ScriptError, ScriptFailure, scriptErrorMessage } from '../../src/core/script/errors.ts';
import {
  flagsFromNames,
  MANDATORY_FLAGS,
  ScriptFlag,
  type ScriptFlagName,
  STANDARD_FLAGS,
} from '../../src/core/script/flags.ts';
import { legacySighash } from '../../src/core/script/legacy-sighash.ts';
import { OP, opcodeName } from '../../src/core/script/opcodes.ts';
import { decodeScriptNumber, encodeScriptNumber } from '../../src/core/script/script-number.ts';
import {
  KEY_PATH_SPEND,
  SighashContext,
  segwitSighash,
  taprootSighash,
  writeTaprootMessage,
} from '../../src/core/script/sighash.ts';
import { checkSignatureEncoding } from '../../src/core/script/signature-encoding.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import { signSchnorr, taprootOutputKey, tweakSecret, xOnlyKeyOf } from '../../src/core/script/signing.ts';
import {
  controlBlock,
  hashTapTree,
  TAPSCRIPT_LEAF,
  type TapTree,
  taprootTweak,
} from '../../src/core/script/taproot.ts';
import { p2tr } from '../../src/core/script/templates.ts';
import { verifyInput } from '../../src/core/script/verify.ts';
import {
  NULL_OUTPOINT,
  outPointText,
  readTxOut,
  SEQUENCE_FINAL,
  Transaction,
  type TxOut,
} from '../../src/core/transaction/transaction.ts';
import { parseAssembly } from './assembly.ts';
import { conformanceEngine } from './engine.ts';
import {
  type ConformanceModule,
  expectEqual,
  expectThrows,
  expectTrue,
  type Report,
  type VectorFile,
} from './suite.ts';

const FLAG_NAMES = Object.keys(ScriptFlag) as ScriptFlagName[];
const ALL_FLAGS = flagsFromNames(FLAG_NAMES);

function parseFlags(text: string): number {
  return flagsFromNames(text.split(',').filter((name) => name !== '' && name !== 'NONE'));
}

/** Turns off what cannot stand without what is off. */
function trimFlags(flags: number): number {
  let trimmed = flags;
  if (!(trimmed & ScriptFlag.P2SH)) trimmed &= ~ScriptFlag.WITNESS;
  if (!(trimmed & ScriptFlag.WITNESS)) trimmed &= ~ScriptFlag.CLEANSTACK;
  return trimmed;
}

/** Turns on what the others cannot stand without. */
function fillFlags(flags: number): number {
  let filled = flags;
  if (filled & ScriptFlag.CLEANSTACK) filled |= ScriptFlag.WITNESS;
  if (filled & ScriptFlag.WITNESS) filled |= ScriptFlag.P2SH;
  return filled;
}

function runNames(file: VectorFile, report: Report): void {
  const vectors = file.json<{
    verify_flag_bits: Record<string, number>;
    mandatory_flags: string[];
    standard_flags: string[];
    script_error_messages: Record<string, string>;
    opcodes: Record<string, number>;
    opcode_display_names: Record<string, string>;
  }>();
  report.each(Object.entries(vectors.verify_flag_bits), ([name, bit]) =>
    report.row(`flag ${name}`, () => expectEqual(flagsFromNames([name]), 1 << bit)),
  );
  report.row('mandatory_flags', () => expectEqual(MANDATORY_FLAGS, flagsFromNames(vectors.mandatory_flags)));
  report.row('standard_flags', () => expectEqual(STANDARD_FLAGS, flagsFromNames(vectors.standard_flags)));
  // "OK" is null here, and needs no text.
  for (const [name, message] of Object.entries(vectors.script_error_messages))
    if (name !== 'OK')
      report.row(`error ${name}`, () => expectEqual(scriptErrorMessage(name as ScriptError), message));
  report.each(Object.entries(vectors.opcode_display_names), ([name, display]) =>
    report.row(`opcode ${name}`, () => expectEqual(opcodeName(vectors.opcodes[name]!), display)),
  );
}

// script_tests.json

const GENERATOR_X = fromHex('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');

/** Outputs spent by Core's "crediting transaction", and the transaction that spends it. */
function spendingTransaction(
  scriptSig: Uint8Array,
  spent: TxOut,
  witness: readonly Uint8Array[],
): Transaction {
  const credit = Transaction.from({
    version: 1,
    inputs: [
      {
        prevout: NULL_OUTPOINT,
        scriptSig: Uint8Array.of(OP.OP_0, OP.OP_0),
        sequence: SEQUENCE_FINAL,
        witness: [],
      },
    ],
    outputs: [spent],
    lockTime: 0,
  });
  return Transaction.from({
    version: 1,
    inputs: [{ prevout: { txid: credit.txidBytes, vout: 0 }, scriptSig, sequence: SEQUENCE_FINAL, witness }],
    outputs: [{ value: spent.value, scriptPubKey: EMPTY }],
    lockTime: 0,
  });
}

interface ScriptRow {
  readonly witness: readonly Uint8Array[];
  readonly spent: TxOut;
  readonly scriptSig: Uint8Array;
  readonly flags: number;
  readonly expected: string;
}

/** The witness column with its placeholders filled in, and the output key that `#TAPROOTOUTPUT#` stands for. */
function parseWitness(items: readonly string[]): { witness: Uint8Array[]; outputKey: Uint8Array } {
  const witness: Uint8Array[] = [];
  let outputKey: Uint8Array = EMPTY;
  for (const item of items) {
    if (item.startsWith('#SCRIPT#')) witness.push(parseAssembly(item.slice('#SCRIPT#'.length)));
    else if (item === '#CONTROLBLOCK#') {
      const { root, leaves } = hashTapTree({
        leafVersion: TAPSCRIPT_LEAF,
        script: witness[witness.length - 1]!,
      });
      const output = taprootOutputKey(GENERATOR_X, root)!;
      outputKey = output.x;
      witness.push(controlBlock(GENERATOR_X, output.parity, leaves[0]!));
    } else witness.push(fromHex(item));
  }
  return { witness, outputKey };
}

function parseScriptRow(row: readonly unknown[]): ScriptRow {
  const withWitness = Array.isArray(row[0]);
  const items = withWitness ? (row[0] as (string | number)[]) : [0];
  const [scriptSig, scriptPubKey, flags, expected] = row.slice(withWitness ? 1 : 0) as [
    string,
    string,
    string,
    string,
  ];
  const { witness, outputKey } = parseWitness(items.slice(0, -1) as string[]);
  const value = BigInt(Math.round((items[items.length - 1] as number) * 1e8));
  const output = scriptPubKey.replace('#TAPROOTOUTPUT#', `0x${toHex(outputKey)}`);
  return {
    witness,
    spent: { value, scriptPubKey: parseAssembly(output) },
    scriptSig: parseAssembly(scriptSig),
    flags: fillFlags(parseFlags(flags)),
    expected,
  };
}

async function runScriptTests(file: VectorFile, report: Report): Promise<void> {
  const engine = await conformanceEngine();
  const errorNames =
    file.other('names.json')?.json<{ script_test_error_names: Record<string, string> }>()
      .script_test_error_names ?? {};
  report.each(file.json<unknown[][]>(), (row, index) => {
    if (row.length === 1) return;
    report.row(`row ${index} ${JSON.stringify(row)}`, () => {
      const { witness, spent, scriptSig, flags, expected } = parseScriptRow(row);
      const tx = spendingTransaction(scriptSig, spent, witness);
      const verify = (with_: number) =>
        verifyInput(tx, 0, spent, with_, new SighashContext(tx, [spent]), engine) ?? 'OK';
      expectEqual(verify(flags), errorNames[expected] ?? expected);
      // A soft fork only forbids: fewer flags keep a valid row valid, more keep an invalid one invalid.
      for (const name of FLAG_NAMES)
        if (expected === 'OK')
          expectEqual(verify(trimFlags(flags & ~ScriptFlag[name])), 'OK', `without ${name}`);
        else
          expectTrue(verify(fillFlags(flags | ScriptFlag[name])) !== 'OK', `valid with ${name} in addition`);
    });
  });
}

// tx_valid.json and tx_invalid.json

type PrevoutRow = readonly [txid: string, vout: number, scriptPubKey: string, value?: number];

interface TransactionRow {
  readonly tx: Transaction;
  readonly spent: readonly TxOut[];
}

function parseTransactionRow(prevouts: readonly PrevoutRow[], hex: string): TransactionRow {
  const outputs = new Map<string, TxOut>();
  for (const [txid, vout, scriptPubKey, value = 0] of prevouts)
    outputs.set(outPointText({ txid: fromDisplayHex(txid), vout: vout >>> 0 }), {
      value: BigInt(value),
      scriptPubKey: parseAssembly(scriptPubKey),
    });
  const tx = Transaction.decode(fromHex(hex));
  return { tx, spent: tx.inputs.map((input) => outputs.get(outPointText(input.prevout))!) };
}

/** The first error of any input, or null. */
function verifyAll({ tx, spent }: TransactionRow, flags: number, engine: SignatureEngine): string | null {
  const context = new SighashContext(tx, spent);
  for (const [index, output] of spent.entries()) {
    const error = verifyInput(tx, index, output, flags, context, engine);
    if (error !== null) return `input ${index}: ${error}`;
  }
  return null;
}

async function runValidTransactions(file: VectorFile, report: Report): Promise<void> {
  const engine = await conformanceEngine();
  report.each(file.json<unknown[][]>(), (row, index) => {
    if (row.length === 1) return;
    const [prevouts, hex, excluded] = row as [PrevoutRow[], string, string];
    report.row(`row ${index} ${hex.slice(0, 60)} excluding ${excluded}`, () => {
      const parsed = parseTransactionRow(prevouts, hex);
      checkTransaction(parsed.tx);
      const off = parseFlags(excluded);
      const verify = (flags: number) => verifyAll(parsed, flags, engine);
      expectEqual(verify(trimFlags(ALL_FLAGS & ~off)), null);
      for (const name of FLAG_NAMES) {
        const flag = ScriptFlag[name];
        expectEqual(verify(trimFlags(ALL_FLAGS & ~(off | flag))), null, `without ${name} too`);
        // The list is minimal: each flag on it is one too many.
        if (off & flag)
          expectTrue(verify(fillFlags(trimFlags(ALL_FLAGS & ~off) | flag)) !== null, `valid with ${name}`);
      }
    });
  });
}

async function runInvalidTransactions(file: VectorFile, report: Report): Promise<void> {
  const engine = await conformanceEngine();
  report.each(file.json<unknown[][]>(), (row, index) => {
    if (row.length === 1) return;
    const [prevouts, hex, included] = row as [PrevoutRow[], string, string];
    report.row(`row ${index} ${hex.slice(0, 60)} with ${included}`, () => {
      const parsed = parseTransactionRow(prevouts, hex);
      if (included === 'BADTX') {
        expectThrows(() => checkTransaction(parsed.tx), 'checkTransaction');
        return;
      }
      checkTransaction(parsed.tx);
      const on = parseFlags(included);
      const verify = (flags: number) => verifyAll(parsed, flags, engine);
      expectTrue(verify(on) !== null, 'valid');
      for (const name of FLAG_NAMES) {
        const flag = ScriptFlag[name];
        expectTrue(verify(fillFlags(on | flag)) !== null, `valid with ${name} in addition`);
        if (on & flag) expectEqual(verify(trimFlags(on & ~flag)), null, `without ${name}`);
      }
    });
  });
}

function runSighash(file: VectorFile, report: Report): void {
  const rows = file
    .json<[string, string, number, number, string][]>()
    .filter((row) => (row.length as number) !== 1);
  report.each(rows, ([hex, script, input, hashType, expected], index) =>
    report.row(`row ${index} ${hex.slice(0, 60)}`, () => {
      const context = new SighashContext(Transaction.decode(fromHex(hex)), null);
      expectEqual(toDisplayHex(legacySighash(context, input, fromHex(script), hashType)), expected);
    }),
  );
}

// taproot_script_assets.json

interface AssetSpend {
  readonly scriptSig: string;
  readonly witness: readonly string[];
}

interface Asset {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly flags: string;
  readonly comment: string;
  readonly final?: boolean;
  readonly success: AssetSpend;
  readonly failure?: AssetSpend;
}

/** Every combination of the consensus flags that can stand. */
const COMBINATIONS: readonly number[] = (() => {
  const flags = FLAG_NAMES.map((name) => ScriptFlag[name]).filter((flag) => MANDATORY_FLAGS & flag);
  let all = [0];
  for (const flag of flags) all = all.flatMap((set) => [set, set | flag]);
  return all.filter(
    (set) =>
      (!(set & ScriptFlag.WITNESS) || set & ScriptFlag.P2SH) &&
      (!(set & ScriptFlag.TAPROOT) || set & ScriptFlag.WITNESS),
  );
})();

function withSpend(tx: Transaction, index: number, spend: AssetSpend): Transaction {
  const inputs = tx.inputs.map((input, i) =>
    i === index
      ? { ...input, scriptSig: fromHex(spend.scriptSig), witness: spend.witness.map(fromHex) }
      : input,
  );
  return Transaction.from({ version: tx.version, inputs, outputs: tx.outputs, lockTime: tx.lockTime });
}

async function runTaprootAssets(file: VectorFile, report: Report): Promise<void> {
  const engine = await conformanceEngine();
  report.each(file.json<Asset[]>(), (asset, number) =>
    report.row(`row ${number} ${asset.comment}`, () => {
      const { index } = asset;
      const flags = parseFlags(asset.flags);
      const unsigned = Transaction.decode(fromHex(asset.tx));
      const spent = asset.prevouts.map((hex) => readTxOut(new Reader(fromHex(hex))));
      const verify = (spend: AssetSpend) => {
        const tx = withSpend(unsigned, index, spend);
        const context = new SighashContext(tx, spent);
        return (set: number) => verifyInput(tx, index, spent[index]!, set, context, engine);
      };
      const succeed = verify(asset.success);
      for (const set of COMBINATIONS)
        if (asset.final === true || (set & flags) === set)
          expectEqual(succeed(set), null, `success, flags ${set}`);
      if (asset.failure === undefined) return;
      const failing = verify(asset.failure);
      for (const set of COMBINATIONS)
        if ((set & flags) === flags)
          expectTrue(failing(set) !== null, `the failing spend is valid with flags ${set}`);
    }),
  );
}

// BIP143 and BIP341

interface Bip143 {
  readonly section: string;
  readonly unsigned_tx: string | null;
  readonly inputs: readonly { script_pubkey: string; amount_sat: number }[];
  readonly signatures: readonly {
    input_index: number;
    hash_type: number;
    script_code: string;
    amount_sat: number;
    preimage: string;
    sighash: string;
    public_key?: string;
    signature?: string;
  }[];
  readonly signed_txs: readonly string[];
}

async function runBip143(file: VectorFile, report: Report): Promise<void> {
  const engine = await conformanceEngine();
  report.each(file.json<Bip143[]>(), ({ section, unsigned_tx, inputs, signatures, signed_txs }) => {
    const spent = inputs.map((input) => ({
      value: BigInt(input.amount_sat),
      scriptPubKey: fromHex(input.script_pubkey),
    }));
    report.each(signatures, (signature, index) =>
      report.row(`${section}, signature ${index}`, () => {
        const tx = Transaction.decode(fromHex(unsigned_tx ?? signed_txs[0]!));
        const code = fromHex(signature.script_code);
        const amount = BigInt(signature.amount_sat);
        const { input_index, hash_type } = signature;
        const sighash = segwitSighash(new SighashContext(tx, null), input_index, code, amount, hash_type);
        expectEqual(toHex(hash256(fromHex(signature.preimage))), signature.sighash, 'hash of the preimage');
        expectEqual(toHex(sighash), signature.sighash);
      }),
    );
    if (unsigned_tx === null) return;
    report.each(signed_txs, (hex, index) =>
      report.row(`${section}, signed ${index}`, () => {
        const unsigned = Transaction.decode(fromHex(unsigned_tx));
        const places = unsigned.inputs.map((input) => outPointText(input.prevout));
        const tx = Transaction.decode(fromHex(hex));
        // With ANYONECANPAY the inputs may come in another order than in the unsigned transaction.
        const inOrder = tx.inputs.map((input) => spent[places.indexOf(outPointText(input.prevout))]!);
        expectEqual(verifyAll({ tx, spent: inOrder }, MANDATORY_FLAGS, engine), null);
      }),
    );
  });
}

interface VectorLeaf {
  readonly id: number;
  readonly script: string;
  readonly leafVersion: number;
}
type VectorTree = VectorLeaf | readonly [VectorTree, VectorTree];

interface Bip341 {
  readonly scriptPubKey: readonly {
    given: { internalPubkey: string; scriptTree: VectorTree | null };
    intermediary: { leafHashes?: string[]; merkleRoot: string | null; tweak: string; tweakedPubkey: string };
    expected: { scriptPubKey: string; bip350Address: string; scriptPathControlBlocks?: string[] };
  }[];
  readonly keyPathSpending: readonly {
    given: { rawUnsignedTx: string; utxosSpent: { scriptPubKey: string; amountSats: number }[] };
    intermediary: Record<
      'hashAmounts' | 'hashOutputs' | 'hashPrevouts' | 'hashScriptPubkeys' | 'hashSequences',
      string
    >;
    inputSpending: readonly {
      given: { txinIndex: number; internalPrivkey: string; merkleRoot: string | null; hashType: number };
      intermediary: {
        internalPubkey: string;
        tweak: string;
        tweakedPrivkey: string;
        sigMsg: string;
        sigHash: string;
      };
      expected: { witness: string[] };
    }[];
    auxiliary: { fullySignedTx: string };
  }[];
}

function toTree(tree: VectorTree): TapTree {
  if ('script' in tree) return { leafVersion: tree.leafVersion, script: fromHex(tree.script) };
  return [toTree(tree[0]), toTree(tree[1])];
}

/** Ids of the leaves in the order of the tree: expectations are listed by id. */
function leafIds(tree: VectorTree): number[] {
  return 'script' in tree ? [tree.id] : [...leafIds(tree[0]), ...leafIds(tree[1])];
}

async function runBip341(file: VectorFile, report: Report): Promise<void> {
  const vectors = report.groups<Bip341>(file.json(), ['scriptPubKey', 'keyPathSpending']);
  report.each(vectors.scriptPubKey, ({ given, intermediary, expected }, index) =>
    report.row(`scriptPubKey ${index}`, () => {
      const internal = fromHex(given.internalPubkey);
      const tree = given.scriptTree === null ? null : hashTapTree(toTree(given.scriptTree));
      const root = tree?.root ?? EMPTY;
      expectEqual(tree === null ? null : toHex(root), intermediary.merkleRoot, 'merkleRoot');
      expectEqual(toHex(taprootTweak(internal, root)), intermediary.tweak, 'tweak');
      const output = taprootOutputKey(internal, root)!;
      expectEqual(toHex(output.x), intermediary.tweakedPubkey, 'tweakedPubkey');
      expectEqual(toHex(p2tr(output.x)), expected.scriptPubKey, 'scriptPubKey');
      expectEqual(encodeAddress(p2tr(output.x), MAIN), expected.bip350Address, 'address');
      if (tree === null || given.scriptTree === null) return;
      for (const [place, id] of leafIds(given.scriptTree).entries()) {
        const leaf = tree.leaves[place]!;
        expectEqual(toHex(leaf.hash), intermediary.leafHashes?.[id], `leaf ${id}`);
        const control = toHex(controlBlock(internal, output.parity, leaf));
        expectEqual(control, expected.scriptPathControlBlocks?.[id], `control block ${id}`);
      }
    }),
  );
  const engine = await conformanceEngine();
  report.each(vectors.keyPathSpending, (spending) => runKeyPathSpending(spending, engine, report));
}

function runKeyPathSpending(
  { given, intermediary, inputSpending, auxiliary }: Bip341['keyPathSpending'][number],
  engine: SignatureEngine,
  report: Report,
): void {
  const tx = Transaction.decode(fromHex(given.rawUnsignedTx));
  const spent = given.utxosSpent.map((output) => ({
    value: BigInt(output.amountSats),
    scriptPubKey: fromHex(output.scriptPubKey),
  }));
  const context = new SighashContext(tx, spent);
  report.row('shared hashes', () => {
    expectEqual(toHex(context.shared.prevouts), intermediary.hashPrevouts);
    expectEqual(toHex(context.shared.sequences), intermediary.hashSequences);
    expectEqual(toHex(context.shared.outputs), intermediary.hashOutputs);
    expectEqual(toHex(context.spentHashes.amounts), intermediary.hashAmounts);
    expectEqual(toHex(context.spentHashes.scripts), intermediary.hashScriptPubkeys);
  });
  report.each(inputSpending, ({ given: input, intermediary: middle, expected }) =>
    report.row(`spending input ${input.txinIndex}`, () => {
      const secret = fromHex(input.internalPrivkey);
      const internal = xOnlyKeyOf(secret);
      expectEqual(toHex(internal), middle.internalPubkey, 'internalPubkey');
      const tweak = taprootTweak(internal, input.merkleRoot === null ? EMPTY : fromHex(input.merkleRoot));
      expectEqual(toHex(tweak), middle.tweak, 'tweak');
      const tweaked = tweakSecret(secret, tweak);
      expectEqual(toHex(tweaked), middle.tweakedPrivkey, 'tweakedPrivkey');
      const writer = new Writer();
      writeTaprootMessage(writer, context, input.txinIndex, input.hashType, KEY_PATH_SPEND);
      expectEqual(toHex(writer.finish()), middle.sigMsg, 'sigMsg');
      const hash = taprootSighash(context, input.txinIndex, input.hashType)!;
      expectEqual(toHex(hash), middle.sigHash, 'sigHash');
      const type = input.hashType === 0 ? EMPTY : Uint8Array.of(input.hashType);
      const signature = concatBytes(signSchnorr(hash, tweaked, new Uint8Array(32)), type);
      expectEqual([toHex(signature)], expected.witness, 'witness');
    }),
  );
  report.row('fully signed', () => {
    const signed = Transaction.decode(fromHex(auxiliary.fullySignedTx));
    expectEqual(verifyAll({ tx: signed, spent }, MANDATORY_FLAGS, engine), null);
  });
}

// Encodings

function runScriptNumbers(file: VectorFile, report: Report): void {
  // Some of the numbers are beyond what JSON.parse keeps exactly.
  const exact = file.text().replace(/("number":\s*)(-?\d+)/g, '$1"$2"');
  report.each(
    JSON.parse(exact) as { hex: string; number: string; bytes?: number }[],
    ({ hex, number, bytes }) =>
      report.row(`${hex} = ${number}`, () => {
        expectEqual(toHex(encodeScriptNumber(BigInt(number))), hex);
        expectEqual(decodeScriptNumber(fromHex(hex), true, bytes), BigInt(number));
      }),
  );
}

function runDerSignatures(file: VectorFile, report: Report): void {
  interface Signatures {
    readonly canonical: readonly string[];
    readonly noncanonical: readonly { readonly sig: string; readonly reason: string }[];
  }
  const vectors = report.groups<Signatures>(file.json(), ['canonical', 'noncanonical']);
  const flags = ScriptFlag.STRICTENC | ScriptFlag.DERSIG;
  report.each(vectors.canonical, (hex) => report.row(hex, () => checkSignatureEncoding(fromHex(hex), flags)));
  report.each(vectors.noncanonical, ({ sig, reason }) =>
    report.row(`${reason}: ${sig}`, () => {
      const error = expectThrows(() => checkSignatureEncoding(fromHex(sig), flags), reason);
      expectTrue(error instanceof ScriptFailure, `threw ${error}`);
    }),
  );
}

export const conformance: ConformanceModule = {
  runners: {
    'names.json': runNames,
    'script_tests.json': runScriptTests,
    'tx_valid.json': runValidTransactions,
    'tx_invalid.json': runInvalidTransactions,
    'sighash.json': runSighash,
    'taproot_script_assets.json': runTaprootAssets,
    'bip143.json': runBip143,
    'bip341_wallet_vectors.json': runBip341,
    'script_number.json': runScriptNumbers,
    'sig_der.json': runDerSignatures,
  },
};
