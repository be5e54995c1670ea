import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { startMemoryBroker } from '../../../test/support/memory-broker.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import { publishPacket, WireClient } from '../../../test/support/wire-client.ts';
import type { Authenticator } from '../ports.ts';

/** The user of a client is what its client id begins with. */
const byClientId: Authenticator = {
  authenticate: ({ clientId }) => ({ kind: 'accept', principal: clientId.split('-')[0]!, trust: 'test' }),
};

async function world(publishRate: object, version: 4 | 5 = 5) {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({ clock, limits: { publishRate }, authenticator: byClientId, telemetry });
  const client = async (clientId: string): Promise<WireClient> => {
    const one = new WireClient(broker, version);
    await one.connect(clientId, true);
    return one;
  };
  return { clock, telemetry, client };
}

const acknowledged = ({ received }: WireClient): number => received.filter(({ cmd }) => cmd === 'puback').length;
const pinged = ({ received }: WireClient): number => received.filter(({ cmd }) => cmd === 'pingresp').length;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Everything that the broker does without the clock. */
async function settle(): Promise<void> {
  for (let index = 0; index < 20; index += 1) await turn();
}

function publish(client: WireClient, count: number, qos: 0 | 1 = 1): void {
  for (let id = 1; id <= count; id += 1) client.send(publishPacket('t', qos, id));
}

describe.each([4, 5] as const)('limits.publishRate, MQTT level %i', (version) => {
  test('acknowledgements beyond it come later, and nothing else waits for that', async () => {
    const { clock, client, telemetry } = await world({ messages: 10 }, version);
    const sender = await client('a');
    publish(sender, 15);
    await settle();
    expect(acknowledged(sender)).toBe(10);
    await sender.ping();
    clock.advance(1_500);
    await settle();
    expect(acknowledged(sender)).toBe(15);
    expect(telemetry.count('mqtt_publish_held_back_total')).toBe(1);
  });

  test('who sends on all the same is not read from until nothing is owed', async () => {
    const { clock, client } = await world({ messages: 10 }, version);
    const sender = await client('a');
    publish(sender, 30);
    sender.send({ cmd: 'pingreq' });
    await settle();
    expect(pinged(sender)).toBe(0);
    clock.advance(3_000);
    await settle();
    expect([pinged(sender), acknowledged(sender)]).toEqual([1, 30]);
  });

  test('at QoS 0, where nothing is acknowledged, it is not read from at once', async () => {
    const { clock, client } = await world({ messages: 10 }, version);
    const sender = await client('a');
    publish(sender, 11, 0);
    sender.send({ cmd: 'pingreq' });
    await settle();
    expect(pinged(sender)).toBe(0);
    clock.advance(1_000);
    await settle();
    expect(pinged(sender)).toBe(1);
  });

  test('bytes count as messages do', async () => {
    const { clock, client } = await world({ bytes: '1KiB' }, version);
    const sender = await client('a');
    sender.send({ ...publishPacket('t', 1, 1), payload: 'x'.repeat(900) } as ReturnType<typeof publishPacket>);
    sender.send({ ...publishPacket('t', 1, 2), payload: 'x'.repeat(900) } as ReturnType<typeof publishPacket>);
    await settle();
    expect(acknowledged(sender)).toBe(1);
    clock.advance(2_000);
    await settle();
    expect(acknowledged(sender)).toBe(2);
  });

  test('who goes on for longer than patience is disconnected', async () => {
    const { clock, client } = await world({ messages: 10, patience: '5s' }, version);
    const sender = await client('a');
    for (let second = 0; second < 12 && sender.closed === undefined; second += 1) {
      publish(sender, 15);
      await settle();
      clock.advance(1_000);
      await settle();
    }
    expect(sender.closed).toBe('ended');
    const goodbyes = sender.received.filter(({ cmd }) => cmd === 'disconnect');
    expect(goodbyes).toMatchObject(version === 5 ? [{ reasonCode: 0x96 }] : []);
  });

  test('who rests in between is not', async () => {
    const { clock, client, telemetry } = await world({ messages: 10, patience: '5s' }, version);
    const sender = await client('a');
    for (let round = 0; round < 8; round += 1) {
      publish(sender, 15);
      await settle();
      clock.advance(4_000);
      await settle();
    }
    expect(sender.closed).toBeUndefined();
    expect(telemetry.count('mqtt_publish_held_back_total')).toBe(8);
  });

  test('the connections of one user share userMessages, and others have their own', async () => {
    const { client } = await world({ userMessages: 10 }, version);
    const [first, second, other] = [await client('u-1'), await client('u-2'), await client('v-1')];
    publish(first, 8);
    publish(second, 8);
    publish(other, 8);
    await settle();
    expect([acknowledged(first), acknowledged(second), acknowledged(other)]).toEqual([8, 2, 8]);
  });
});
