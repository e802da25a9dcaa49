import { describe, expect, it } from 'vitest';
import { locateBech32Errors } from '../../../src/core/script/bech32-errors.ts';

const mixed = (...locations: number[]) => ({ message: 'Invalid character or mixed case', locations });

describe('errors in bech32 text', () => {
  it('are characters of the other case than the first', () => {
    expect(locateBech32Errors('aZ1')).toEqual(mixed(1));
    expect(locateBech32Errors('Az1zA')).toEqual(mixed(1, 3));
    expect(locateBech32Errors('zA1Z')).toEqual(mixed(1, 3));
  });

  it('are no neighbours of the letters, which have no case', () => {
    const upper = ['A`', 'Z{', '`A', '{Z'].map((prefix) => `${prefix}1QQQQQQ`);
    const lower = ['a@', 'z[', '@a', '[z', '@', '`'].map((prefix) => `${prefix}1qqqqqq`);
    for (const text of [...upper, ...lower])
      expect(locateBech32Errors(text).message, text).not.toBe(mixed().message);
  });

  it('are characters that cannot be shown', () => {
    expect(locateBech32Errors(' a\x7f~!1')).toEqual(mixed(0, 2));
  });

  it('are a missing or misplaced separator', () => {
    expect(locateBech32Errors('qqqqqqqq')).toEqual({ message: 'Missing separator', locations: [] });
    const misplaced = (at: number) => ({ message: 'Invalid separator position', locations: [at] });
    expect(locateBech32Errors('1qqqqqqqq')).toEqual(misplaced(0));
    expect(locateBech32Errors('a1qqqqq')).toEqual(misplaced(1));
    expect(locateBech32Errors('a1qqqqqq').message).not.toBe('Invalid separator position');
    expect(locateBech32Errors('a1qqqqqb')).toEqual({ message: 'Invalid Base 32 character', locations: [7] });
  });

  it('are all that is beyond 90 characters', () => {
    expect(locateBech32Errors(`a1${'q'.repeat(90)}`)).toEqual({
      message: 'Bech32 string too long',
      locations: [90, 91],
    });
    expect(locateBech32Errors(`a1${'q'.repeat(88)}`).message).not.toBe('Bech32 string too long');
  });
});
