import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { describe, type ExpectStatic, test } from 'vitest';
import { stringify } from 'yaml';
import { freePorts } from '../support/free-ports.ts';
import { startViaduct } from '../support/program.ts';
import { startRedisServer } from '../support/redis-server.ts';
import type { RunningProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const rounds = 50;
/** Messages of one publisher that are under way at a time. */
const underWay = 20;

/** Small steps of a seeded sequence, so that every run kills at other moments and can say at which. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Publisher {
  /** Numbers that were acknowledged. */
  readonly acknowledged: number[];
  readonly client: MqttClient;
  /** Publishes nothing more, and waits until everything is acknowledged. */
  finish(): Promise<void>;
}

/** Publishes rising numbers without end, over every crash. */
function publishNumbers(url: string, qos: 1 | 2, options: IClientOptions): Publisher {
  const acknowledged: number[] = [];
  const client = mqtt.connect(url, { ...options, clientId: `publisher-${qos}`, clean: false });
  client.on('error', () => undefined);
  let isOver = false;
  let open = 0;
  let next = 0;
  let idle: () => void = () => undefined;
  const fill = (): void => {
    while (!isOver && open < underWay) {
      const number = next++;
      open += 1;
      client.publish(`kill/${qos}`, String(number), { qos }, (error) => {
        open -= 1;
        if (error === undefined || error === null) acknowledged.push(number);
        if (open === 0) idle();
        setImmediate(fill);
      });
    }
  };
  client.once('connect', fill);
  return {
    acknowledged,
    client,
    finish: () =>
      new Promise((resolve) => {
        isOver = true;
        idle = resolve;
        if (open === 0) resolve();
      }),
  };
}

interface Subscriber {
  readonly client: MqttClient;
  /** Numbers that came, by topic. */
  readonly came: Map<string, number[]>;
  has(topic: string, numbers: readonly number[]): boolean;
}

async function subscribeNumbers(url: string, clientId: string, options: IClientOptions): Promise<Subscriber> {
  const came = new Map<string, number[]>();
  const client = mqtt.connect(url, { ...options, clientId, clean: false });
  client.on('error', () => undefined);
  client.on('message', (topic, payload) => {
    const numbers = came.get(topic) ?? [];
    came.set(topic, numbers);
    numbers.push(Number(payload.toString()));
  });
  await client.subscribeAsync('kill/+', { qos: 2 });
  return {
    client,
    came,
    has(topic, numbers) {
      const set = new Set(came.get(topic));
      return numbers.every((number) => set.has(number));
    },
  };
}

const firstTimes = (numbers: readonly number[]): number[] => [...new Set(numbers)];

/** Kills the broker `rounds` times under load, then compares what was acknowledged with what came. */
async function expectNothingLost(store: Readonly<Record<string, unknown>>, expect: ExpectStatic): Promise<void> {
  const seed = Date.now() >>> 0;
  const next = random(seed);
  await using directory = await temporaryDirectory();
  const [port = 0] = await freePorts(1);
  const config = {
    node: 'kill-nine',
    listeners: [{ name: 'mqtt', bind: `127.0.0.1:${port}`, tls: 'off', accept: ['mqtt'] }],
    nats: { hub: { bind: '127.0.0.1:0' } },
    bridge: { rules: [] },
    log: { level: 'warn', format: 'json' },
    store: { queue: { messages: 1_000_000, bytes: '1GiB' }, ...store },
  };
  await writeFile(join(directory.path, 'viaduct.yaml'), stringify(config));
  const start = async (): Promise<RunningProgram> => {
    const program = startViaduct(['serve', '--config', 'viaduct.yaml'], { cwd: directory.path });
    const outcome = await Promise.race([program.stdout.waitFor(/ ready:/), program.exited]);
    if (typeof outcome === 'string') return program;
    throw new Error(`seed ${seed}: the broker did not start again: ${program.stderr.text()}`);
  };
  let program = await start();
  try {
    const url = `mqtt://127.0.0.1:${port}`;
    const options: IClientOptions = { reconnectPeriod: 20, connectTimeout: 5_000, keepalive: 0 };
    const away = await subscribeNumbers(url, 'away', { ...options, protocolVersion: 4 });
    await away.client.endAsync();
    const here = await subscribeNumbers(url, 'here', {
      ...options,
      protocolVersion: 5,
      properties: { sessionExpiryInterval: 3_600 },
    });
    const publishers = [
      publishNumbers(url, 1, { ...options, protocolVersion: 4 }),
      publishNumbers(url, 2, { ...options, protocolVersion: 5, properties: { sessionExpiryInterval: 3_600 } }),
    ] as const;
    for (let round = 0; round < rounds; round += 1) {
      // the moment is counted in acknowledgements, not in time, so that a slow machine does as much in a round
      const goal = publishers[0].acknowledged.length + 1 + Math.floor(next() * 200);
      await expect.poll(() => publishers[0].acknowledged.length, { interval: 1 }).toBeGreaterThanOrEqual(goal);
      program.process.kill('SIGKILL');
      await program.exited;
      program = await start();
    }
    for (const publisher of publishers) await publisher.finish();
    const back = await subscribeNumbers(url, 'away', { ...options, protocolVersion: 4 });
    for (const subscriber of [here, back])
      for (const [index, { acknowledged }] of publishers.entries())
        await expect.poll(() => subscriber.has(`kill/${index + 1}`, acknowledged), { interval: 20 }).toBe(true);
    for (const { came } of [here, back]) {
      const atLeastOnce = came.get('kill/1') ?? [];
      const exactlyOnce = came.get('kill/2') ?? [];
      expect(firstTimes(atLeastOnce), `seed ${seed}: order at QoS 1`).toEqual(
        firstTimes(atLeastOnce).toSorted((a, b) => a - b),
      );
      expect(exactlyOnce, `seed ${seed}: once and in order at QoS 2`).toEqual(
        firstTimes(exactlyOnce).toSorted((a, b) => a - b),
      );
    }
    expect(publishers[0].acknowledged.length, `seed ${seed}`).toBeGreaterThan(rounds);
    expect(publishers[1].acknowledged.length, `seed ${seed}`).toBeGreaterThan(rounds);
    for (const { client } of [...publishers, here, back]) await client.endAsync(true);
  } finally {
    await program[Symbol.asyncDispose]();
  }
}

describe.concurrent(`kill -9 at ${rounds} random moments under load loses nothing that was acknowledged`, () => {
  test('on disk', ({ expect }) => expectNothingLost({ type: 'disk', directory: './data' }, expect), 400_000);

  test('on Redis', async ({ expect }) => {
    await using redis = await startRedisServer({ appendonly: 'everysec' });
    await expectNothingLost({ type: 'redis', redis: { url: redis.url } }, expect);
  }, 400_000);
});
