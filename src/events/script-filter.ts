/** Which transactions a subscriber wants to hear of: those that pay to certain scripts or spend from them. */
import { latin1 } from '../core/encoding/bytes.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import { addressScript } from '../rpc/construct-transaction.ts';
import { derivedScripts } from '../rpc/descriptor-scripts.ts';
import { type RpcContext, refuse } from '../rpc/kit.ts';
import { LIMITS } from '../rpc/limits.ts';
import type { SubscriptionCall } from './call.ts';

export class ScriptFilter {
  readonly #scripts: ReadonlySet<string>;

  constructor(scripts: Iterable<Uint8Array>) {
    this.#scripts = new Set(Array.from(scripts, latin1));
  }

  /** @param spent the coins that it spends, as far as they are known */
  matches({ outputs }: Transaction, spent: readonly (Coin | undefined)[]): boolean {
    return (
      outputs.some(({ scriptPubKey }) => this.#has(scriptPubKey)) ||
      spent.some((coin) => coin !== undefined && this.#has(coin.output.scriptPubKey))
    );
  }

  /** Places of the transactions that it lets through, in order. @param byScript places by script */
  select(byScript: ReadonlyMap<string, readonly number[]>): readonly number[] {
    const found = new Set<number>();
    for (const script of this.#scripts) for (const at of byScript.get(script) ?? []) found.add(at);
    return [...found].sort((a, b) => a - b);
  }

  #has(script: Uint8Array): boolean {
    return this.#scripts.has(latin1(script));
  }
}

/** Undefined where nothing is asked for: then everything is told. @throws RpcError */
export async function scriptFilter(
  { addresses, scripts, descriptors }: Pick<SubscriptionCall, 'addresses' | 'scripts' | 'descriptors'>,
  context: Pick<RpcContext, 'parameters' | 'clock'>,
): Promise<ScriptFilter | undefined> {
  let count = addresses.length + scripts.length;
  const allow = (more: number): void => {
    count += more;
    if (count > LIMITS.scripts)
      throw refuse.parameter(`A subscription filters by ${LIMITS.scripts} scripts at most`);
  };
  allow(0);
  if (count + descriptors.length === 0) return undefined;
  const wanted = [...scripts, ...addresses.map((address) => addressScript(address, context.parameters))];
  wanted.push(...(await derivedScripts(descriptors, context, allow)));
  return new ScriptFilter(wanted);
}
