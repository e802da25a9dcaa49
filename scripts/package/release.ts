/**
 * `npm run release -- VERSION`: a version of what is checked out, from changelog to tag. Pushes and publishes nothing:
 * it ends with what is left to do by hand.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const CHANGELOG = resolve(ROOT, 'CHANGELOG.md');
const UNRELEASED = '## Unreleased\n';

const run = (command: string, ...words: string[]): string =>
  execFileSync(command, words, { cwd: ROOT, encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'] }).trim();
const show = (command: string, ...words: string[]): void =>
  void execFileSync(command, words, { cwd: ROOT, stdio: 'inherit' });

function end(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

const [version = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/.test(version)) end('Usage: npm run release -- 1.2.3');
if (run('git', 'status', '--porcelain') !== '') end('There are changes that are not committed.');
if (run('git', 'rev-parse', '--abbrev-ref', 'HEAD') !== 'main') end('Releases are made from main.');
if (run('git', 'tag', '--list', `v${version}`) !== '') end(`v${version} is there already.`);

const changelog = readFileSync(CHANGELOG, 'utf8');
const [before, after] = changelog.split(UNRELEASED);
if (after === undefined || after.split(/^## /m)[0]!.trim() === '')
  end('The changelog says nothing that is unreleased.');
const today = new Date().toISOString().slice(0, 10);
writeFileSync(CHANGELOG, `${before}${UNRELEASED}\n## ${version} (${today})\n${after}`);
show('npm', 'version', version, '--no-git-tag-version');

try {
  show('npm', 'test');
  show('npm', 'run', 'test:package');
  show('npm', 'pack');
} catch {
  show('git', 'checkout', '--', '.');
  end('Nothing was released: what failed is above, and the checkout is as it was.');
}
show('git', 'commit', '--all', '--message', `Release ${version}`);
show('git', 'tag', '--annotate', `v${version}`, '--message', `Penny ${version}`);
process.stdout.write(
  `v${version} is committed, tagged and packed. Left: git push --follow-tags, npm publish.\n`,
);
