import { expect, test } from 'vitest';
import { messageJson, printedMessage } from './message-text.ts';

const message = (payload: Buffer, properties = {}) =>
  ({ topic: 'a/b', payload, qos: 1, isRetained: false, properties }) as const;

test('a message is its topic, a space, its payload byte for byte, and a line end', () => {
  const payload = Buffer.from([0x00, 0xff, 0x0a, 0x1b]);
  expect(printedMessage(message(payload), false)).toEqual(
    Buffer.concat([Buffer.from('a/b '), payload, Buffer.from('\n')]),
  );
});

test('on a terminal control characters are written out', () => {
  expect(printedMessage(message(Buffer.from('red\u001b[31m\u009b ü\tx')), true).toString()).toBe(
    'a/b red\\x1b[31m\\x9b ü\tx\n',
  );
});

test('JSON holds text as text and bytes as base64', () => {
  expect(JSON.parse(messageJson(message(Buffer.from('ü'))))).toMatchObject({ payload: 'ü', encoding: 'utf8' });
  expect(JSON.parse(messageJson(message(Buffer.from([0xff]))))).toMatchObject({ payload: '/w==', encoding: 'base64' });
});

test('JSON holds the properties, correlation data as base64', () => {
  const properties = {
    contentType: 'text/plain',
    correlationData: Buffer.from('x'),
    userProperties: { a: ['1', '2'] },
  };
  expect(JSON.parse(messageJson(message(Buffer.from(''), properties)))).toEqual({
    topic: 'a/b',
    qos: 1,
    retain: false,
    payload: '',
    encoding: 'utf8',
    properties: { contentType: 'text/plain', correlationData: 'eA==', userProperties: { a: ['1', '2'] } },
  });
});
