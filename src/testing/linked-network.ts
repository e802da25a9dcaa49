/** What a test does with the links of a network, whatever its nodes are made of. Owns who is meant, and what makes sense. */
import type { LinkOptions, TestNetwork, TestNode, WaitOptions } from './api.ts';
import { checkOptions, flag, LINK, seconds as span, WAIT } from './checks.ts';
import type { Pair } from './links.ts';
import type { BodyNode } from './test-node.ts';

export type SyncOptions = WaitOptions & { readonly mempools?: boolean };

export abstract class LinkedNetwork implements TestNetwork {
  abstract readonly nodes: readonly BodyNode[];

  protected abstract isLinked(pair: Pair): boolean;
  /** Cuts or mends links; resolves when those that are not cut are up. */
  protected abstract switch(isUp: boolean, chosen: (pair: Pair) => boolean): Promise<void>;
  protected abstract join(pair: Pair, options: LinkOptions): Promise<void>;
  protected abstract agree(nodes: readonly number[], options: SyncOptions): Promise<void>;
  protected abstract pass(seconds: number): Promise<void>;
  abstract snapshot(): Promise<string>;
  abstract revert(snapshot?: string): Promise<void>;
  abstract stop(): Promise<void>;
  abstract dump(path: string): Promise<void>;

  node(name: string): TestNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new RangeError(`there is no node ${name} here`);
    return found;
  }

  protected indexOf({ name }: Pick<TestNode, 'name'>): number {
    const index = this.nodes.findIndex((node) => node.name === name);
    if (index < 0) throw new RangeError(`${name} is no node of this network`);
    return index;
  }

  async inSync(nodes: readonly TestNode[] = this.nodes, options: SyncOptions = {}): Promise<void> {
    checkOptions(options, { ...WAIT, mempools: flag }, 'inSync');
    await this.agree(
      nodes.map((node) => this.indexOf(node)),
      options,
    );
  }

  async advance(seconds: number): Promise<void> {
    span(seconds, 'seconds');
    await this.pass(seconds);
  }

  async partition(...groups: readonly (readonly TestNode[])[]): Promise<void> {
    const grouped = groups.map((group) => group.map((node) => this.indexOf(node)));
    const all = grouped.flat();
    for (const [i, index] of all.entries())
      if (all.indexOf(index) < i) throw new RangeError(`${this.nodes[index]!.name} is in two groups`);
    const groupOf = (index: number): number => grouped.findIndex((group) => group.includes(index));
    await this.switch(false, ([a, b]) => groupOf(a) !== groupOf(b));
  }

  async cut(a: TestNode, b: TestNode): Promise<void> {
    await this.switch(false, this.#chosen(a, b));
  }

  async heal(a?: TestNode, b?: TestNode): Promise<void> {
    await this.switch(true, a === undefined ? () => true : this.#chosen(a, b));
  }

  async link(a: TestNode, b: TestNode, options: LinkOptions = {}): Promise<void> {
    checkOptions(options, LINK, 'link');
    await this.join(this.#pair(a, b), options);
  }

  /** @throws RangeError where there is no such link */
  #chosen(a: TestNode, b: TestNode | undefined): (pair: Pair) => boolean {
    if (b === undefined) throw new TypeError(`which link of ${a.name}?`);
    const wanted = this.#pair(a, b);
    if (!this.isLinked(wanted)) throw new RangeError(`${a.name} and ${b.name} are not linked`);
    return (pair) => pair.every((index) => wanted.includes(index));
  }

  #pair(a: TestNode, b: TestNode): Pair {
    const pair: Pair = [this.indexOf(a), this.indexOf(b)];
    if (pair[0] === pair[1]) throw new RangeError(`${a.name} is not linked to itself`);
    return pair;
  }
}
