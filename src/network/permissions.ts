/** What some peers may do that others may not (Core's -whitelist and -whitebind), and who they are. */
import { contains, parseSubnet, type Subnet } from './ban-list.ts';
import { AddressError, type NetworkAddress, parseAddress } from './network-address.ts';

/**
 * In the order in which Core shows them. Bloom filters (BIP37) are served to nobody, whoever may ask for them.
 * - `noban`: is not sent away for an offence, a ban or lack of room; hears of transactions at once.
 * - `forcerelay`: what it sends is relayed though the mempool has it already.
 * - `relay`: its transactions are taken even where no others' are.
 * - `mempool`: may ask for all that the mempool has (BIP35).
 * - `download`: gets headers while we catch up, and blocks beyond -maxuploadtarget.
 * - `addr`: gets addresses afresh whenever it asks, and may tell any number.
 */
export const PERMISSIONS = [
  'bloomfilter',
  'noban',
  'forcerelay',
  'relay',
  'mempool',
  'download',
  'addr',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

interface Grant {
  readonly permissions: readonly Permission[];
  readonly inbound: boolean;
  /** Nodes added by hand. */
  readonly outbound: boolean;
}

export interface SubnetGrant extends Grant {
  readonly subnet: Subnet;
}

/** An address to bind, and what is granted to whom it lets in. */
export interface Door {
  readonly bind: string;
  readonly permissions: readonly Permission[];
}

/** What is granted where no permission is named. */
interface ImplicitPermissions {
  /** -whitelistrelay */
  readonly relay: boolean;
  /** -whitelistforcerelay */
  readonly forceRelay: boolean;
}

const IMPLIED: Partial<Record<Permission, Permission>> = { noban: 'download', forcerelay: 'relay' };

/** `[permission,…[,in][,out]@]rest`. @throws AddressError with Core's text */
function parseGrant(text: string, implicit: ImplicitPermissions, mayDial: boolean): [Grant, rest: string] {
  const at = text.indexOf('@');
  const words = at < 0 ? implicitly(implicit) : text.slice(0, at).split(',').filter(Boolean);
  const granted = new Set<string>();
  for (const word of words) {
    if (word === 'out' && !mayDial)
      throw new AddressError('whitebind may only be used for incoming connections ("out" was passed)');
    const name = word === 'bloom' ? 'bloomfilter' : (word as Permission);
    if (word !== 'all' && word !== 'in' && word !== 'out' && !PERMISSIONS.includes(name))
      throw new AddressError(`Invalid P2P permission: '${word}'`);
    granted.add(name).add(IMPLIED[name] ?? name);
  }
  const permissions = PERMISSIONS.filter((name) => granted.has('all') || granted.has(name));
  const outbound = granted.has('out');
  if (permissions.length === 0 && (outbound || granted.has('in')))
    throw new AddressError(`Only direction was set, no permissions: '${text}'`);
  return [{ permissions, inbound: !outbound || granted.has('in'), outbound }, text.slice(at + 1)];
}

function implicitly({ relay, forceRelay }: ImplicitPermissions): string[] {
  return ['noban', 'mempool', ...(relay ? ['relay'] : []), ...(forceRelay ? ['forcerelay'] : [])];
}

/** Of -whitelist. @throws AddressError */
export function parseWhitelist(text: string, implicit: ImplicitPermissions): SubnetGrant {
  const [grant, net] = parseGrant(text, implicit, true);
  try {
    return { ...grant, subnet: parseSubnet(net) };
  } catch {
    throw new AddressError(`Invalid netmask specified in -whitelist: '${net}'`);
  }
}

/** Of -whitebind. @throws AddressError */
export function parseWhitebind(text: string, implicit: ImplicitPermissions): Door {
  const [{ permissions }, bind] = parseGrant(text, implicit, false);
  const [, host, port] = /^(.+?)(?::(\d+))?$/.exec(bind) ?? [];
  if (parseAddress((host ?? '').replace(/^\[|\]$/g, ''), 1) === undefined)
    throw new AddressError(`Cannot resolve -whitebind address: '${bind}'`);
  if (Number(port ?? 0) === 0) throw new AddressError(`Need to specify a port with -whitebind: '${bind}'`);
  return { bind, permissions };
}

/** All that a peer at this address is granted, with what its door grants. */
export function permissionsOf(
  grants: readonly SubnetGrant[],
  address: NetworkAddress | undefined,
  direction: 'inbound' | 'outbound',
  door: readonly Permission[] = [],
): ReadonlySet<Permission> {
  const all = new Set(door);
  if (address !== undefined)
    for (const grant of grants)
      if (grant[direction] && contains(grant.subnet, address))
        for (const permission of grant.permissions) all.add(permission);
  return all;
}
