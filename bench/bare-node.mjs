// How little an MQTT server on Node can cost: node:tls, framing, exact topics or all of them, QoS 0 and 1, one write for each
// connection and turn of the event loop. No sessions, retained messages, wills, limits or log: a measure, not a broker.
// usage: node bare-node.mjs FOLDER-OF-CERTIFICATES PORT TWO-WAY-PORT
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:tls';

const [folder, port, twoWayPort] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name));

const acceptance = Buffer.from([0x20, 2, 0, 0]);
const pingresp = Buffer.from([0xd0, 0]);
/** Who subscribed, by topic; and who subscribed with a wildcard, which here means everything. */
const byTopic = new Map();
const ofEverything = [];

let dirty = [];
function flush() {
  const writing = dirty;
  dirty = [];
  for (const client of writing) {
    const pieces = client.pieces;
    client.pieces = [];
    if (!client.socket.destroyed) client.socket.write(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
  }
}

function send(client, piece) {
  if (client.pieces.push(piece) === 1 && dirty.push(client) === 1) setImmediate(flush);
}

function forward(client, frame, packetIdAt) {
  if (packetIdAt === 0) return send(client, frame);
  const copy = Buffer.from(frame);
  client.packetId = (client.packetId % 65_535) + 1;
  copy.writeUInt16BE(client.packetId, packetIdAt);
  send(client, copy);
}

function publish(client, frame, body) {
  const topicEnd = body + 2 + frame.readUInt16BE(body);
  const packetIdAt = (frame[0] & 0x06) === 0 ? 0 : topicEnd;
  const subscribers = byTopic.get(frame.latin1Slice(body + 2, topicEnd)) ?? [];
  for (const subscriber of subscribers) forward(subscriber, frame, packetIdAt);
  for (const subscriber of ofEverything) forward(subscriber, frame, packetIdAt);
  if (packetIdAt !== 0) send(client, Buffer.from([0x40, 2, frame[packetIdAt], frame[packetIdAt + 1]]));
}

function subscribe(client, frame, body) {
  const end = body + 4 + frame.readUInt16BE(body + 2);
  const filter = frame.latin1Slice(body + 4, end);
  if (!byTopic.has(filter)) byTopic.set(filter, []);
  client.list = /[+#]/.test(filter) ? ofEverything : byTopic.get(filter);
  client.list.push(client);
  client.socket.write(Buffer.from([0x90, 3, frame[body], frame[body + 1], frame[end]]));
}

function take(client, frame, body) {
  const type = frame[0] >> 4;
  if (type === 3) publish(client, frame, body);
  else if (type === 1) client.socket.write(acceptance);
  else if (type === 8) subscribe(client, frame, body);
  else if (type === 12) client.socket.write(pingresp);
  else if (type === 14) client.socket.end();
}

/** Cuts packets of up to three bytes of remaining length. @returns what is left of the chunk. */
function cut(client, chunk) {
  let at = 0;
  for (;;) {
    let body = at + 1;
    let length = 0;
    do {
      if (body >= chunk.length) return chunk.subarray(at);
      length |= (chunk[body] & 0x7f) << (7 * (body - at - 1));
    } while (chunk[body++] >= 0x80);
    if (body + length > chunk.length) return chunk.subarray(at);
    take(client, chunk.subarray(at, body + length), body - at);
    at = body + length;
  }
}

function serve(socket) {
  const client = { socket, pieces: [], packetId: 0, list: undefined };
  let rest;
  socket.on('error', () => undefined);
  socket.on('close', () => client.list?.splice(client.list.indexOf(client), 1));
  socket.on('data', (chunk) => {
    const left = cut(client, rest === undefined ? chunk : Buffer.concat([rest, chunk]));
    rest = left.length === 0 ? undefined : left;
  });
}

const options = { cert: read('server.pem'), key: read('server.key'), noDelay: true };
const asking = { ...options, requestCert: true, ca: read('ca-chain.pem') };
const listen = (settings, number) =>
  new Promise((resolve) =>
    createServer(settings, serve).listen({ port: Number(number), host: '127.0.0.1', backlog: 4_096 }, resolve),
  );
await Promise.all([listen(options, port), listen(asking, twoWayPort)]);
console.log('ready');
