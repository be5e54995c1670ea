import { type Networks, networksOf } from '../../kernel/network-map.ts';
import { parseNetwork, withoutMapping } from '../../kernel/networks.ts';
import { type FieldName, fieldNames } from '../certificate-field.ts';
import type { AskingClient, Known } from './client-facts.ts';
import { type Captures, capturesOf, type NamePattern, parseNamePattern } from './name-pattern.ts';
import type { ConditionOptions } from './rule-options.ts';

/** Of whom a rule speaks: all that is given has to fit. */
export interface Condition {
  /** Names conditions that are the same. */
  readonly key: string;
  readonly user: readonly NamePattern[] | undefined;
  readonly clientId: readonly NamePattern[] | undefined;
  readonly group: readonly string[] | undefined;
  readonly listener: readonly string[] | undefined;
  readonly address: AddressRanges | undefined;
  readonly certificate: ReadonlyMap<FieldName, readonly string[]>;
  readonly claim: ReadonlyMap<string, readonly string[]>;
  /** Names that `user` and `clientId` capture. */
  readonly captures: ReadonlySet<string>;
}

interface AddressRanges {
  readonly source: readonly string[];
  readonly networks: Networks;
}

export interface ConditionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export type Groups = ReadonlyMap<string, ReadonlySet<string>>;

/** `unknown`: nobody can say now, as the client is not connected. */
export type Judgement =
  | { readonly kind: 'fits' | 'unknown'; readonly captures: Captures }
  | { readonly kind: 'unfit'; readonly why: string };

const listOf = <T extends string | number | boolean>(value: T | readonly T[]): readonly T[] =>
  typeof value === 'object' ? value : [value];

export function parseCondition(options: ConditionOptions): Condition | ConditionProblem {
  const user = parseNames('user', options.user);
  if ('message' in user) return user;
  const clientId = parseNames('clientId', options.clientId);
  if ('message' in clientId) return clientId;
  const address = parseAddresses(options.address);
  if (address !== undefined && 'message' in address) return address;
  const captures = new Set<string>();
  for (const names of [user.captures, clientId.captures])
    for (const name of names) {
      if (captures.has(name))
        return { path: ['clientId'], message: `{${name}} is captured by user as well; give it another name` };
      captures.add(name);
    }
  const { group, listener, certificate = {}, claim = {} } = options;
  return {
    key: keyOf(options),
    user: user.patterns,
    clientId: clientId.patterns,
    group: group === undefined ? undefined : listOf(group),
    listener: listener === undefined ? undefined : listOf(listener),
    address,
    certificate: new Map(
      fieldNames.flatMap((field) => {
        const values = certificate[field];
        return values === undefined ? [] : [[field, listOf(values)] as const];
      }),
    ),
    claim: new Map(Object.entries(claim).map(([name, values]) => [name, listOf(values).map(String)])),
    captures,
  };
}

/** The same for options that mean the same, whatever their order. */
const keyOf = ({ user, group, clientId, listener, address, certificate = {}, claim = {} }: ConditionOptions): string =>
  JSON.stringify([user, group, clientId, listener, address, sorted(certificate), sorted(claim)]);

const sorted = (values: Readonly<Record<string, unknown>>): unknown =>
  Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));

interface Names {
  readonly patterns: readonly NamePattern[] | undefined;
  readonly captures: readonly string[];
}

/** Of several patterns each has to capture the same names. */
function parseNames(
  field: 'user' | 'clientId',
  names: string | readonly string[] | undefined,
): Names | ConditionProblem {
  if (names === undefined) return { patterns: undefined, captures: [] };
  const patterns: NamePattern[] = [];
  for (const [index, name] of listOf(names).entries()) {
    const path = Array.isArray(names) ? [field, index] : [field];
    const pattern = parseNamePattern(name);
    if (typeof pattern === 'string') return { path, message: pattern };
    const [first] = patterns;
    if (first !== undefined && first.captures.toSorted().join() !== pattern.captures.toSorted().join())
      return { path, message: `"${name}" captures other names than "${first.source}"; write a rule for each` };
    patterns.push(pattern);
  }
  return { patterns, captures: patterns[0]?.captures ?? [] };
}

function parseAddresses(ranges: string | readonly string[] | undefined): AddressRanges | ConditionProblem | undefined {
  if (ranges === undefined) return undefined;
  const source = listOf(ranges);
  for (const [index, range] of source.entries())
    if (range !== range.trim() || typeof parseNetwork(range) === 'string')
      return {
        path: Array.isArray(ranges) ? ['address', index] : ['address'],
        message: `"${range}" is no address range; write an address, or one with a prefix length, e.g. 10.0.0.0/8 or 2001:db8::/32`,
      };
  return { source, networks: networksOf(source) };
}

const nothing: Captures = new Map();

/** @param groups users that the configuration puts into a group, by its name */
export function judge(condition: Condition, facts: AskingClient, groups: Groups): Judgement {
  const user = fitting(condition.user, facts.user);
  if (user === undefined) return unfit(`user "${facts.user}" is not ${oneOf(condition.user)}`);
  const clientId = fitting(condition.clientId, facts.clientId);
  if (clientId === undefined) return unfit(`client id "${facts.clientId}" is not ${oneOf(condition.clientId)}`);
  const captures = user.size + clientId.size === 0 ? nothing : new Map([...user, ...clientId]);
  let isKnown = true;
  for (const { label, wanted, has } of asked(condition, facts, groups)) {
    const fits = has(wanted);
    if (fits === false) return unfit(`${label} is not ${wanted.map((text) => `"${text}"`).join(' or ')}`);
    isKnown &&= fits === true;
  }
  return { kind: isKnown ? 'fits' : 'unknown', captures };
}

interface Asked {
  readonly label: string;
  readonly wanted: readonly string[];
  /** Undefined where nobody can say. */
  readonly has: (wanted: readonly string[]) => boolean | undefined;
}

function* asked(condition: Condition, facts: AskingClient, groups: Groups): Generator<Asked> {
  const { group, listener, address, certificate, claim } = condition;
  if (group !== undefined)
    yield {
      label: 'a group of the client',
      wanted: group,
      has: (wanted) => wanted.some((name) => groups.get(name)?.has(facts.user) === true) || among(facts.groups, wanted),
    };
  if (listener !== undefined)
    yield {
      label: facts.listener === undefined ? 'the listener' : `listener "${facts.listener}"`,
      wanted: listener,
      has: (wanted) => (facts.listener === undefined ? undefined : wanted.includes(facts.listener)),
    };
  if (address !== undefined)
    yield {
      label: facts.address === undefined ? 'the address' : `address ${facts.address}`,
      wanted: address.source,
      has: () => (facts.address === undefined ? undefined : address.networks.has(withoutMapping(facts.address))),
    };
  for (const [field, wanted] of certificate)
    yield { label: `certificate.${field}`, wanted, has: (values) => among(facts.certificate(field), values) };
  for (const [name, wanted] of claim)
    yield { label: `claim.${name}`, wanted, has: (values) => among(facts.claim(name), values) };
}

const unfit = (why: string): Judgement => ({ kind: 'unfit', why });

const oneOf = (patterns: readonly NamePattern[] | undefined): string =>
  (patterns ?? []).map(({ source }) => `"${source}"`).join(' or ');

/** @returns undefined where none fits */
function fitting(patterns: readonly NamePattern[] | undefined, name: string): Captures | undefined {
  if (patterns === undefined) return nothing;
  for (const pattern of patterns) {
    const captures = capturesOf(pattern, name);
    if (captures !== undefined) return captures;
  }
  return undefined;
}

const among = (known: Known, wanted: readonly string[]): boolean | undefined =>
  known?.some((value) => wanted.includes(value));
