/** Which addresses may connect to the RPC (Core's -rpcallowip). */
import { BlockList, isIP } from 'node:net';

export interface AllowedPeers {
  readonly list: BlockList;
  /** Others than this machine may connect. */
  readonly others: boolean;
}

/** Loopback and what the options add. @throws Error that names the option. */
export function allowedPeers(allowed: readonly string[]): AllowedPeers {
  const [list, loopback] = [new BlockList(), new BlockList()];
  for (const each of [list, loopback]) {
    each.addSubnet('127.0.0.0', 8, 'ipv4');
    each.addAddress('::1', 'ipv6');
  }
  let others = false;
  for (const entry of allowed) {
    const [address, mask] = entry.replace(/^\[([^\]]*)\]/, '$1').split('/') as [string, string | undefined];
    const family = isIP(address);
    if (family === 0) throw new Error(`Invalid -rpcallowip subnet specification: ${entry}`);
    const type = family === 6 ? 'ipv6' : 'ipv4';
    const full = family === 6 ? 128 : 32;
    const bits = mask === undefined ? full : isIP(mask) === 4 ? maskBits(mask) : Number(mask);
    if (!Number.isInteger(bits) || bits < 0 || bits > full)
      throw new Error(`Invalid -rpcallowip subnet specification: ${entry}`);
    list.addSubnet(address, bits, type);
    others ||= !loopback.check(address, type) || bits < (family === 6 ? full : 8);
  }
  return { list, others };
}

/** 255.255.255.0 is 24; NaN if the ones are not all in front. */
function maskBits(mask: string): number {
  const ones = mask
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(ones) ? ones.lastIndexOf('1') + 1 : Number.NaN;
}
