/** What a server of the RPC serves besides: pages, figures, REST. Types only. */
import type { FastifyRequest, HTTPMethods } from 'fastify';

/** What is served beside the RPC to whoever may connect, without a password. */
export interface Route {
  readonly path: string;
  /** Whether it also stands for every path that begins with it. */
  readonly isPrefix?: boolean;
  readonly methods: HTTPMethods[];
  /** Bytes of a body. */
  readonly bodyLimit: number;
  answer(request: FastifyRequest): Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  }>;
}
