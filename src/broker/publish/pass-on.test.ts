import { expect, test } from 'vitest';
import type { Message } from '../../plane/message.ts';
import { follow, idle, type PassOnDeps, passOn } from './pass-on.ts';

const message = (number: string): Message => ({
  topic: 't',
  payload: Buffer.from(number),
  qos: 1,
  retain: false,
  properties: undefined,
  origin: { kind: 'client', clientId: 'publisher' },
});

test('messages of one publisher are routed in their order, whichever of them a queue has as well [MQTT-4.6.0-5]', async () => {
  const commit: (() => void)[] = [];
  const routed: string[] = [];
  let isQueued = true;
  let counter = 0;
  const deps = {
    plane: { choose: () => new Map(), route: ({ payload }: Message) => routed.push(payload.toString()) },
    store: {
      subscribersOf: () => (isQueued ? [{ clientId: 'away', filter: '#', qos: 1 }] : []),
      keep: () => new Promise<void>((resolve) => commit.push(resolve)),
    },
    keys: { next: () => ({ runId: 'run', counter: (counter += 1) }) },
    now: () => 0,
    maxExpirySeconds: () => undefined,
    isEnding: () => false,
    admit: () => undefined,
    mayReceive: () => true,
    authorizer: {},
  } as unknown as PassOnDeps;
  const underWay = idle();
  const numbers = ['85', '86', '87', '88', '89'];
  for (const number of numbers) {
    isQueued = number !== '86' && number !== '88'; // a subscription of somebody else comes and goes
    void follow(underWay, passOn(deps, message(number), underWay, undefined));
  }
  expect(routed).toEqual([]);
  for (const done of commit) done(); // one commit for all
  await underWay.routed;
  expect(routed).toEqual(numbers);
  expect(underWay).toEqual(idle());
});
