/** Whom we do not speak with: bans set by hand (kept on disk), and peers discouraged for an offence. */
import { compareBytes } from '../core/encoding/bytes.ts';
import type { Clock } from '../seams.ts';
import { AddressError, formatHost, type NetworkAddress, parseAddress } from './network-address.ts';
import { RecentSet } from './recent-set.ts';

/** Core's -bantime: a day. */
export const DEFAULT_BAN_TIME = 86_400;
const DISCOURAGED = 25_000;

export interface Subnet {
  readonly address: NetworkAddress;
  readonly prefix: number;
  readonly text: string;
}

/** `1.2.3.4`, `1.2.3.0/24`, `1.2.3.0/255.255.255.0`, `::1/64`. @throws AddressError */
export function parseSubnet(text: string): Subnet {
  const [host = '', mask, ...rest] = text.split('/');
  const address = parseAddress(host.replace(/^\[|\]$/g, ''), 0);
  if (address === undefined || rest.length > 0) throw new AddressError('Error: Invalid IP/Subnet');
  const bits = 8 * address.bytes.length;
  const prefix = mask === undefined ? bits : parsePrefix(mask, bits);
  const bytes = address.bytes.map((byte, i) => byte & maskByte(prefix, i));
  const network = { ...address, bytes };
  const isIp = address.bytes.length < 32;
  if (mask !== undefined && !isIp) throw new AddressError('Error: Invalid IP/Subnet');
  return { address: network, prefix, text: `${formatHost(network)}${isIp ? `/${prefix}` : ''}` };
}

function parsePrefix(mask: string, bits: number): number {
  if (/^\d{1,3}$/.test(mask) && Number(mask) <= bits) return Number(mask);
  const address = parseAddress(mask, 0);
  const binary = [...(address?.bytes ?? [])].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  if (binary.length !== bits || !/^1*0*$/.test(binary)) throw new AddressError('Error: Invalid IP/Subnet');
  return binary.replace(/0/g, '').length;
}

function maskByte(prefix: number, index: number): number {
  return (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * index))) & 0xff;
}

export function contains(subnet: Subnet, address: NetworkAddress): boolean {
  if (subnet.address.id !== address.id) return false;
  return address.bytes.every((byte, i) => (byte & maskByte(subnet.prefix, i)) === subnet.address.bytes[i]);
}

export interface Ban {
  /** An address or subnet as text: `1.2.3.4/32`. */
  readonly subnet: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly until: number;
}

export class BanList {
  readonly #clock: Clock;
  readonly #bans = new Map<string, { readonly subnet: Subnet; readonly ban: Ban }>();
  readonly #discouraged = new RecentSet<string>(DISCOURAGED);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False if this address, or exactly this subnet, is banned already. @throws AddressError */
  add(text: string, until: number): boolean {
    const subnet = parseSubnet(text);
    const isBanned = text.includes('/')
      ? this.list().some((ban) => ban.subnet === subnet.text)
      : this.isBanned(subnet.address);
    if (isBanned) return false;
    this.#bans.set(subnet.text, {
      subnet,
      ban: { subnet: subnet.text, createdAt: this.#clock.seconds(), until },
    });
    return true;
  }

  /** False if it was not banned. @throws AddressError */
  remove(text: string): boolean {
    return this.#bans.delete(parseSubnet(text).text);
  }

  clear(): void {
    this.#bans.clear();
  }

  /** Those in force, by network, address and mask. */
  list(): Ban[] {
    const now = this.#clock.seconds();
    for (const [text, { ban }] of this.#bans) if (ban.until <= now) this.#bans.delete(text);
    const order = (a: Subnet, b: Subnet) =>
      a.address.id - b.address.id || compareBytes(a.address.bytes, b.address.bytes) || a.prefix - b.prefix;
    return [...this.#bans.values()].sort((a, b) => order(a.subnet, b.subnet)).map(({ ban }) => ban);
  }

  isBanned(address: NetworkAddress): boolean {
    const now = this.#clock.seconds();
    for (const { subnet, ban } of this.#bans.values())
      if (ban.until > now && contains(subnet, address)) return true;
    return false;
  }

  discourage(address: NetworkAddress): void {
    this.#discouraged.add(formatHost(address));
  }

  isDiscouraged(address: NetworkAddress): boolean {
    return this.#discouraged.has(formatHost(address));
  }

  encode(): object {
    return { banned_nets: this.list() };
  }

  /** All or nothing. @throws if it is not what `encode` gave */
  load({ banned_nets: bans }: { readonly banned_nets?: unknown }): void {
    const loaded = (bans as Ban[]).map((ban) => {
      const { subnet, createdAt, until } = ban;
      if (![createdAt, until].every(Number.isSafeInteger)) throw new Error(`no times for ${subnet}`);
      return { subnet: parseSubnet(subnet), ban };
    });
    for (const one of loaded) this.#bans.set(one.ban.subnet, one);
  }
}
