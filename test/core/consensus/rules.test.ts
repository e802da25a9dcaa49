import { describe, expect, it } from 'vitest';
import { Invalid } from '../../../src/core/encoding/errors.ts';
import { buildCase, RULE_CASES } from '../../support/rule-cases.ts';

describe('rules of blocks: one block that just keeps each, one that just breaks it', () => {
  it.each(RULE_CASES.map((ruleCase) => [ruleCase.reason, ruleCase.title, ruleCase] as const))(
    '%s: %s',
    (reason, _title, ruleCase) => {
      const { chain, valid, broken } = buildCase(ruleCase);
      const before = chain.coinList();
      let caught: unknown;
      try {
        chain.check(broken);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(Invalid);
      expect(caught).toMatchObject({ reason, kind: ruleCase.kind ?? 'consensus' });
      expect(chain.coinList()).toEqual(before);
      expect(chain.reason(valid)).toBeNull();
    },
  );
});
