// The client of the storage rows: MQTT 3.1.1 over plain TCP, written for speed. Ends with one line of JSON.
import { once } from 'node:events';
import { connect as openSocket } from 'node:net';

const text = (value) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};
function packet(first, ...parts) {
  const body = Buffer.concat(parts);
  const length = [];
  for (let left = body.length; ; ) {
    const more = left >> 7;
    length.push((left & 127) | (more > 0 ? 128 : 0));
    left = more;
    if (left === 0) break;
  }
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}
const connectPacket = (clientId, isClean) =>
  packet(0x10, text('MQTT'), Buffer.from([4, isClean ? 2 : 0, 0, 0]), text(clientId));
const subscribePacket = (filter, qos) => packet(0x82, Buffer.from([0, 1]), text(filter), Buffer.from([qos]));
const publishPacket = (topic, payload, { id, isRetained }) =>
  packet(0x32 | (isRetained ? 1 : 0), text(topic), Buffer.from([id >> 8, id & 0xff]), payload);
const disconnectPacket = Buffer.from([0xe0, 0]);
const idOf = (count) => (count % 65_535) + 1;

/** Calls `onPacket(first byte, body)` for each packet but CONNACK, and `onChunk(socket)` after those of one chunk. */
async function open(port, clientId, isClean, onPacket, onChunk = () => undefined) {
  const socket = openSocket(port, '127.0.0.1').setNoDelay(true);
  socket.on('error', (error) => {
    throw error;
  });
  let rest = Buffer.alloc(0);
  let isPresent;
  let connected;
  const connack = new Promise((resolve) => {
    connected = resolve;
  });
  socket.on('data', (chunk) => {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let bodyAt = at + 1;
      for (let shift = 0; ; shift += 7) {
        if (bodyAt >= data.length) {
          length = Number.POSITIVE_INFINITY;
          break;
        }
        const byte = data[bodyAt++];
        length |= (byte & 127) << shift;
        if (byte < 128) break;
      }
      if (bodyAt + length > data.length) break;
      const body = data.subarray(bodyAt, bodyAt + length);
      if (data[at] >> 4 === 2) {
        if (body[1] !== 0) throw new Error(`refused with ${body[1]}`);
        isPresent = (body[0] & 1) === 1;
        connected();
      } else onPacket(data[at], body);
      at = bodyAt + length;
    }
    rest = data.subarray(at);
    onChunk(socket);
  });
  await once(socket, 'connect');
  socket.write(connectPacket(clientId, isClean));
  await connack;
  return { socket, isPresent };
}

async function leave(socket) {
  socket.end(disconnectPacket);
  socket.resume();
  await once(socket, 'close');
}

async function subscribe(port, clientId, isClean, filter, qos) {
  let acknowledged;
  const suback = new Promise((resolve) => {
    acknowledged = resolve;
  });
  const { socket } = await open(port, clientId, isClean, () => acknowledged());
  socket.write(subscribePacket(filter, qos));
  await suback;
  await leave(socket);
}

/** Publishes at QoS 1 with `window` unacknowledged, `count` messages or as many as `maxMs` allows. */
async function publish({ port, count, window, maxMs, topicOf, payloadOf, isRetained = false }) {
  let sent = 0;
  let acknowledged = 0;
  let finished;
  const end = new Promise((resolve) => {
    finished = resolve;
  });
  const started = performance.now();
  let lastAt = started;
  const isOver = () => sent >= count || performance.now() - started > maxMs;
  const fill = (socket) => {
    if (acknowledged >= sent && isOver()) finished();
    if (sent - acknowledged > window / 2 || isOver() || socket.writableEnded) return; // in bursts, so that the client costs little
    const burst = [];
    for (; sent - acknowledged < window && sent < count; sent += 1)
      burst.push(publishPacket(topicOf(sent), payloadOf(sent), { id: idOf(sent), isRetained }));
    socket.write(Buffer.concat(burst));
  };
  const onPacket = (first) => {
    if (first >> 4 !== 4) return;
    acknowledged += 1;
    lastAt = performance.now();
  };
  const { socket } = await open(port, 'publisher', true, onPacket, fill);
  await end;
  await leave(socket);
  return { acknowledged, seconds: (lastAt - started) / 1_000 };
}

/** Receives what is queued, acknowledges it and looks at the order. */
async function drain({ port, clientId, count, maxMs }) {
  let received = 0;
  let unordered = 0;
  let expected = 0;
  let acks = [];
  let finished;
  const end = new Promise((resolve) => {
    finished = resolve;
  });
  const started = performance.now();
  let lastAt = started;
  const onPacket = (first, body) => {
    if (first >> 4 !== 3) return;
    const at = 2 + body.readUInt16BE(0);
    if (((first >> 1) & 3) === 1) acks.push(Buffer.from([0x40, 2, body[at], body[at + 1]]));
    if (body.readUInt32BE(((first >> 1) & 3) === 0 ? at : at + 2) !== expected) unordered += 1;
    expected += 1;
    received += 1;
    lastAt = performance.now();
    if (received === count) finished();
  };
  const onChunk = (socket) => {
    if (acks.length > 0 && !socket.writableEnded) socket.write(Buffer.concat(acks));
    acks = [];
  };
  const timer = setTimeout(() => finished(), maxMs);
  const { socket, isPresent } = await open(port, clientId, false, onPacket, onChunk);
  await end;
  clearTimeout(timer);
  await leave(socket);
  return { received, unordered, isPresent, seconds: (lastAt - started) / 1_000 };
}

/** Until the last retained message is there. */
async function subscribeRetained({ port, filter, count, maxMs }) {
  let received = 0;
  let finished;
  const end = new Promise((resolve) => {
    finished = resolve;
  });
  let lastAt = 0;
  const onPacket = (first) => {
    if (first >> 4 !== 3) return;
    received += 1;
    lastAt = performance.now();
    if (received === count) finished();
  };
  const { socket } = await open(port, 'reader', true, onPacket);
  const timer = setTimeout(() => finished(), maxMs);
  const started = performance.now();
  socket.write(subscribePacket(filter, 0));
  await end;
  clearTimeout(timer);
  await leave(socket);
  return { received, seconds: (lastAt - started) / 1_000 };
}

/** Numbered payloads of one size. */
function numbered(size) {
  const rest = Buffer.alloc(size - 4, 0x61);
  return (number) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(number, 0);
    return Buffer.concat([head, rest]);
  };
}

const scripts = {
  async queue({ port, count, size, window, maxMs }) {
    await subscribe(port, 'away', false, 'queue/#', 1);
    const queued = await publish({
      port,
      count,
      window,
      maxMs,
      topicOf: () => 'queue/topic',
      payloadOf: numbered(size),
    });
    const drained = await drain({ port, clientId: 'away', count: queued.acknowledged, maxMs });
    return { queued, drained };
  },
  async retain({ port, count, size, window, maxMs }) {
    const topicOf = (number) => `retained/${number % 100}/${number}`;
    return publish({ port, count, window, maxMs, topicOf, payloadOf: numbered(size), isRetained: true });
  },
  read: ({ port, count, maxMs }) => subscribeRetained({ port, filter: 'retained/#', count, maxMs }),
  async sessions({ port, sessions, messages, size, maxMs }) {
    let next = 0;
    const one = async () => {
      for (let number = next++; number < sessions; number = next++)
        await subscribe(port, `session-${number}`, false, 'all/#', 1);
    };
    await Promise.all(Array.from({ length: 64 }, one));
    return publish({ port, count: messages, window: 1, maxMs, topicOf: () => 'all/topic', payloadOf: numbered(size) });
  },
  resume: ({ port, session, messages, maxMs }) =>
    drain({ port, clientId: `session-${session}`, count: messages, maxMs }),
};

const [name, settings] = process.argv.slice(2);
console.log(JSON.stringify(await scripts[name](JSON.parse(settings))));
