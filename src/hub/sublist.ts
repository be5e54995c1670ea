import { Memo } from '../kernel/memo.ts';
import { hasWildcard } from './subject.ts';

/** What the index keeps of a subscription. */
export interface SubjectInterest {
  /** A valid subject, wildcards allowed. */
  readonly subject: string;
  /** Members of a queue share its messages: each goes to one of them. */
  readonly queue: string | undefined;
}

/** Who gets a message. Never changed after it was handed out. */
export interface Match<S> {
  readonly plain: readonly S[];
  /** The members of each queue, also where they subscribed to it through different subjects. */
  readonly queues: readonly (readonly S[])[];
}

interface Node<S> {
  children: Map<string, Node<S>> | undefined;
  star: Node<S> | undefined;
  rest: Node<S> | undefined;
  plain: Set<S> | undefined;
  queues: Map<string, Set<S>> | undefined;
}

/** Of subjects kept with their match. */
const maxCachedBytes = 2 * 1024 * 1024;
/** Longer subjects are matched each time. */
const maxCachedLength = 256;

const newNode = <S>(): Node<S> => ({
  children: undefined,
  star: undefined,
  rest: undefined,
  plain: undefined,
  queues: undefined,
});

/** The subscriptions of the hub: a trie of tokens, and a bounded cache of matches that any change invalidates. */
export class Sublist<S extends SubjectInterest> {
  readonly #root: Node<S> = newNode();
  readonly #cache = new Memo<Match<S>>(
    maxCachedBytes,
    ({ plain, queues }) => 8 * queues.reduce((sum, { length }) => sum + length + 8, plain.length + 24),
  );
  #size = 0;
  #generation = 0;

  get size(): number {
    return this.#size;
  }

  /** Grows with every change; a match found under an older generation is out of date. */
  get generation(): number {
    return this.#generation;
  }

  get cachedSubjects(): number {
    return this.#cache.size;
  }

  insert(interest: S): void {
    let node = this.#root;
    for (const token of interest.subject.split('.')) node = childFor(node, token);
    if (interest.queue === undefined) node.plain = (node.plain ?? new Set()).add(interest);
    else {
      node.queues ??= new Map();
      const members = node.queues.get(interest.queue);
      if (members === undefined) node.queues.set(interest.queue, new Set([interest]));
      else members.add(interest);
    }
    this.#size += 1;
    this.#changed(interest.subject);
  }

  /** @returns false if it was not there. */
  remove(interest: S): boolean {
    const tokens = interest.subject.split('.');
    const path: Node<S>[] = [this.#root];
    for (const token of tokens) {
      const next = childOf(path.at(-1)!, token);
      if (next === undefined) return false;
      path.push(next);
    }
    if (!removeFrom(path.at(-1)!, interest)) return false;
    for (let depth = tokens.length; depth > 0 && isEmpty(path[depth]!); depth--)
      dropChild(path[depth - 1]!, tokens[depth - 1]!);
    this.#size -= 1;
    this.#changed(interest.subject);
    return true;
  }

  /** @param subject of a message; one with an empty token reaches nobody. */
  match(subject: string): Match<S> {
    const cached = this.#cache.get(subject);
    if (cached !== undefined) return cached;
    const tokens = subject.split('.');
    const found: Found<S> = { plain: [], queues: new Map() };
    if (!tokens.includes('')) collect(this.#root, tokens, 0, found);
    const match = { plain: found.plain, queues: [...found.queues.values()] };
    if (subject.length <= maxCachedLength) this.#cache.set(subject, match);
    return match;
  }

  #changed(subject: string): void {
    this.#generation += 1;
    if (hasWildcard(subject)) this.#cache.clear();
    else this.#cache.delete(subject);
  }
}

interface Found<S> {
  readonly plain: S[];
  readonly queues: Map<string, S[]>;
}

function collect<S>(node: Node<S>, tokens: readonly string[], depth: number, found: Found<S>): void {
  if (depth === tokens.length) {
    take(node, found);
    return;
  }
  if (node.rest !== undefined) take(node.rest, found);
  if (node.star !== undefined) collect(node.star, tokens, depth + 1, found);
  const child = node.children?.get(tokens[depth]!);
  if (child !== undefined) collect(child, tokens, depth + 1, found);
}

function take<S>(node: Node<S>, found: Found<S>): void {
  if (node.plain !== undefined) for (const interest of node.plain) found.plain.push(interest);
  if (node.queues === undefined) return;
  for (const [queue, members] of node.queues) {
    const others = found.queues.get(queue);
    if (others === undefined) found.queues.set(queue, [...members]);
    else for (const member of members) others.push(member);
  }
}

function childOf<S>(node: Node<S>, token: string): Node<S> | undefined {
  if (token === '*') return node.star;
  if (token === '>') return node.rest;
  return node.children?.get(token);
}

function childFor<S>(node: Node<S>, token: string): Node<S> {
  if (token === '*') return (node.star ??= newNode());
  if (token === '>') return (node.rest ??= newNode());
  node.children ??= new Map();
  let child = node.children.get(token);
  if (child === undefined) node.children.set(token, (child = newNode()));
  return child;
}

function dropChild<S>(node: Node<S>, token: string): void {
  if (token === '*') node.star = undefined;
  else if (token === '>') node.rest = undefined;
  else if (node.children?.delete(token) === true && node.children.size === 0) node.children = undefined;
}

function removeFrom<S extends SubjectInterest>(node: Node<S>, interest: S): boolean {
  if (interest.queue === undefined) {
    if (node.plain?.delete(interest) !== true) return false;
    if (node.plain.size === 0) node.plain = undefined;
    return true;
  }
  const members = node.queues?.get(interest.queue);
  if (members?.delete(interest) !== true) return false;
  if (members.size === 0) node.queues?.delete(interest.queue);
  if (node.queues?.size === 0) node.queues = undefined;
  return true;
}

const isEmpty = <S>(node: Node<S>): boolean =>
  node.children === undefined &&
  node.star === undefined &&
  node.rest === undefined &&
  node.plain === undefined &&
  node.queues === undefined;
