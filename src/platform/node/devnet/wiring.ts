/** All links of a devnet: who dials whom, what is cut, slow or lossy, and that it is dialled again when it is mended. */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import type { Clock } from '../../../seams.ts';
import { NodeTransport } from '../network/node-transport.ts';
import type { DevnetNode } from './devnet-node.ts';
import { Link, type LinkSettings } from './link.ts';
import { type LinkState, TAB } from './network-state.ts';

export class Wiring {
  readonly #nodes: readonly DevnetNode[];
  readonly #scheme: NetworkParameters['dial'];
  readonly #dependencies: { readonly transport: NodeTransport; readonly clock: Clock };
  readonly #links: Link[] = [];

  /** @param nodes as they come and go @param allowedOrigins of pages whose nodes may be linked */
  constructor(
    nodes: readonly DevnetNode[],
    { magic, dial }: NetworkParameters,
    clock: Clock,
    allowedOrigins: readonly string[],
  ) {
    this.#nodes = nodes;
    this.#scheme = dial;
    this.#dependencies = { transport: new NodeTransport({ magic, allowedOrigins }), clock };
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  get states(): readonly LinkState[] {
    return this.#links.map(({ state }) => state);
  }

  /** What a node is told to dial, at its start. */
  optionsOf(name: string): readonly string[] {
    const dialled = this.#links.filter(({ between }) => between[1] === name);
    return dialled.length === 0 ? ['-noconnect'] : dialled.map(({ address }) => `-connect=${address}`);
  }

  /** Joins two nodes, or says how their link is from now on. */
  async set(a: DevnetNode, b: DevnetNode, settings: LinkSettings): Promise<void> {
    const link = this.find(a.plan.name, b.plan.name);
    if (link !== undefined) {
      const wasCut = link.isCut;
      link.set(settings);
      if (wasCut && !link.isCut) await this.#dial(link, 'onetry');
      return;
    }
    const [far, near] = [a, b].sort((one, other) => one.plan.number - other.plan.number) as [
      DevnetNode,
      DevnetNode,
    ];
    const made = await this.#make(far, near.plan.name);
    made.set(settings);
    await this.#dial(made, 'add');
  }

  find(a: string, b: string): Link | undefined {
    return this.#links.find(({ between }) => between.includes(a) && between.includes(b));
  }

  /** Where a node in a tab finds each of the others: by links as all have them, which it dials itself. */
  async forTab(): Promise<Record<string, string>> {
    const links = this.#nodes.map(async (node) => {
      const { name } = node.plan;
      return [name, (this.find(name, TAB) ?? (await this.#make(node, TAB))).address] as const;
    });
    return Object.fromEntries(await Promise.all(links));
  }

  async #make({ plan: { name, peerPort } }: DevnetNode, near: string): Promise<Link> {
    const target = { scheme: this.#scheme, host: '127.0.0.1', port: peerPort };
    const made = new Link([name, near], target, this.#dependencies);
    this.#links.push(made);
    await made.listen();
    return made;
  }

  /** Cuts or mends the links that are chosen; how slow and lossy they are stays. @returns how many changed */
  async switch(isCut: boolean, chosen: (link: Link) => boolean): Promise<number> {
    const changed = this.#links.filter((link) => link.isCut !== isCut && chosen(link));
    for (const link of changed) {
      const { cut: _, ...rest } = link.settings;
      link.set(isCut ? { ...rest, cut: true } : rest);
      if (!isCut) await this.#dial(link, 'onetry');
    }
    return changed.length;
  }

  /** Takes away what is at a node, or all. */
  remove(name?: string): Promise<void> {
    return this.#drop(({ between }) => name === undefined || between.includes(name));
  }

  /** Links as these, and no others. */
  async follow(links: readonly LinkState[]): Promise<void> {
    await this.#drop(
      ({ between }) =>
        between[1] !== TAB && !links.some((link) => between.every((name) => link.between.includes(name))),
    );
    for (const { between, ...settings } of links) {
      const [a, b] = between.map((name) => this.#nodes.find(({ plan }) => plan.name === name)!);
      await this.set(a!, b!, settings);
    }
  }

  async #drop(chosen: (link: Link) => boolean): Promise<void> {
    const gone = this.#links.filter(chosen);
    for (const link of gone) this.#links.splice(this.#links.indexOf(link), 1);
    await Promise.all(gone.map((link) => link.close()));
  }

  /** One that is down dials when it starts. */
  async #dial({ between: [, name], address }: Link, command: 'onetry' | 'add'): Promise<void> {
    const near = this.#nodes.find(({ plan }) => plan.name === name);
    if (near?.isReady) await near.rpc.addnode(address, command);
  }
}
