/** `npm run docs` */
import { mkdirSync, writeFileSync } from 'node:fs';
import { METHODS } from '../../src/methods.ts';
import { rpcPage } from './rpc-page.ts';

const folder = new URL('../../docs/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('rpc.md', folder), rpcPage(METHODS));
