import type { MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import type { TestClient } from '../support/mqtt-client.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { lasting, serve } from '../support/serving.ts';

const rounds = 3;
/** Messages of one publisher that are under way at a time. */
const underWay = 5;

/** Publishes rising numbers until it is told to finish, and notes what the broker said of each. */
class Load {
  readonly accepted: string[] = [];
  readonly refused: string[] = [];
  /** What was said to no message at all. */
  readonly failures: unknown[] = [];
  readonly topic: string;
  readonly #client: MqttClient;
  readonly #qos: 1 | 2;
  readonly #streams: readonly Promise<void>[];
  #next = 0;
  #isOver = false;

  constructor(client: MqttClient, qos: 1 | 2) {
    this.#client = client;
    this.#qos = qos;
    this.topic = `load/${qos}`;
    this.#streams = Array.from({ length: underWay }, () => this.#publish());
  }

  async finish(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#streams);
  }

  async #publish(): Promise<void> {
    while (!this.#isOver) {
      const number = String(this.#next++);
      await this.#client.publishAsync(this.topic, number, { qos: this.#qos }).then(
        () => this.accepted.push(number),
        (error: unknown) => {
          if (error instanceof Error && 'code' in error && error.code === 0x97) this.refused.push(number);
          else this.failures.push(error);
          this.#isOver ||= this.failures.length > 0;
        },
      );
    }
  }
}

const came = ({ messages }: TestClient, from: string): string[] =>
  messages.filter(({ topic }) => topic === from).map(({ payload }) => payload.toString());

const firstTimes = (numbers: readonly string[]): readonly string[] => [...new Set(numbers)];

test(`redis-server killed with kill -9 ${rounds} times under load and started again loses nothing that was acknowledged`, async () => {
  await using redis = await startRedisServer({ appendonly: 'always' });
  const queue = { messages: 1_000_000, bytes: '1GiB' };
  await using broker = await serve({
    store: { type: 'redis', redis: { url: redis.url, operationTimeout: '1s' }, queue },
  });
  {
    await using away = await broker.connect('away', lasting);
    await away.mqtt.subscribeAsync('load/+', { qos: 2 });
  }
  await using here = await broker.connect('here', lasting);
  await here.mqtt.subscribeAsync('load/+', { qos: 2 });
  await using first = await broker.connect('publisher-1', { protocolVersion: 5 });
  await using second = await broker.connect('publisher-2', { protocolVersion: 5 });
  const loads = [new Load(first.mqtt, 1), new Load(second.mqtt, 2)] as const;
  const isRefused = ({ refused }: Load): boolean => refused.length > 0;
  for (let round = 0; round < rounds; round += 1) {
    const goals = loads.map(({ accepted }) => accepted.length + 20 + round * 17);
    for (const [index, { accepted }] of loads.entries())
      await expect.poll(() => accepted.length, { interval: 1 }).toBeGreaterThanOrEqual(goals[index]!);
    await redis.kill();
    // the first outage is long enough to be told of, the others are not
    await expect.poll(() => round > 0 || loads.some(isRefused)).toBe(true);
    await redis.restart();
  }
  for (const load of loads) {
    const goal = load.accepted.length + 20;
    await expect.poll(() => load.accepted.length, { interval: 1 }).toBeGreaterThanOrEqual(goal);
    await load.finish();
  }
  expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
  for (const { mqtt } of [here, first, second]) expect(mqtt.connected, 'nobody was disconnected').toBe(true);

  await using back = await broker.connect('away', lasting);
  for (const subscriber of [here, back])
    for (const { topic, accepted } of loads) {
      const missing = (): string[] => {
        const seen = new Set(came(subscriber, topic));
        return accepted.filter((number) => !seen.has(number));
      };
      await expect.poll(missing, { interval: 50 }).toEqual([]);
      const seen = came(subscriber, topic);
      expect(firstTimes(seen), 'in order').toEqual(firstTimes(seen).toSorted((a, b) => Number(a) - Number(b)));
      const mayRepeat = topic === loads[0].topic;
      expect(mayRepeat ? firstTimes(seen) : seen, 'exactly once at QoS 2').toEqual(firstTimes(seen));
    }
}, 240_000);
