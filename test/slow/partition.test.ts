import { test } from 'vitest';
import { surviveRounds } from '../functional/support/partitions.ts';

test.each([1, 2, 3])('ten nodes converge after partitions, delays and kills (seed %i)', (seed) =>
  surviveRounds(10, 4, seed),
);
