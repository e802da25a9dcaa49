#!/usr/bin/env node
/** The `pennyd` command. */
import { enter } from './entry.ts';

await enter(() => import('./daemon.ts'));
