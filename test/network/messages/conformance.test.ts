import { conformance } from '../../../scripts/conformance/p2p.ts';
import { testConformance } from '../../support/vectors.ts';

testConformance(conformance, 'p2p', 'messages.json');
