import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Of two cores Vitest would leave one idle.
    maxWorkers: '100%',
    // What is polled for comes at once on a quiet machine: it may take as long as a test on one that is not.
    expect: { poll: { timeout: 25_000 } },
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
          testTimeout: 30_000,
        },
      },
      { test: { name: 'conformance', include: ['test/conformance/vectors.test.ts'] } },
      {
        test: {
          name: 'functional',
          include: ['test/functional/**/*.test.ts'],
          globalSetup: ['test/functional/support/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
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
