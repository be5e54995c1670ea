import assert from 'node:assert';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import type { Store } from '../../src/broker/store-port.ts';
import { inAedesWords } from './aedes-vocabulary.ts';

/** What the suite uses of the context that node:test gives its cases. */
interface Context {
  plan(assertions: number): void;
  diagnostic(text: string): void;
  readonly assert: typeof assert;
}
type Suite = (options: {
  readonly test: (name: string, body: (context: Context) => Promise<void>) => void;
  readonly persistence: () => Promise<object>;
  readonly testAsync: true;
}) => void;

const withoutDup = 'expects a message that was sent before to be replayed without DUP [MQTT-3.3.1-1]';

/** Cases that ask for what our stores cure; each of them must go on failing for the reason given. */
const contradicted: ReadonlyMap<string, string> = new Map([
  ['add outgoing packet as a string and pump', withoutDup],
  ['add outgoing packet and update messageId', withoutDup],
  ['add 2 outgoing packet and clear messageId', withoutDup],
  [
    'store and look up subscriptions by topic',
    'expects matching filters in the order of one matcher; their order means nothing',
  ],
  [
    'add incoming packet, get it, and clear with messageId',
    'expects the payload of an open QoS 2 exchange back; the engine never reads it and it would be held unbounded',
  ],
]);

/**
 * Runs the suite that aedes-persistence has for its implementers.
 * @param create an instance that is not started yet
 * @param also cases that ask this store for what it does not do, by name, with the reason
 */
export function aedesPersistenceContract(create: () => Store, also: ReadonlyMap<string, string> = new Map()): void {
  const failing = new Set([...contradicted.keys(), ...also.keys()]);
  const suite: Suite = createRequire(import.meta.url)('aedes-persistence/abstract.js');
  const names: string[] = [];
  suite({
    test: (name, body) => {
      names.push(name);
      (failing.has(name) ? test.fails : test)(name, () => runCase(body));
    },
    persistence: async () => inAedesWords(create()),
    testAsync: true,
  });
  test('every contradicted case is one of the suite', () =>
    expect(names).toEqual(expect.arrayContaining([...failing])));
}

/** Runs a node:test case here, its plan included. */
async function runCase(body: (context: Context) => Promise<void>): Promise<void> {
  let planned: number | undefined;
  let made = 0;
  const counting = new Proxy(assert, {
    get: (target, name, receiver) => {
      made += 1;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  await body({ plan: (assertions) => (planned = assertions), diagnostic: () => undefined, assert: counting });
  if (planned !== undefined) expect(made).toBe(planned);
}
