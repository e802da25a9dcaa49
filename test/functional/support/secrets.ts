/** What must not be found in a node's files, and where it is. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { base58 } from '@scure/base';
import type { TestNode } from './node-process.ts';

export const filesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).map((each) =>
    join(each.parentPath, each.name),
  );

/** Words, keys and their like, in every form in which they could be in a file. */
export async function secretsOf(node: TestNode, name: string): Promise<Buffer[]> {
  const wallet = node.rpc.wallet(name);
  const words = await wallet.exportmnemonic();
  const address = await wallet.getnewaddress();
  const wif = await wallet.exportkey(address);
  const { descriptors } = await wallet.listdescriptors(true);
  const extended = descriptors.map(({ desc }) => /tprv\w+/.exec(desc)![0]);
  const keys = [
    ...extended.map((text) => Buffer.from(base58.decode(text).slice(46, 78))),
    Buffer.from(base58.decode(wif).slice(1, 33)),
  ];
  return [
    Buffer.from(words.split(' ').slice(0, 3).join(' ')),
    ...[wif, ...extended].map((text) => Buffer.from(text)),
    ...keys.flatMap((key) => [key, Buffer.from(key.toString('hex')), Buffer.from(key.toString('base64'))]),
  ];
}

/** Files in which one of these is. */
export function holders(node: TestNode, secrets: readonly Buffer[]): string[] {
  const files = filesOf(node.directory).filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return files.filter((path) => secrets.some((secret) => readFileSync(path).includes(secret)));
}
