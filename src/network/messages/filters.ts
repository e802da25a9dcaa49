/** Messages of BIP157. `filterType` 0 is the basic filter, the only one there is. */
import { type Codec, readList, writeList } from './codec.ts';

/** Hashes in one cfheaders or cfcheckpt. */
export const MAXIMUM_FILTER_HEADERS = 2_000;
/** cfcheckpt has one for each 1,000 blocks: enough for longer than anyone will care. */
const MAXIMUM_CHECKPOINTS = 100_000;

export interface FilterRange {
  readonly filterType: number;
  readonly startHeight: number;
  /** 32 bytes, internal order, as all hashes here. */
  readonly stopHash: Uint8Array;
}

/** getcfilters, getcfheaders */
export const filterRange: Codec<FilterRange> = {
  read: (reader) => ({
    filterType: reader.uint8(),
    startHeight: reader.uint32(),
    stopHash: reader.view(32),
  }),
  write(writer, body) {
    writer.uint8(body.filterType).uint32(body.startHeight).bytes(body.stopHash);
  },
};

export const cfilter: Codec<{
  readonly filterType: number;
  readonly blockHash: Uint8Array;
  readonly filter: Uint8Array;
}> = {
  read: (reader) => ({
    filterType: reader.uint8(),
    blockHash: reader.view(32),
    filter: reader.varBytes(),
  }),
  write(writer, body) {
    writer.uint8(body.filterType).bytes(body.blockHash).varBytes(body.filter);
  },
};

export const cfheaders: Codec<{
  readonly filterType: number;
  readonly stopHash: Uint8Array;
  readonly previousHeader: Uint8Array;
  readonly filterHashes: readonly Uint8Array[];
}> = {
  read: (reader) => ({
    filterType: reader.uint8(),
    stopHash: reader.view(32),
    previousHeader: reader.view(32),
    filterHashes: readList(reader, 32, MAXIMUM_FILTER_HEADERS, () => reader.view(32)),
  }),
  write(writer, body) {
    writer.uint8(body.filterType).bytes(body.stopHash).bytes(body.previousHeader);
    writeList(writer, body.filterHashes, (hash) => writer.bytes(hash));
  },
};

export const getcfcheckpt: Codec<{ readonly filterType: number; readonly stopHash: Uint8Array }> = {
  read: (reader) => ({ filterType: reader.uint8(), stopHash: reader.view(32) }),
  write(writer, body) {
    writer.uint8(body.filterType).bytes(body.stopHash);
  },
};

export const cfcheckpt: Codec<{
  readonly filterType: number;
  readonly stopHash: Uint8Array;
  readonly filterHeaders: readonly Uint8Array[];
}> = {
  read: (reader) => ({
    filterType: reader.uint8(),
    stopHash: reader.view(32),
    filterHeaders: readList(reader, 32, MAXIMUM_CHECKPOINTS, () => reader.view(32)),
  }),
  write(writer, body) {
    writer.uint8(body.filterType).bytes(body.stopHash);
    writeList(writer, body.filterHeaders, (hash) => writer.bytes(hash));
  },
};
