/** Which transactions a subscriber wants to hear of: those that pay to certain scripts or spend from them. */
import { latin1 } from '../core/encoding/bytes.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import { addressScript } from '../rpc/construct-transaction.ts';
import { type RpcContext, refuse } from '../rpc/kit.ts';
import { LIMITS } from '../rpc/limits.ts';
import { DescriptorError } from '../wallet/descriptors/descriptor-error.ts';
import { parseDescriptor } from '../wallet/descriptors/parse.ts';
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
  { parameters, clock }: Pick<RpcContext, 'parameters' | 'clock'>,
): Promise<ScriptFilter | undefined> {
  let count = addresses.length + scripts.length;
  const allow = (more: number): void => {
    count += more;
    if (count > LIMITS.scripts)
      throw refuse.parameter(`A subscription filters by ${LIMITS.scripts} scripts at most`);
  };
  allow(0);
  if (count + descriptors.length === 0) return undefined;
  const wanted = [...scripts, ...addresses.map((address) => addressScript(address, parameters))];
  let turn = clock.monotonic();
  for (const { desc, range } of descriptors) {
    const { descriptors: branches, secrets } = parsed(desc, parameters);
    for (const branch of branches) {
      const [first, last] = branch.isRange ? range : [0, 0];
      allow(last - first + 1);
      for (let index = first; index <= last; index++) {
        const own = branch.scriptsAt(index, secrets.lookup);
        if (own === null) throw refuse.key(`Cannot derive script without private keys: '${desc}'`);
        wanted.push(...own);
        if (clock.monotonic() - turn < LIMITS.turn) continue;
        await clock.yield();
        turn = clock.monotonic();
      }
    }
  }
  return new ScriptFilter(wanted);
}

function parsed(text: string, parameters: RpcContext['parameters']): ReturnType<typeof parseDescriptor> {
  try {
    return parseDescriptor(text, parameters);
  } catch (error) {
    if (error instanceof DescriptorError) throw refuse.key(error.message);
    throw error;
  }
}
