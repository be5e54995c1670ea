import type { Broker } from '../../src/broker/broker.ts';
import type { EdgePort, Engine, EngineConnection } from '../../src/broker/engine-port.ts';
import type { Authenticator } from '../../src/broker/ports.ts';
import type { Publisher } from '../../src/broker/publish/publisher.ts';
import { startMemoryBroker } from '../support/memory-broker.ts';
import { message } from '../support/plane-clients.ts';
import { WireClient } from '../support/wire-client.ts';
import type { GrowthCase } from './growth.ts';

/** How often what costs little is done. */
const often = 50;
const stranger = 'stranger';

export interface EngineWorld extends AsyncDisposable {
  readonly broker: Broker;
  readonly size: number;
  /** Has as many subscriptions. */
  readonly rich: WireClient;
}

type EngineCase = GrowthCase<EngineWorld> & {
  readonly method:
    | keyof Engine
    | keyof EngineConnection
    | keyof Publisher
    | Exclude<keyof EdgePort, 'peer' | 'connect' | 'subscriber'>;
};

const allButStrangers: Authenticator = {
  authenticate: ({ clientId }) =>
    clientId === stranger
      ? { kind: 'reject', reason: 'not known' }
      : { kind: 'accept', principal: 'somebody', trust: 'none' },
};

/** As many clients with a subscription each, and one with as many. */
export async function engineWorld(size: number): Promise<EngineWorld> {
  const broker = await startMemoryBroker({ authenticator: allButStrangers });
  for (let number = 0; number < size; number += 1) await connect(broker, `c${number}`, `own/${number}`);
  const rich = await connect(broker, 'rich', 'rich');
  for (let number = 0; number < size; number += 1) await subscribe(rich, `rich/${number}`);
  return {
    broker,
    size,
    rich,
    async [Symbol.asyncDispose]() {
      await broker.stop(AbortSignal.timeout(10_000));
    },
  };
}

async function connect(broker: Broker, clientId: string, topic: string): Promise<WireClient> {
  const client = new WireClient(broker, 4);
  await client.connect(clientId, true);
  await subscribe(client, topic);
  return client;
}

const subscribe = (client: WireClient, topic: string): Promise<unknown> =>
  client.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] }, 'suback');

const comeAndGo = async ({ broker }: EngineWorld): Promise<void> => {
  for (let time = 0; time < often; time += 1) (await connect(broker, 'guest', 'guest')).close();
};

const publishRetained = async ({ broker }: EngineWorld): Promise<void> => {
  const client = await connect(broker, 'guest', 'guest');
  for (let time = 1; time <= often; time += 1)
    await client.ask(
      { cmd: 'publish', topic: 'retained', payload: 'x', qos: 1, retain: true, dup: false, messageId: time },
      'puback',
    );
  client.close();
};

const beRefused = async ({ broker }: EngineWorld): Promise<void> => {
  for (let time = 0; time < often; time += 1) await new WireClient(broker, 4).connect(stranger, true);
};

/** A second CONNECT [MQTT-3.1.0-2]. */
const fail = async ({ broker }: EngineWorld): Promise<void> => {
  for (let time = 0; time < often; time += 1) void (await connect(broker, 'guest', 'guest')).connect('guest', true);
};

const wholeLife = async ({ size }: EngineWorld): Promise<void> => {
  await using world = await engineWorld(size);
  await world.broker.disconnectAll();
};

const rows = (methods: readonly EngineCase['method'][], row: Omit<EngineCase, 'method'>): EngineCase[] =>
  methods.map((method) => ({ method, ...row }));

const everybody = 'connected clients, and subscriptions of all';

/** What the methods of the engine and of the edges cost. */
export const engineCosts: readonly EngineCase[] = [
  ...rows(['open', 'identified', 'accepted', 'handled', 'send', 'closed', 'ended'], {
    work: 'a client that connects, subscribes and leaves',
    n: everybody,
    cost: 'O(1)',
    run: comeAndGo,
  }),
  ...rows(['refused'], { work: 'a client that may not connect', n: everybody, cost: 'O(1)', run: beRefused }),
  ...rows(['failed'], { work: 'a client that breaks the protocol', n: everybody, cost: 'O(1)', run: fail }),
  ...rows(['sourceOf', 'take'], {
    work: 'a retained message at QoS 1',
    n: everybody,
    cost: 'O(1)',
    run: publishRetained,
  }),
  {
    method: 'handle',
    work: 'a SUBSCRIBE and an UNSUBSCRIBE of one filter',
    n: 'subscriptions of the client, and of all',
    cost: 'O(1)',
    async run({ rich }) {
      for (let time = 0; time < often; time += 1) {
        await subscribe(rich, 'one/more');
        await rich.ask({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['one/more'] }, 'unsuback');
      }
    },
  },
  ...(['publish', 'publishKept'] as const).map((method) => ({
    method,
    work: 'a retained message that nobody gets',
    n: everybody,
    cost: 'O(1)' as const,
    async run({ broker }: EngineWorld) {
      for (let time = 0; time < often; time += 1)
        await broker[method](message({ topic: 'retained', retain: true, payload: Buffer.from('x') }));
    },
  })),
  ...rows(['reconsider'], {
    work: 'looks at the subscriptions of all clients, in slices',
    n: everybody,
    cost: 'O(n)',
    async run({ broker }) {
      for (let time = 0; time < often; time += 1) await broker.reconsider();
    },
  }),
  ...rows(['start', 'disconnectAll', 'stop'], {
    work: 'a broker that starts, takes clients, and sends them away',
    n: 'clients',
    cost: 'O(n)',
    run: wholeLife,
  }),
];

/** Methods that keep or hand on the one thing they are given; there is nothing to measure. */
export const unmeasured: readonly Omit<EngineCase, 'run'>[] = [
  { method: 'admit', work: 'counts one message', n: 'anything', cost: 'O(1)' },
  { method: 'edgeOf', work: 'finds one client', n: 'connected clients', cost: 'O(1)' },
  {
    method: 'subscriptionsOf',
    work: 'finds one client, whose subscriptions are read as far as they are asked for',
    n: 'connected clients, and subscriptions of the client',
    cost: 'O(1)',
  },
  { method: 'publishWill', work: 'publishes one message', n: 'anything', cost: 'O(1)' },
  { method: 'reauthenticate', work: 'hands on one exchange', n: 'anything', cost: 'O(1)' },
  { method: 'reauthenticated', work: 'keeps who the client is now', n: 'anything', cost: 'O(1)' },
  { method: 'whenRoom', work: 'keeps one callback', n: 'anything', cost: 'O(1)' },
  { method: 'limit', work: 'keeps the limits for what begins from now on', n: 'anything', cost: 'O(1)' },
];
