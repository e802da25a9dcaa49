/** Every message of the protocol by its command: the one place where they are listed. */
import { Reader } from '../../core/encoding/reader.ts';
import { Writer } from '../../core/encoding/writer.ts';
import { addr, addrv2 } from './addresses.ts';
import { type Codec, flag } from './codec.ts';
import { blocktxn, cmpctblock, getblocktxn } from './compact-blocks.ts';
import { cfcheckpt, cfheaders, cfilter, filterRange, getcfcheckpt } from './filters.ts';
import { feefilter, filteradd, filterload, ping, sendcmpct, sendtxrcncl, version } from './handshake.ts';
import { block, headers, inventory, locatorRequest, merkleblock, tx } from './inventory.ts';

const codecs = Object.freeze({
  version,
  verack: flag,
  wtxidrelay: flag,
  sendaddrv2: flag,
  sendheaders: flag,
  sendtxrcncl,
  sendcmpct,
  feefilter,
  ping,
  pong: ping,
  getaddr: flag,
  addr,
  addrv2,
  inv: inventory,
  getdata: inventory,
  notfound: inventory,
  getblocks: locatorRequest,
  getheaders: locatorRequest,
  headers,
  block,
  tx,
  mempool: flag,
  cmpctblock,
  getblocktxn,
  blocktxn,
  getcfilters: filterRange,
  cfilter,
  getcfheaders: filterRange,
  cfheaders,
  getcfcheckpt,
  cfcheckpt,
  filterload,
  filteradd,
  filterclear: flag,
  merkleblock,
});

export type Command = keyof typeof codecs;
export type Body<C extends Command> = (typeof codecs)[C] extends Codec<infer T> ? T : never;
export type Message = { [C in Command]: { readonly command: C; readonly body: Body<C> } }[Command];

export function isCommand(command: string): command is Command {
  return Object.hasOwn(codecs, command);
}

/** What follows the fields that we know is ignored, so that others may add to them (as in Core). @throws DecodeError */
export function decodeBody<C extends Command>(command: C, payload: Uint8Array): Body<C> {
  return (codecs[command] as Codec<Body<C>>).read(new Reader(payload));
}

export function encodeBody<C extends Command>(command: C, body: Body<C>): Uint8Array {
  const writer = new Writer();
  (codecs[command] as Codec<Body<C>>).write(writer, body);
  return writer.finish();
}
