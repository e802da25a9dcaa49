/** Core's vectors for scripts, signatures and transactions, all rows of them. */
import { describe } from 'vitest';
import { conformance as crypto } from '../../../scripts/conformance/crypto.ts';
import { conformance as script } from '../../../scripts/conformance/script.ts';
import { conformance as tx } from '../../../scripts/conformance/tx.ts';
import { testConformance } from '../../support/vectors.ts';

describe('conformance', () => {
  for (const [folder, module] of Object.entries({ script, tx, crypto }))
    for (const name of Object.keys(module.runners))
      if (!name.includes('*')) testConformance(module, folder, name);
});
