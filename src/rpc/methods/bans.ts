/** Addresses that may not connect. */
import { AddressError } from '../../network/network-address.ts';
import { group, method, RpcCode, RpcError, refuse, t, UsageError } from '../kit.ts';

/** Seconds. */

export const banMethods = group('Network', {
  setban: method({
    help: 'Bans an address or a subnet, and ends its connections; or takes the ban back.',
    parameters: {
      subnet: t.string('An address, or as 192.168.0.0/24'),
      command: t.string('add or remove'),
      bantime: t.standard(t.long('Seconds; 0 for -bantime, a day unless told'), 0),
      absolute: t.standard(t.boolean('bantime is when it ends, in seconds since 1970'), false),
    },
    example: '192.168.0.0/24 add 86400',
    handler({ subnet, command, bantime, absolute }, { network, clock }) {
      if (command !== 'add' && command !== 'remove') throw new UsageError();
      const now = clock.seconds();
      try {
        if (command === 'remove') {
          if (network.unban(subnet)) return;
          throw refuse.network(
            'Error: Unban failed. Requested address/subnet was not previously manually banned.',
          );
        }
        if (absolute && bantime < now) throw refuse.parameter('Error: Absolute timestamp is in the past');
        const until = absolute ? bantime : bantime > 0 ? now + bantime : undefined;
        if (!network.ban(subnet, until))
          throw new RpcError(RpcCode.CLIENT_NODE_ALREADY_ADDED, 'Error: IP/Subnet already banned');
      } catch (error) {
        if (error instanceof AddressError) throw refuse.network('Error: Invalid IP/Subnet');
        throw error;
      }
    },
  }),

  listbanned: method({
    help: 'The bans in force.',
    result: t.array(
      t.object({
        address: t.string('Or subnet'),
        ban_created: t.time(),
        banned_until: t.time(),
        ban_duration: t.time('Seconds'),
        time_remaining: t.time('Seconds'),
      }),
    ),
    handler(_, { network, clock }) {
      const now = clock.seconds();
      return network.bans().map(({ subnet, createdAt, until }) => ({
        address: subnet,
        ban_created: createdAt,
        banned_until: until,
        ban_duration: until - createdAt,
        time_remaining: until - now,
      }));
    },
  }),

  clearbanned: method({
    help: 'Takes all bans back.',
    handler: (_, { network }) => network.clearBans(),
  }),
});
