/**
 * Addresses of peers (BIP155's networks): their text, their legacy 16-byte form, whether they can be
 * reached, and which addresses are likely to be under one hand (their group).
 */
import { sha3_256 } from '@noble/hashes/sha3.js';
import { base32 } from '@scure/base';
import { concatBytes, equalBytes, toHex, utf8 } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import type { Scheme, Target } from './transport.ts';

type AddressNetwork = 'ipv4' | 'ipv6' | 'onion' | 'i2p' | 'cjdns' | 'unknown';

export interface NetworkAddress {
  readonly network: AddressNetwork;
  /** BIP155 network id. */
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly port: number;
}

/** Text that is no address, port or subnet. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

const KNOWN: ReadonlyMap<number, { readonly network: AddressNetwork; readonly length: number }> = new Map([
  [1, { network: 'ipv4', length: 4 }],
  [2, { network: 'ipv6', length: 16 }],
  [4, { network: 'onion', length: 32 }],
  [5, { network: 'i2p', length: 32 }],
  [6, { network: 'cjdns', length: 16 }],
]);

const MAPPED_IPV4 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
const ONION_VERSION = Uint8Array.of(3);

/** @throws DecodeError if the length is wrong for a network that we know. */
export function networkOfId(id: number, bytes: Uint8Array): AddressNetwork {
  const known = KNOWN.get(id);
  if (known === undefined) return 'unknown';
  if (bytes.length !== known.length) throw new DecodeError(`wrong address length for network ${id}`);
  // BIP155 forbids IPv4 inside IPv6; CJDNS is fc00::/8.
  if (known.network === 'ipv6' && isMapped(bytes)) return 'unknown';
  if (known.network === 'cjdns' && bytes[0] !== 0xfc) return 'unknown';
  return known.network;
}

function isMapped(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, 12), MAPPED_IPV4);
}

/** From the 16 bytes of version and addr messages. */
export function readLegacyIp(bytes: Uint8Array, port: number): NetworkAddress {
  return isMapped(bytes)
    ? { network: 'ipv4', id: 1, bytes: bytes.subarray(12), port }
    : { network: 'ipv6', id: 2, bytes, port };
}

/** 16 bytes; zeros for a network that has no such form. */
export function writeLegacyIp(address: NetworkAddress): Uint8Array {
  if (address.network === 'ipv4') return concatBytes(MAPPED_IPV4, address.bytes);
  return address.network === 'ipv6' ? address.bytes : new Uint8Array(16);
}

/** Host without port: `1.2.3.4`, `::1`, `….onion`, `….b32.i2p`. */
export function formatHost(address: NetworkAddress): string {
  if (address.network === 'ipv4') return address.bytes.join('.');
  if (address.network === 'onion') {
    const checksum = sha3_256(concatBytes(utf8('.onion checksum'), address.bytes, ONION_VERSION));
    const whole = concatBytes(address.bytes, checksum.subarray(0, 2), ONION_VERSION);
    return `${base32.encode(whole).toLowerCase()}.onion`;
  }
  if (address.network === 'i2p')
    return `${base32.encode(address.bytes).replaceAll('=', '').toLowerCase()}.b32.i2p`;
  if (address.network === 'unknown') return toHex(address.bytes);
  return formatIpv6(address.bytes);
}

/** RFC 5952: the longest run of zero groups is left out. */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(':');
  const tail = groups.slice(best.start + best.length);
  return `${groups.slice(0, best.start).join(':')}::${tail.join(':')}`;
}

/** `host:port`, `[host]:port` for IPv6. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function formatAddress(address: NetworkAddress): string {
  return joinHostPort(formatHost(address), address.port);
}

/** Of `host:port` text; undefined for a name. */
export function addressOf(text: string): NetworkAddress | undefined {
  const match = /^\[?(.+?)\]?:(\d+)$/.exec(text);
  return match === null ? undefined : parseAddress(match[1]!, Number(match[2]));
}

/** An IP, onion or I2P address; undefined for a name that would have to be resolved. */
export function parseAddress(host: string, port: number): NetworkAddress | undefined {
  const text = host.toLowerCase();
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { network: 'ipv4', id: 1, bytes: ipv4, port };
  if (text.includes(':')) {
    const bytes = parseIpv6(text);
    if (bytes === undefined) return undefined;
    if (bytes[0] === 0xfc) return { network: 'cjdns', id: 6, bytes, port };
    return readLegacyIp(bytes, port);
  }
  const overlay = /^([a-z2-7]{56})\.onion$|^([a-z2-7]{52})\.b32\.i2p$/.exec(text);
  if (overlay === null) return undefined;
  const onion = overlay[1] !== undefined;
  const bytes = base32.decode(`${(overlay[1] ?? overlay[2])!.toUpperCase()}${onion ? '' : '===='}`);
  const address: NetworkAddress = onion
    ? { network: 'onion', id: 4, bytes: bytes.subarray(0, 32), port }
    : { network: 'i2p', id: 5, bytes, port };
  return formatHost(address) === text ? address : undefined;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const parts = match?.slice(1).map(Number);
  return parts?.every((part) => part < 256) ? Uint8Array.from(parts) : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (embedded !== null) {
    const ipv4 = parseIpv4(embedded[2]!);
    if (ipv4 === undefined) return undefined;
    const hex = toHex(ipv4);
    return parseIpv6(`${embedded[1]}${hex.slice(0, 4)}:${hex.slice(4)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = groups.flat();
  if (!given.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  if (halves.length === 1 ? given.length !== 8 : given.length > 7) return undefined;
  const zeros = new Array<string>(8 - given.length).fill('0');
  const all = [...groups[0]!, ...zeros, ...(groups[1] ?? [])].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(all.flatMap((value) => [value >> 8, value & 0xff]));
}

/**
 * `host`, `host:port`, `[host]:port`, `ws://host:port`. @throws AddressError
 * @param lowestPort 0 where a free one may be asked for
 */
export function parseTarget(
  text: string,
  defaultScheme: Scheme,
  defaultPort: number,
  lowestPort = 1,
): Target {
  const match =
    /^(?:(ws|wss|tcp):\/\/)?(?:\[([^\]]+)\]|([^:/[\]\s]+)|([0-9a-fA-F:.]+))(?::(\d{1,5}))?\/?$/.exec(
      text.trim(),
    );
  if (match === null) throw new AddressError(`Invalid address: ${text}`);
  const [, scheme, bracketed, name, bareIpv6, digits] = match;
  const port = digits === undefined ? (scheme === 'wss' ? 443 : defaultPort) : Number(digits);
  if (port < lowestPort || port > 65_535) throw new AddressError(`Invalid port: ${text}`);
  const host = bracketed ?? name ?? bareIpv6!;
  return { scheme: (scheme as Scheme | undefined) ?? defaultScheme, host, port };
}

const isIpv4In = (bytes: Uint8Array, first: number, mask: number, second: number): boolean =>
  bytes[0] === first && (bytes[1]! & mask) === second;

/** This machine or its own network. */
export function isLocal(address: NetworkAddress): boolean {
  const { network, bytes } = address;
  if (network === 'ipv4')
    return (
      bytes[0] === 127 ||
      bytes[0] === 10 ||
      isIpv4In(bytes, 172, 0xf0, 16) ||
      isIpv4In(bytes, 192, 0xff, 168) ||
      isIpv4In(bytes, 169, 0xff, 254)
    );
  if (network !== 'ipv6') return false;
  const loopback = bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
  return loopback || (bytes[0]! & 0xfe) === 0xfc || (bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80);
}

/** Whether an address may be gossiped and dialled. On networks of local peers, local ones may be. */
export function isRoutable(address: NetworkAddress, localPeers: boolean): boolean {
  const { network, bytes, port } = address;
  if (network === 'unknown' || port === 0) return false;
  if (isLocal(address)) return localPeers;
  if (network === 'ipv4')
    return !(
      bytes[0] === 0 ||
      bytes[0]! >= 224 ||
      isIpv4In(bytes, 100, 0xc0, 64) || // RFC 6598
      isIpv4In(bytes, 198, 0xfe, 18) || // RFC 2544
      (isIpv4In(bytes, 192, 0xff, 0) && bytes[2] === 2) || // RFC 5737
      (isIpv4In(bytes, 198, 0xff, 51) && bytes[2] === 100) ||
      (isIpv4In(bytes, 203, 0xff, 0) && bytes[2] === 113)
    );
  if (network !== 'ipv6') return true;
  const unspecified = bytes.every((byte) => byte === 0);
  const documentation = toHex(bytes.subarray(0, 4)) === '20010db8'; // RFC 3849
  const orchid = /^2001001|^2001002/.test(toHex(bytes.subarray(0, 4))); // RFC 4843, 7343
  return !(unspecified || documentation || orchid || bytes[0] === 0xff);
}

/**
 * Addresses of one group may be one hand's: /16 of IPv4, /32 of IPv6, 4 bits of the overlays, as in Core.
 * On networks of local peers, address and port.
 */
export function groupOf(address: NetworkAddress, localPeers: boolean): string {
  const { id, network, bytes } = address;
  if (localPeers && isLocal(address)) return formatAddress(address);
  const overlay = network === 'onion' || network === 'i2p' || network === 'cjdns';
  if (overlay) return `${id}:${network === 'cjdns' ? bytes[1]! >> 4 : bytes[0]! >> 4}`;
  return `${id}:${toHex(bytes.subarray(0, network === 'ipv4' ? 2 : 4))}`;
}

export type NetworkName = 'ipv4' | 'ipv6' | 'onion' | 'i2p' | 'cjdns' | 'not_publicly_routable';

/** Core's name of the network, as getpeerinfo shows it. */
export function networkName(address: NetworkAddress | undefined): NetworkName {
  if (address === undefined || address.network === 'unknown' || !isRoutable({ ...address, port: 1 }, false))
    return 'not_publicly_routable';
  return address.network;
}
