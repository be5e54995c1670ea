// What people run beside mosquitto today: one MQTT client, one NATS client and a few lines between them.
//   node bridge-script.mjs to-nats|from-nats CA_FILE MQTTS_PORT NATS_PORT      bench/N (MQTT) <-> bench.N (NATS)
import { readFileSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { connectAsync } from 'mqtt';

const [direction, caFile, mqttsPort, natsPort] = process.argv.slice(2);
const nats = await connect({ servers: `127.0.0.1:${natsPort}` });
const mqtt = await connectAsync(`mqtts://localhost:${mqttsPort}`, { ca: readFileSync(caFile), protocolVersion: 4 });

if (direction === 'to-nats') {
  mqtt.on('message', (topic, payload) => nats.publish(topic.replaceAll('/', '.'), payload));
  await mqtt.subscribeAsync('bench/#', { qos: 0 });
} else {
  nats.subscribe('bench.>', {
    callback: (error, message) => {
      if (error === null) mqtt.publish(message.subject.replaceAll('.', '/'), message.data, { qos: 0 });
    },
  });
  await nats.flush();
}
process.on('SIGTERM', () => process.exit(0));
console.log('ready');
