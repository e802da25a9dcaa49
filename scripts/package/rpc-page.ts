/** The page about every method, `docs/rpc.md`: the help that the node itself gives, by subject. */
import { helpText } from '../../src/rpc/help.ts';
import type { Registry } from '../../src/rpc/registry.ts';

const HEAD = `# RPC

What \`penny rpc help METHOD\` says, on one page. \`npm run docs\` writes it from the methods themselves; a test
compares the two.
`;

export function rpcPage(registry: Registry): string {
  const shown = Object.values(registry).filter(({ category }) => category !== 'hidden');
  const subjects = [...new Set(shown.map(({ category }) => category))].sort();
  const sections = subjects.map((subject) => {
    const methods = shown.filter(({ category }) => category === subject);
    methods.sort((a, b) => (a.name < b.name ? -1 : 1));
    const links = methods.map(({ name }) => `[${name}](#${name})`);
    const texts = methods.map(
      (method) => `### ${method.name}\n\n\`\`\`text\n${helpText(method).trimEnd()}\n\`\`\`\n`,
    );
    return `## ${subject}\n\n${links.join(' · ')}\n\n${texts.join('\n')}`;
  });
  return [HEAD, ...sections].join('\n');
}
