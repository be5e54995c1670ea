import { expect, test } from 'vitest';
import { Slices } from '../../kernel/slices.ts';
import type { QueuedPacket } from '../store-port.ts';
import { QueueReader } from './queue-reader.ts';

const packet = (payload: string, packetId?: number): QueuedPacket => ({
  cmd: 'publish',
  topic: 't',
  payload: Buffer.from(payload),
  qos: 1,
  retain: false,
  dup: false,
  runId: 'run',
  counter: 1,
  ...(packetId === undefined ? {} : { packetId }),
});

test('what was answered after it was read is not sent again: a resend is for earlier connections alone (MQTT-4.4.0-1)', async () => {
  const said: string[] = [];
  const passes = [
    [packet('old', 7), packet('new')],
    [packet('new', 1), packet('last')],
  ];
  let wake: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const reader = new QueueReader({
    store: { queue: () => passes.shift() ?? [] },
    slices: new Slices(),
    clientId: 'c',
    window: { get: () => undefined }, // the client has answered everything by now
    hasRoom: () => true,
    send({ payload }) {
      said.push(`send ${payload.toString()}`);
      if (payload.toString() === 'last') wake();
      else reader.missed();
    },
    resend: ({ packetId }) => void said.push(`resend ${packetId}`),
    failed: (reason) => void said.push(reason),
    emptied: () => undefined,
  });
  reader.advance();
  await done;
  expect(said).toEqual(['resend 7', 'send new', 'send last']);
});
