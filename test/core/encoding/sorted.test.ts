import { expect, test } from 'vitest';
import { countLeading } from '../../../src/core/encoding/sorted.ts';

test('items at the front are counted, whatever their number', () => {
  for (let length = 0; length < 9; length++)
    for (let count = 0; count <= length; count++) {
      const items = Array.from({ length }, (_, i) => i);
      expect(countLeading(items, (item) => item < count)).toBe(count);
    }
});
