import type { MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { lasting, type ServingBroker, serve } from '../support/serving.ts';
import { limitedDisk, type SmallDisk, tmpfsDisk } from '../support/small-disk.ts';
import { SocketClient } from '../support/socket-client.ts';

const large = 'x'.repeat(16_384);

/** What became of the messages of one MQTT 5 publisher. */
class Outcomes {
  readonly accepted: string[] = [];
  readonly refused: string[] = [];
  readonly #client: MqttClient;
  #next = 0;

  constructor(client: MqttClient) {
    this.#client = client;
  }

  /** @returns the reason code of PUBACK or PUBREC */
  async publish(qos: 1 | 2, options: { readonly retain?: boolean } = {}): Promise<number> {
    const name = `${qos}-${this.#next++}`;
    const code = await new Promise<number>((resolve, reject) => {
      this.#client.publish('kept', `${name} ${large}`, { qos, ...options }, (error) => {
        if (error === undefined || error === null) resolve(0);
        else if ('code' in error) resolve(error.code);
        else reject(error);
      });
    });
    (code === 0 ? this.accepted : this.refused).push(name);
    return code;
  }
}

const smallDisk = (directory: string) => ({ store: { directory, queue: { messages: 1_000_000, bytes: '1GiB' } } });

/** A session that is away, for messages to be kept for. */
async function leaveSession(broker: ServingBroker): Promise<void> {
  await using away = await broker.connect('away', lasting);
  await away.mqtt.subscribeAsync('kept', { qos: 2 });
  await away.mqtt.endAsync();
}

async function expectKept(broker: ServingBroker, { accepted, refused }: Outcomes): Promise<void> {
  await using away = await broker.connect('away', lasting);
  await away.take(accepted.length);
  const came = away.messages.map(({ payload }) => payload.toString().split(' ')[0] ?? '');
  expect(came.toSorted()).toEqual(accepted.toSorted());
  expect(came.filter((name) => refused.includes(name))).toEqual([]);
}

/** No message can be kept, and everything that needs no room goes on. */
async function expectFull(broker: ServingBroker, outcomes: Outcomes): Promise<void> {
  for (const qos of [1, 2] as const) expect(await outcomes.publish(qos), `QoS ${qos}`).toBe(0x97);
  expect(await outcomes.publish(1, { retain: true })).toBe(0x97);
  for (const qos of [1, 2] as const) {
    await using old = await SocketClient.open(broker.port, `old-${qos}`);
    const answered = Promise.race([
      old.next('puback').then(() => 'acknowledged'),
      old.next('pubrec').then(() => 'acknowledged'),
      old.closed.then(() => 'closed'),
    ]);
    old.send({ cmd: 'publish', topic: 'kept', payload: large, qos, messageId: 1, dup: false, retain: false });
    expect(await answered, `QoS ${qos} of MQTT 3.1.1, which cannot say no`).toBe('closed');
  }
  await using listener = await broker.connect('listener');
  await listener.mqtt.subscribeAsync('live', { qos: 2 });
  await using speaker = await broker.connect('speaker');
  for (const qos of [0, 1] as const) await speaker.mqtt.publishAsync('live', `at QoS ${qos}`, { qos });
  await listener.take(2);
  expect(listener.messages.map(({ payload }) => payload.toString())).toEqual(['at QoS 0', 'at QoS 1']);
}

async function expectRecovery(disk: SmallDisk): Promise<void> {
  await using broker = await serve(smallDisk(disk.directory), disk.env);
  await leaveSession(broker);
  await using publisher = await broker.connect('publisher', { protocolVersion: 5 });
  const outcomes = new Outcomes(publisher.mqtt);
  for (const qos of [1, 2, 1, 2] as const) expect(await outcomes.publish(qos)).toBe(0);
  await disk.fill(broker);
  // pages of the data file that are free may take a few more
  await expect.poll(() => outcomes.publish(1), { interval: 0 }).toBe(0x97);
  await expectFull(broker, outcomes);
  expect(
    (await broker.metric('store_dropped_total', 'reason="refused"')) + (await broker.metric('store_failed_total')),
  ).toBeGreaterThan(0);
  await disk.free(broker);
  for (const qos of [1, 2] as const) await expect.poll(() => outcomes.publish(qos), { interval: 20 }).toBe(0);
  expect(publisher.mqtt.connected).toBe(true);
  await broker.kill();
  await broker.start();
  await expectKept(broker, outcomes);
}

test('a data file that may not grow: refused, nothing acknowledged is lost, others go on, and it recovers by itself', async () => {
  await using disk = await limitedDisk();
  await expectRecovery(disk);
});

const probe = await tmpfsDisk(1);
await probe?.[Symbol.asyncDispose]();

test.runIf(probe !== undefined)(
  'a full tmpfs (where mounting is allowed): refused, nothing acknowledged is lost, others go on, and it recovers by itself',
  async () => {
    await using disk = (await tmpfsDisk(24))!;
    await expectRecovery(disk);
  },
);

test.runIf(probe !== undefined)(
  'a broker that fills its disk itself (where mounting is allowed) refuses in time to let its clients take what they have',
  async () => {
    await using disk = (await tmpfsDisk(24))!;
    await using broker = await serve(smallDisk(disk.directory));
    await leaveSession(broker);
    await using publisher = await broker.connect('publisher', { protocolVersion: 5 });
    const outcomes = new Outcomes(publisher.mqtt);
    while (outcomes.refused.length === 0)
      await Promise.all([1, 2, 1, 2, 1, 2, 1, 2].map((qos) => outcomes.publish(qos === 1 ? 1 : 2)));
    expect(outcomes.accepted.length).toBeGreaterThan(500);
    await expectFull(broker, outcomes);
    await broker.kill();
    await broker.start();
    await expectKept(broker, outcomes);
    await using again = await broker.connect('publisher', { protocolVersion: 5 });
    const more = new Outcomes(again.mqtt);
    await expect.poll(() => more.publish(1), { interval: 20 }).toBe(0);
  },
);
