#!/usr/bin/env node
/** The `pennyd` command. */
import { enter } from './entry.ts';

await enter('daemon', () => import('./daemon.ts'));
