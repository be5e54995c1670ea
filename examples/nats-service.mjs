// A backend service that knows only NATS.
//   node examples/nats-service.mjs                    prints every message below signal.>
//   node examples/nats-service.mjs SUBJECT TEXT       publishes one message
// NATS_URL names another server than nats://127.0.0.1:4222.
import { connect } from '@nats-io/transport-node';

const [subject, text] = process.argv.slice(2);
const nats = await connect({ servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222' });

if (subject !== undefined) {
  nats.publish(subject, text ?? '');
  await nats.drain();
} else {
  const messages = nats.subscribe('signal.>');
  await nats.flush();
  console.log('listening to signal.>');
  for await (const message of messages) console.log(`${message.subject} ${message.string()}`);
}
