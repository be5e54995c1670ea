// Bare Aedes as its read me starts it: node aedes-broker.mjs PORT memory | level | redis REDIS_PORT QUEUED_MESSAGES
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import levelPersistence from 'aedes-persistence-level';
import redisPersistence from 'aedes-persistence-redis';
import { Level } from 'level';

const [port, kind, redisPort, queuedMessages] = process.argv.slice(2);
const persistences = {
  memory: () => undefined,
  level: () => levelPersistence(new Level('level')),
  redis: () =>
    redisPersistence({ port: Number(redisPort), host: '127.0.0.1', maxSessionDelivery: Number(queuedMessages) }),
};
const persistence = persistences[kind]();
const aedes = await Aedes.createBroker(persistence && { persistence });
await once(createServer((socket) => aedes.handle(socket)).listen(Number(port), '127.0.0.1'), 'listening');
console.log('ready');
