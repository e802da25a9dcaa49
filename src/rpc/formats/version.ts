/** What the methods say of versions: Bitcoin Core's, whose dialect they speak and which programs ask for, and Penny's. */

export const DIALECT = { name: 'Satoshi:31.0.0', number: 310_000 };

/** Penny's own, from the user agent that its peers see (BIP14: `/Name:1.2.3/`). */
export const ownVersion = (userAgent: string): string => /Penny:([\d.]+)/.exec(userAgent)?.[1] ?? '0';
