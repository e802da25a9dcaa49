/**
 * How a test gets its nodes and gives them back, whatever becomes of it: around a test's function for any runner, and
 * as fixtures for Vitest. What a test that failed leaves behind may be kept in a file.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Dumps, Fixture, TestNetwork, TestNode, TestTask } from './api.ts';

type Subject = TestNode | TestNetwork;
type Start<S extends Subject> = () => Promise<S>;

/** Kept apart from each other where a test has no name, or another's. */
let dumps = 0;

/** @returns where the network of a test that failed is, for people; empty if it is nowhere */
async function keep(
  subject: Subject,
  { dumps: folder = process.env.PENNY_DUMPS }: Dumps,
  name = 'test',
): Promise<string> {
  if (folder === undefined || folder === '') return '';
  mkdirSync(folder, { recursive: true });
  const slug = name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80);
  const path = join(folder, `${slug}-${process.pid}-${++dumps}.json`);
  await subject.dump(path);
  return `\nits network is kept: penny devnet --import ${path}`;
}

/**
 * A test's function around which a node or a network lives. It takes no parameters that a runner could mistake for a
 * callback.
 */
export function around<S extends Subject>(
  start: Start<S>,
  options: Dumps,
  test: (subject: S) => unknown,
): (...told: TestTask[]) => Promise<void> {
  return async (...[told]) => {
    const subject = await start();
    try {
      await test(subject);
    } catch (error) {
      const kept = await keep(subject, options, told?.name).catch((why) => `\nits network is lost: ${why}`);
      if (error instanceof Error) error.message += kept;
      throw error;
    } finally {
      await subject.stop();
    }
  };
}

/** A fixture for Vitest's `test.extend`, which reads the pattern of the first parameter. */
export function fixture<S extends Subject>(start: Start<S>, options: Dumps): Fixture<S> {
  return async ({ task }, use) => {
    const subject = await start();
    try {
      await use(subject);
      if (task.result?.state === 'fail') {
        const kept = await keep(subject, options, task.name);
        if (kept !== '') process.stderr.write(`${task.name}:${kept}\n`);
      }
    } finally {
      await subject.stop();
    }
  };
}
