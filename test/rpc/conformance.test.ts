import { conformance } from '../../scripts/conformance/rpc.ts';
import { testConformance } from '../support/vectors.ts';

for (const name of [
  'amounts.json',
  'bip67.json',
  'decodescript.json',
  'getblockstats_chain.json',
  'golden_chain_main.json',
  'golden_chain_regtest.json',
  'golden_descriptors.json',
  'golden_session_1.json',
  'golden_stateless.json',
])
  testConformance(conformance, 'rpc', name);
