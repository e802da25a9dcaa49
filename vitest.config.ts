import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Guards against hanging, no measures: what takes six seconds takes half a minute on a machine that does much else. */
const PATIENCE = { testTimeout: 300_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  test: {
    // Of two cores Vitest would leave one idle.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
          // Examples name the package, as they will where they are copied to.
          alias: {
            'penny/client': fileURLToPath(new URL('src/client/client.ts', import.meta.url)),
            'penny/testing': fileURLToPath(new URL('src/testing/testing.ts', import.meta.url)),
          },
          exclude: ['test/functional/**', 'test/slow/**', 'test/conformance/vectors.test.ts'],
          // Files of one worker share their modules, whose import would cost more than most tests: what a test
          // binds or spies on it puts back.
          isolate: false,
          ...PATIENCE,
        },
      },
      { test: { name: 'conformance', include: ['test/conformance/vectors.test.ts'], ...PATIENCE } },
      {
        test: {
          name: 'functional',
          include: ['test/functional/**/*.test.ts'],
          globalSetup: ['test/functional/support/build.ts'],
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          globalSetup: ['test/functional/support/build.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
