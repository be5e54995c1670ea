import type { IConnectPacket, Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { WireClient } from '../../test/support/wire-client.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs

test('a client id longer than limits.clientIdLength is refused, counted in bytes (MQTT-3.1.3-8)', async () => {
  const broker = await startMemoryBroker({ limits: { clientIdLength: '24B' } });
  const connect = (version: 4 | 5, id: string): Promise<Packet> => new WireClient(broker, version).connect(id, true);
  expect(await connect(5, 'ü'.repeat(12))).toMatchObject({ reasonCode: 0 });
  expect(await connect(5, 'ü'.repeat(13))).toMatchObject({ reasonCode: 0x85 });
  expect(await connect(4, 'u'.repeat(24))).toMatchObject({ returnCode: 0 });
  expect(await connect(4, 'u'.repeat(25))).toMatchObject({ returnCode: 2 });
  await broker.stop(signal);
});

test('one session more than limits.sessions is refused; those that are there go on, and clean ones begin', async () => {
  const broker = await startMemoryBroker({ limits: { sessions: 2 } });
  const connect = async (version: 4 | 5, id: string, isClean: boolean, more: Partial<IConnectPacket> = {}) => {
    const client = new WireClient(broker, version);
    const connack = await client.connect(id, isClean, more);
    client.close();
    return connack;
  };
  for (const id of ['a', 'b']) expect(await connect(4, id, false)).toMatchObject({ returnCode: 0 });
  expect(await connect(4, 'c', false)).toMatchObject({ returnCode: 3 });
  expect(await connect(5, 'c', false)).toMatchObject({ reasonCode: 0x97 });
  expect(await connect(5, 'c', true, { properties: { sessionExpiryInterval: 60 } })).toMatchObject({
    reasonCode: 0x97,
  });
  expect(await connect(5, 'c', true)).toMatchObject({ reasonCode: 0 });
  expect(await connect(5, 'a', false)).toMatchObject({ sessionPresent: true });
  expect(await connect(5, 'b', true, { properties: { sessionExpiryInterval: 60 } })).toMatchObject({ reasonCode: 0 });
  expect(await connect(4, 'b', true)).toMatchObject({ returnCode: 0 }); // and with it the session is over
  expect(await connect(5, 'c', false)).toMatchObject({ reasonCode: 0 });
  await broker.stop(signal);
});
