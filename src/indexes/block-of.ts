/** Which block a transaction is in: as the index of transactions knows, or by an output that is not spent yet. */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { fromDisplayHex } from '../core/encoding/bytes.ts';
import type { Txid } from '../core/transaction/transaction.ts';
import type { TransactionIndex } from './transaction-index.ts';

/** Outputs that fit into a block: 4,000,000 weight units at 9 bytes each. */
const MAX_OUTPUTS = 111_111;
const COINS_AT_ONCE = 1_000;

async function blockOfCoins(chain: Chain, txid: Txid): Promise<HeaderEntry | undefined> {
  const bytes = fromDisplayHex(txid);
  for (let first = 0; first < MAX_OUTPUTS; first += COINS_AT_ONCE) {
    const outpoints = Array.from({ length: COINS_AT_ONCE }, (_, i) => ({ txid: bytes, vout: first + i }));
    const coin = (await chain.coins(outpoints)).find((candidate) => candidate !== undefined);
    if (coin !== undefined) return chain.entryAt(coin.height);
  }
  return undefined;
}

/** That of the first one of which it can be told. */
export async function blockOf(
  txids: Iterable<Txid>,
  chain: Chain,
  index: TransactionIndex | undefined,
): Promise<HeaderEntry | undefined> {
  await index?.synchronize();
  for (const txid of txids) {
    const entry = index === undefined ? await blockOfCoins(chain, txid) : (await index.find(txid))?.entry;
    if (entry !== undefined) return entry;
  }
  return undefined;
}
