import { describe } from 'vitest';
import { conformance as chainFacts } from '../../../scripts/conformance/chain-facts.ts';
import { conformance as filters } from '../../../scripts/conformance/filters.ts';
import { testConformance } from '../../support/vectors.ts';

describe('conformance', () => {
  testConformance(chainFacts, 'chain', 'chain_params.json');
  testConformance(chainFacts, 'chain', 'pow.json');
  testConformance(chainFacts, 'chain', 'serialization.json');
  testConformance(filters, 'filters', 'blockfilters.json');
});
