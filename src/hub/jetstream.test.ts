import { expect, test } from 'vitest';
import { jetStreamRefusal } from './jetstream.ts';

test.each([
  ['$JS.API.INFO', 'account_info_response'],
  ['$JS.API.STREAM.CREATE.orders', 'stream_create_response'],
  ['$JS.API.STREAM.NAMES', 'stream_names_response'],
  ['$JS.API.STREAM.MSG.GET.orders', 'stream_msg_get_response'],
  ['$JS.API.CONSUMER.DURABLE.CREATE.orders.c', 'consumer_create_response'],
  ['$JS.API.CONSUMER.MSG.NEXT.orders.c', 'consumer_msg_response'],
  ['$JS.API.anything"else', 'error_response'],
])('%s is answered by a JetStream error of type %s', (subject, type) => {
  const answer: unknown = JSON.parse(jetStreamRefusal(subject) ?? '');
  expect(answer).toMatchObject({
    type: `io.nats.jetstream.api.v1.${type}`,
    error: { code: 503, err_code: 10_076, description: expect.stringContaining('configure nats.servers') },
  });
});

test.each(['$JS.ACK.x', '$JS.API', 'a.$JS.API.INFO', 'orders'])('%s is none of its business', (subject) => {
  expect(jetStreamRefusal(subject)).toBeUndefined();
});
