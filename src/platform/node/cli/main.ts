#!/usr/bin/env node
/** The `penny` command. */
import { enter } from './entry.ts';

await enter('commands', () => import('./commands.ts'));
