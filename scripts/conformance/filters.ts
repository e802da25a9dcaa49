/** BIP158: the basic filter of a block and its place in the chain of filter headers. */
import { Block } from '../../src/core/block/block.ts';
import { basicFilter, filterHeader, matchesFilter } from '../../src/core/block/filter.ts';
import { fromDisplayHex, fromHex, toDisplayHex, toHex } from '../../src/core/encoding/bytes.ts';
import { type ConformanceModule, expectEqual, expectTrue, type Report, type VectorFile } from './suite.ts';

/** Height, block hash, block, scripts spent, previous filter header, filter, filter header, notes. */
type Row = [number, string, string, string[], string, string, string, string];

function runFilters(file: VectorFile, report: Report): void {
  const [, ...rows] = file.json<[unknown, ...Row[]]>();
  report.each(rows, ([height, hash, blockHex, spentScripts, previous, filterHex, header]) =>
    report.row(`height ${height}`, () => {
      const block = Block.decode(fromHex(blockHex));
      expectEqual(block.hash, hash as typeof block.hash, 'block hash');
      const spent = spentScripts.map((script) => ({ value: 0n, scriptPubKey: fromHex(script) }));
      const filter = basicFilter(block, spent);
      expectEqual(toHex(filter), filterHex, 'filter');
      expectEqual(toDisplayHex(filterHeader(filter, fromDisplayHex(previous))), header, 'header');
      for (const { scriptPubKey } of spent)
        if (scriptPubKey.length > 0)
          expectTrue(matchesFilter(filter, block.header.hashBytes, [scriptPubKey]), 'finds what was spent');
    }),
  );
}

export const conformance: ConformanceModule = { runners: { 'blockfilters.json': runFilters } };
