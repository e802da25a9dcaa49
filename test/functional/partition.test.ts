import { test } from 'vitest';
import { surviveRounds } from './support/partitions.ts';

test('four nodes converge after partitions, delays and kills', () => surviveRounds(4, 2, 1));
