import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Authenticator } from './ports.ts';

/** The user of a client is what its client id begins with; who begins with a dash is anonymous. */
const byClientId: Authenticator = {
  authenticate({ clientId }) {
    const [user = ''] = clientId.split('-');
    return user === ''
      ? { kind: 'accept', principal: 'anonymous', trust: 'none' }
      : { kind: 'accept', principal: user, trust: 'test' };
  },
};

async function world(limits: object) {
  const clock = fakeClock();
  const telemetry = recordedTelemetry();
  const broker = await startMemoryBroker({ clock, limits: { ...limits }, authenticator: byClientId, telemetry });
  const connect = async (clientId: string, version: 4 | 5 = 5): Promise<{ code: unknown; client: WireClient }> => {
    const client = new WireClient(broker, version);
    const answer = await client.connect(clientId, true);
    return { code: Reflect.get(answer, version === 5 ? 'reasonCode' : 'returnCode') as unknown, client };
  };
  return { broker, clock, telemetry, connect };
}

const gone = async (client: WireClient): Promise<void> => {
  await expect.poll(() => client.closed, { interval: 1 }).toBeDefined();
};

describe('limits.connections.total', () => {
  test('one more is refused with 0x97, before MQTT 5 with return code 3, until another goes', async () => {
    const { broker, connect } = await world({ connections: { total: 2 } });
    await connect('a');
    const { client } = await connect('b');
    expect((await connect('c')).code).toBe(0x97);
    expect((await connect('c', 4)).code).toBe(3);
    client.close();
    await expect.poll(() => broker.connections(), { interval: 1 }).toBe(1);
    expect((await connect('c')).code).toBe(0);
  });

  test('who takes its own session over is let in', async () => {
    const { connect } = await world({ connections: { total: 1 } });
    await connect('a');
    expect((await connect('a')).code).toBe(0);
  });
});

describe('limits.connections.perUser', () => {
  test('refuse: one more of the user is refused with 0x97, and other users are not concerned', async () => {
    const { connect, telemetry } = await world({ connections: { perUser: 1 } });
    await connect('u-1');
    expect((await connect('u-2')).code).toBe(0x97);
    expect((await connect('u-2', 4)).code).toBe(3);
    expect((await connect('v-1')).code).toBe(0);
    expect((await connect('u-1')).code).toBe(0); // its own place
    expect(telemetry.count('mqtt_user_connections_over_limit_total')).toBe(2);
  });

  test('replace: the oldest of the user hears DISCONNECT 0x97', async () => {
    const { connect } = await world({ connections: { perUser: 2, beyond: 'replace' } });
    const { client: first } = await connect('u-1');
    const { client: second } = await connect('u-2');
    expect((await connect('u-3')).code).toBe(0);
    await gone(first);
    expect(first.received.at(-1)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x97 });
    await second.ping();
  });

  test('anonymous clients are no user', async () => {
    const { connect } = await world({ connections: { perUser: 1 } });
    await connect('-1');
    expect((await connect('-2')).code).toBe(0);
  });
});

describe('limits.takeOvers', () => {
  test('each is logged with both addresses and counted', async () => {
    const { connect, telemetry } = await world({});
    await connect('a');
    await connect('a');
    expect(telemetry.count('mqtt_take_overs_total')).toBe(1);
    expect(telemetry.lines('info').join('\n')).toContain(
      'client "a" connects on test from 127.0.0.1:1 and takes the place of its connection from 127.0.0.1:1',
    );
  });

  test('two devices that throw each other out wait before each does it again, and the one before stays meanwhile', async () => {
    const { broker, clock, connect, telemetry } = await world({ takeOvers: { perMinute: 3, delay: '5s' } });
    for (let round = 0; round < 4; round += 1) await connect('a');
    const { client: current } = await connect('b'); // another client id is not concerned
    await current.ping();
    const next = new WireClient(broker, 5);
    const answer = next.connect('a', true);
    await expect.poll(() => telemetry.count('mqtt_take_overs_delayed_total'), { interval: 1 }).toBe(1);
    expect(next.received).toEqual([]);
    clock.advance(5_500);
    expect(await answer).toMatchObject({ cmd: 'connack', reasonCode: 0 });
    expect(telemetry.count('mqtt_take_overs_total')).toBe(4);
  });

  test('one that goes away while it waits takes nothing over', async () => {
    const { broker, clock, connect, telemetry } = await world({ takeOvers: { perMinute: 1, delay: '5s' } });
    await connect('a');
    const { client: current } = await connect('a');
    const next = new WireClient(broker, 5);
    void next.connect('a', true);
    await expect.poll(() => telemetry.count('mqtt_take_overs_delayed_total'), { interval: 1 }).toBe(1);
    next.close();
    clock.advance(10_000);
    await current.ping();
    expect(telemetry.count('mqtt_take_overs_total')).toBe(1);
  });
});
