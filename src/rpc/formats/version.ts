/** The node's version, from the user agent that its peers see (BIP14: `/Name:1.2.3/`). */
export function nodeVersion(userAgent: string): { readonly text: string; readonly number: number } {
  const [, text = '0'] = /:([\d.]+)/.exec(userAgent) ?? [];
  const [major = 0, minor = 0, build = 0] = text.split('.').map(Number);
  return { text, number: major * 10_000 + minor * 100 + build };
}
