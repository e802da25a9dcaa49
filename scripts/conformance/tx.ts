/** tx/: odd transactions of history, and transactions as decoderawtransaction shows them. */
import { fromHex, toHex } from '../../src/core/encoding/bytes.ts';
import { writeJson } from '../../src/core/encoding/json-writer.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { MAIN } from '../../src/core/parameters/presets.ts';
import { ANY_FORM, decodeTransaction } from '../../src/core/script/decode-transaction.ts';
import { flagsFromNames } from '../../src/core/script/flags.ts';
import { SighashContext } from '../../src/core/script/sighash.ts';
import { verifyInput } from '../../src/core/script/verify.ts';
import { Transaction } from '../../src/core/transaction/transaction.ts';
import { transactionJson } from '../../src/formats/transaction.ts';
import { conformanceEngine } from './engine.ts';
import { type ConformanceModule, expectEqual, type Report, type VectorFile } from './suite.ts';

interface Historical {
  readonly name: string;
  readonly about: string;
  readonly hex: string;
  readonly txid: string;
  readonly wtxid: string;
  readonly size: number;
  readonly weight: number;
  readonly input_count: number;
  readonly output_count: number;
  readonly spent_outputs: readonly { value: number; script_pubkey: string }[] | null;
}

/**
 * What a description says of scripts ("verify all inputs with P2SH,DERSIG", "input 0 verifies with no
 * flags"): under which flags, and which input if not all. Null where it says nothing.
 */
function readAbout(about: string): { flags: number; only: number | null } | null {
  const said = /(?:input (\d+) )?verif[a-z]*.* with (.*)$/.exec(about);
  if (said === null) return null;
  const names = said[2]!.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [];
  return { flags: flagsFromNames(names), only: said[1] === undefined ? null : Number(said[1]) };
}

async function runHistorical(file: VectorFile, report: Report): Promise<void> {
  const engine = await conformanceEngine();
  report.each(file.json<Historical[]>(), (row) =>
    report.row(`${row.name}: ${row.about}`, () => {
      // Other bytes may follow; the first transaction is meant.
      const tx = Transaction.read(new Reader(fromHex(row.hex)));
      expectEqual(tx.txid, row.txid, 'txid');
      expectEqual(tx.wtxid, row.wtxid, 'wtxid');
      expectEqual(tx.bytes.length, row.size, 'size');
      expectEqual(tx.weight, row.weight, 'weight');
      expectEqual([tx.inputs.length, tx.outputs.length], [row.input_count, row.output_count], 'counts');
      expectEqual(toHex(Transaction.from(tx).bytes), toHex(tx.bytes), 'encoded again');
      const claim = readAbout(row.about);
      if (row.spent_outputs === null || claim === null) return;
      const spent = row.spent_outputs.map((output) => ({
        value: BigInt(output.value),
        scriptPubKey: fromHex(output.script_pubkey),
      }));
      const context = new SighashContext(tx, spent);
      for (const [index, output] of spent.entries())
        if (claim.only === null || claim.only === index)
          expectEqual(verifyInput(tx, index, output, claim.flags, context, engine), null, `input ${index}`);
    }),
  );
}

function runDecoded(file: VectorFile, report: Report): void {
  report.each(file.json<{ name: string; hex: string; decoded: unknown }[]>(), ({ name, hex, decoded }) =>
    report.row(name, () => {
      const tx = decodeTransaction(hex, ANY_FORM)!;
      expectEqual(JSON.parse(writeJson(transactionJson(tx, MAIN, { hex: true }))), decoded);
    }),
  );
}

export const conformance: ConformanceModule = {
  runners: { 'historical_txs.json': runHistorical, 'decoded_txs.json': runDecoded },
};
