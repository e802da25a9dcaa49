/** Addresses that may not connect. */
import { AddressError } from '../../network/network-address.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { helpText } from '../help.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

/** Seconds. */
const DEFAULT_BAN_TIME = 24 * 60 * 60;

const none = [result.none('', '')];

const setban = defineMethod({
  name: 'setban',
  category: 'Network',
  description: 'Attempts to add or remove an IP/Subnet from the banned list.',
  parameters: [
    param.string(
      'subnet',
      'The IP/Subnet (see getpeerinfo for nodes IP) with an optional netmask (default is /32 = single IP)',
    ),
    param.string(
      'command',
      "'add' to add an IP/Subnet to the list, 'remove' to remove an IP/Subnet from the list",
    ),
    param.long(
      'bantime',
      'time in seconds how long (or until when if [absolute] is set) the IP is banned (0 or empty means using the default time of 24h which can also be overwritten by the -bantime startup argument)',
      {
        default: 0,
      },
    ),
    param.boolean(
      'absolute',
      'If set, the bantime must be an absolute timestamp expressed in UNIX epoch time',
      {
        default: false,
      },
    ),
  ],
  results: none,
  examples: ['"192.168.0.6" "add" 86400', '"192.168.0.0/24" "add"'],
  handler([subnet, command, bantime, absolute], { network, clock }) {
    if (command !== 'add' && command !== 'remove') throw new RpcError(RpcCode.MISC_ERROR, helpText(setban));
    const now = Math.floor(clock.now() / 1000);
    try {
      if (command === 'remove') {
        if (!network.unban(subnet))
          throw new RpcError(
            RpcCode.CLIENT_INVALID_IP_OR_SUBNET,
            'Error: Unban failed. Requested address/subnet was not previously manually banned.',
          );
        return null;
      }
      if (absolute && bantime < now)
        throw new RpcError(RpcCode.INVALID_PARAMETER, 'Error: Absolute timestamp is in the past');
      const length = bantime > 0 ? bantime : (network.options.banTime ?? DEFAULT_BAN_TIME);
      if (!network.ban(subnet, absolute ? bantime : now + length))
        throw new RpcError(RpcCode.CLIENT_NODE_ALREADY_ADDED, 'Error: IP/Subnet already banned');
      return null;
    } catch (error) {
      if (error instanceof AddressError)
        throw new RpcError(RpcCode.CLIENT_INVALID_IP_OR_SUBNET, 'Error: Invalid IP/Subnet');
      throw error;
    }
  },
});

const listbanned = defineMethod({
  name: 'listbanned',
  category: 'Network',
  description: 'List all manually banned IPs/Subnets.',
  parameters: [],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.string('address', 'The IP/Subnet of the banned node'),
        result.time('ban_created', 'The UNIX epoch time the ban was created'),
        result.time('banned_until', 'The UNIX epoch time the ban expires'),
        result.time('ban_duration', 'The ban duration, in seconds'),
        result.time('time_remaining', 'The time remaining until the ban expires, in seconds'),
      ]),
    ]),
  ],
  examples: [''],
  handler(_parameters, { network, clock }) {
    const now = Math.floor(clock.now() / 1000);
    return network.bans().map(({ subnet, createdAt, until }) => ({
      address: subnet,
      ban_created: createdAt,
      banned_until: until,
      ban_duration: until - createdAt,
      time_remaining: until - now,
    }));
  },
});

const clearbanned = defineMethod({
  name: 'clearbanned',
  category: 'Network',
  description: 'Clear all banned IPs.',
  parameters: [],
  results: none,
  examples: [''],
  handler(_parameters, { network }) {
    network.clearBans();
    return null;
  },
});

export const banMethods: readonly Method[] = [setban, listbanned, clearbanned];
