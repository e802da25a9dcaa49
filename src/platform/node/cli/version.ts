/** The package's version, and the Node that it needs: read where they are kept. */
import { readFileSync } from 'node:fs';

/** The same number of folders up from `src` and from `dist`. */
const manifest = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));

export const VERSION: string = manifest.version;

/** What to say to someone whose Node is too old; null if it is not. @param node `20.19.0` */
export function refuseOldNode(node: string): string | null {
  const needed: string = manifest.engines.node.replace('>=', '');
  const [wanted, given] = [needed, node].map((text) => text.split('.').map(Number) as [number, number]);
  const isOld = given![0] < wanted![0] || (given![0] === wanted![0] && given![1] < wanted![1]);
  return isOld ? `Penny needs Node ${needed} or later, and this is ${node}` : null;
}
