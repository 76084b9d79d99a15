import type { LiveNode } from "../nodes/node.ts";

export interface TurnsOptions<E extends Error> {
  /** Has a node do its part. Resolves to what kept it from that; it may be asked again then. */
  readonly attempt: (node: LiveNode) => Promise<E | undefined>;
  /** The nodes that hold the port which an error says is taken. */
  readonly holders: (error: Error) => readonly LiveNode[];
  /** Nodes without a turn of their own that need their ports no longer. */
  readonly leaving: ReadonlySet<LiveNode>;
  readonly failed: (node: LiveNode, error: E) => void;
}

/**
 * Has each node do its part, in this order. One that needs the port of another waits until that had its turn; where some wait for each other, one of them lets
 * go of its port first.
 */
export async function takeTurns<E extends Error>(nodes: readonly LiveNode[], options: TurnsOptions<E>): Promise<void> {
  const aside = new Set<LiveNode>();
  for (let waiting = nodes; waiting.length > 0;) {
    const blocked = await round(waiting, aside, options);
    const [first] = blocked;
    if (first === undefined || blocked.length < waiting.length) {
      waiting = blocked.map(({ node }) => node);
      continue;
    }
    // Nobody got ahead.
    if (!(await stepAside(first.holders, aside))) {
      options.failed(first.node, first.error);
      blocked.shift();
    }
    waiting = blocked.map(({ node }) => node);
  }
}

interface Blocked<E> {
  readonly node: LiveNode;
  readonly error: E;
  /** Those whose turn it waits for. */
  readonly holders: readonly LiveNode[];
}

async function round<E extends Error>(waiting: readonly LiveNode[], aside: Set<LiveNode>, options: TurnsOptions<E>): Promise<Blocked<E>[]> {
  const { attempt, holders: holdersOf, leaving, failed } = options;
  const blocked: Blocked<E>[] = [];
  for (const [index, node] of waiting.entries()) {
    const leavers = (reason: Error): readonly LiveNode[] => holdersOf(reason).filter((one) => leaving.has(one));
    let error = await attempt(node);
    while (error !== undefined && (await stepAside(leavers(error), aside))) error = await attempt(node);
    if (error === undefined) continue;
    const toCome = new Set([...blocked.map((one) => one.node), ...waiting.slice(index + 1)]);
    const holders = holdersOf(error).filter((one) => toCome.has(one));
    if (holders.length > 0) blocked.push({ node, error, holders });
    else failed(node, error);
  }
  return blocked;
}

/** Has the first one that can and did not yet let go of its port. False when there is none. */
async function stepAside(holders: readonly LiveNode[], aside: Set<LiveNode>): Promise<boolean> {
  for (const holder of holders) {
    if (aside.has(holder)) continue;
    aside.add(holder);
    if ((await holder.stepAside?.()) === true) return true;
  }
  return false;
}
