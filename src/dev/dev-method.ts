/** Methods that hold a chain in one's hands: where they are allowed, and how they refuse elsewhere. */

import { refuse } from '../rpc/errors.ts';
import { group } from '../rpc/method.ts';
import type { Category, Method, Spec } from '../rpc/registry.ts';

/** Methods of one subject, for networks whose file says `devControl`. */
export function devGroup<const S extends Readonly<Record<string, Spec>>>(
  category: Category,
  specs: S,
): { readonly [K in keyof S]: S[K] & Pick<Method, 'name' | 'category'> } {
  const guarded = Object.entries(specs).map(([name, spec]): [string, Spec] => [
    name,
    {
      ...spec,
      run(values, context, request) {
        const { devControl, name: network } = context.parameters;
        if (devControl) return spec.run(values, context, request);
        throw refuse.misc(`${name} is refused on the network ${network}, whose file does not say devControl`);
      },
    },
  ]);
  const methods = Object.entries(group(category, Object.fromEntries(guarded)));
  return Object.fromEntries(methods.map(([name, method]) => [name, { ...method, dev: true }])) as never;
}
