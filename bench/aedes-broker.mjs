// Bare Aedes as its read me starts it: node aedes-broker.mjs PORT [REDIS_PORT QUEUED_MESSAGES]
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import redisPersistence from 'aedes-persistence-redis';

const [port, redisPort, queuedMessages] = process.argv.slice(2).map(Number);
const redis = { port: redisPort, host: '127.0.0.1', maxSessionDelivery: queuedMessages };
const persistence = redisPort === undefined ? {} : { persistence: redisPersistence(redis) };
const aedes = await Aedes.createBroker(persistence);
await once(createServer((socket) => aedes.handle(socket)).listen(port, '127.0.0.1'), 'listening');
console.log('ready');
