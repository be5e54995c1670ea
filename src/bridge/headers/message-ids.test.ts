import { expect, test } from 'vitest';
import type { Message } from '../../plane/message.ts';
import { createMessageIds } from './message-ids.ts';

const messageOf = (clientId: string, userProperties: [string, string][] = []): Message => ({
  topic: 'a',
  payload: Buffer.from('x'),
  qos: 1,
  retain: false,
  origin: { kind: 'client', clientId },
  properties: { userProperties },
});

test('DUP has the identifier of the message before; the packet identifier alone says nothing', () => {
  const idOf = createMessageIds();
  const first = idOf(messageOf('c'), { packetId: 1, isDuplicate: false, canRefuse: false });
  expect(idOf(messageOf('c'), { packetId: 1, isDuplicate: true, canRefuse: false })).toBe(first);
  expect(idOf(messageOf('d'), { packetId: 1, isDuplicate: true, canRefuse: false })).not.toBe(first);
  const next = idOf(messageOf('c'), { packetId: 1, isDuplicate: false, canRefuse: false });
  expect(next).not.toBe(first);
  expect(idOf(messageOf('c'), { packetId: 1, isDuplicate: true, canRefuse: false })).toBe(next);
});

test('another run names nothing as this one did', () => {
  const sending = { packetId: 1, isDuplicate: false, canRefuse: false };
  expect(createMessageIds()(messageOf('c'), sending)).not.toBe(createMessageIds()(messageOf('c'), sending));
});

test('the publisher may name its message itself, with what a header may hold', () => {
  const idOf = createMessageIds();
  const sending = { packetId: 1, isDuplicate: false, canRefuse: false };
  expect(idOf(messageOf('c', [['Nats-Msg-Id', 'order-7']]), sending)).toBe('order-7');
  expect(idOf(messageOf('c', [['Nats-Msg-Id', 'a\r\nb: c']]), sending)).not.toContain('\r');
});
