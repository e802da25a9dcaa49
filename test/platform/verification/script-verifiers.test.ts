import { ScriptCache } from '../../../src/core/script/script-cache.ts';
import { CachingScriptVerifier } from '../../../src/platform/memory/caching-script-verifier.ts';
import { InlineScriptVerifier } from '../../../src/platform/memory/inline-script-verifier.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { systemRandom } from '../../../src/platform/node/random.ts';
import { loadSignatureEngine } from '../../../src/platform/node/signatures/load-engine.ts';
import { createScriptVerifier } from '../../../src/platform/node/verification/create-script-verifier.ts';
import { testScriptVerifier } from '../../support/script-verifier-suite.ts';

const clock = new SystemClock();
const logger = { log: () => {} };
const { engine } = await loadSignatureEngine();

testScriptVerifier('one thread', async () => new InlineScriptVerifier(engine, clock));
testScriptVerifier('a cache', async () => {
  const cache = new ScriptCache(100, systemRandom.bytes(32));
  return new CachingScriptVerifier(new InlineScriptVerifier(engine, clock), cache);
});
testScriptVerifier('what a node uses', () =>
  createScriptVerifier({ threads: 2 }, { clock, random: systemRandom, logger }),
);
testScriptVerifier('what a node uses with one thread', () =>
  createScriptVerifier({ threads: 1, signatureEngine: 'wasm' }, { clock, random: systemRandom, logger }),
);
