/** What browsers may do with a node: the page that it serves, and pages that may be its peers. Owns what is allowed there. */
import type { ProcessOptions } from '../create-node.ts';
import { flag, type Given, list, parsed, type Values } from './option.ts';
import { UsageError } from './usage-error.ts';

/** The page that the node itself serves. */
const SELF = 'self';
/** What `-web` alone means. */
const BESIDE_RPC = 1;

export const PAGE = {
  p2palloworigin: list(
    '<origin>',
    `Let pages of this origin in as peers, such as http://127.0.0.1:7331; ${SELF} is the page of -web.`,
  ),
  web: parsed('<port>', 'Serve the page on this port of 127.0.0.1; the terminal says its link.', readPort, {
    default: null,
    otherwise: '0, none; -web alone takes the port before that of RPC',
    bare: String(BESIDE_RPC),
    perNetwork: true,
  }),
  webreadonly: flag('Whoever opens the page may look at everything but wallets, and change nothing.'),
};

function readPort(given: Given): number | undefined {
  if (given === false || given === '0') return undefined;
  if (/^\d{0,5}$/.test(given) && Number(given) < 2 ** 16) return Number(given) || BESIDE_RPC;
  throw new UsageError(`Invalid port specified in -web: '${given}'`);
}

/** @throws UsageError */
export function pageOptions({
  p2palloworigin,
  web,
  webreadonly,
  rpcport,
}: Values<typeof PAGE> & { readonly rpcport: number }): Pick<ProcessOptions, 'web' | 'peerOrigins'> {
  const others = p2palloworigin.filter((origin) => origin !== SELF);
  const ownPage = others.length < p2palloworigin.length;
  if (web === null && webreadonly) throw new UsageError('Cannot set -webreadonly without -web.');
  if (web === null && ownPage) throw new UsageError(`Cannot set -p2palloworigin=${SELF} without -web.`);
  for (const origin of others) refuseUnlikeOrigin(origin);
  const port = web === BESIDE_RPC ? Math.max(0, rpcport - 1) : web;
  return {
    web: port === null ? null : { port, readOnly: webreadonly },
    peerOrigins: { ownPage, others },
  };
}

/** Browsers write an origin in one way only: one that is written otherwise would let nobody in. */
function refuseUnlikeOrigin(given: string): void {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isOfPage = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (isOfPage && url.origin === given) return;
  const hint = isOfPage
    ? `; browsers write ${url.origin}`
    : ' (http:// or https://, a host, and perhaps a port)';
  throw new UsageError(`Invalid origin specified in -p2palloworigin: '${given}'${hint}`);
}
