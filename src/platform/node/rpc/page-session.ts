/**
 * Who has opened the page: its link's key is exchanged for two halves of a password, a cookie and a token, new at each
 * start. Browsers send a cookie of 127.0.0.1 to every port of it, whoever listens there; and what a page keeps can be
 * read by what runs in it: so neither is worth anything alone. Owns the key and both halves; not what a page may do.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Random } from '../../../seams.ts';
import { type Authentication, equalSecrets } from './authentication.ts';
import type { Route } from './route.ts';

/** The user that a page is. */
export const PAGE_USER = 'page';
const SECRET_BYTES = 32;
/** Of a key in JSON. */
const BODY_LIMIT = 256;
const NOTHING = new Uint8Array();

export class PageSession {
  /** Of the link. */
  readonly key: string;
  readonly #cookie: string;
  readonly #token: string;

  constructor(authentication: Authentication, random: Random) {
    const secret = (): string => Buffer.from(random.bytes(SECRET_BYTES)).toString('hex');
    [this.key, this.#cookie, this.#token] = [secret(), secret(), secret()];
    authentication.addPassword(PAGE_USER, this.#token);
  }

  /** Whether the cookie is among these headers. */
  isHeldBy({ cookie = '' }: IncomingHttpHeaders): boolean {
    const values = cookie.split('; ').map((each) => each.slice(each.indexOf('=') + 1));
    return values.some((value) => equalSecrets(Buffer.from(value), Buffer.from(this.#cookie)));
  }

  /** `POST /login` with the key: gives the token, and sets the cookie. */
  get route(): Route {
    return {
      path: '/login',
      methods: ['POST'],
      bodyLimit: BODY_LIMIT,
      answer: async ({ body, headers, socket }) => {
        const refuse = (status: number) => ({ status, headers: {}, body: NOTHING });
        if (headers['content-type'] !== 'application/json') return refuse(415);
        if (!equalSecrets(keyIn(body), Buffer.from(this.key))) return refuse(401);
        return {
          status: 200,
          headers: {
            'content-type': 'application/json',
            // Cookies know no ports: those of two nodes would be one.
            'set-cookie': `penny-${socket.localPort}=${this.#cookie}; Path=/; HttpOnly; SameSite=Strict`,
          },
          body: Buffer.from(JSON.stringify({ token: this.#token })),
        };
      },
    };
  }
}

function keyIn(body: unknown): Buffer {
  try {
    const { key } = JSON.parse((body as Buffer).toString());
    return Buffer.from(typeof key === 'string' ? key : '');
  } catch {
    return Buffer.alloc(0);
  }
}
