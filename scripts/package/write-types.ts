/** `prepack`, after the build: the client's types in `dist` written out, in place of the inferred ones. */
import { writeFileSync } from 'node:fs';
import { METHODS } from '../../src/methods.ts';
import { clientTypes } from './client-types.ts';

writeFileSync(new URL('../../dist/client/methods.d.ts', import.meta.url), clientTypes(METHODS));
