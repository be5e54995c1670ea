// One measurement of a store, in a process of its own: node storage-worker.mjs APP FOLDER NAME SCALE, prints JSON.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [app, folder, name, scaleText] = process.argv.slice(2);
const scale = Number(scaleText);
const load = (file) => import(pathToFileURL(join(app, 'dist', ...file.split('/'))));
const { createDiskStore } = await load('storage/disk/disk-store.js');
const { storeSchema } = await load('storage/schema.js');

/** Calls under way at a time, as from one publisher with a window of that size. */
const underWay = 1_000;
const payload = Buffer.alloc(256, 'x');
const options = storeSchema.parse({ queue: { messages: 10_000_000, bytes: '64GiB' }, maxBytes: '64GiB' });

async function openStore(durability = 'commit') {
  const store = createDiskStore({ directory: folder, durability, limits: options });
  await store.setup({ id: 'bench' });
  return store;
}

let counter = 0;
function message(topic) {
  counter += 1;
  return { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false, brokerId: 'bench', brokerCounter: counter };
}

/** Makes `count` calls, never more than `underWay` at a time. @returns seconds */
async function pipelined(count, call) {
  const begin = performance.now();
  let made = 0;
  let kept = 0;
  await new Promise((resolve, reject) => {
    const done = () => {
      kept += 1;
      if (kept === count) resolve();
      else fill();
    };
    const fill = () => {
      while (made < count && made - kept < underWay) call(made++).then(done, reject);
    };
    fill();
  });
  return (performance.now() - begin) / 1_000;
}

async function enqueue(count, durability) {
  const store = await openStore(durability);
  const seconds = await pipelined(count, (index) => store.outgoingEnqueue({ clientId: 'away' }, message(`t/${index % 100}`)));
  await store.destroy();
  return { messages: count, perSecond: count / seconds };
}

async function drain(count) {
  const queued = await openStore();
  await pipelined(count, (index) => queued.outgoingEnqueue({ clientId: 'away' }, message(`t/${index % 100}`)));
  await queued.destroy();
  const store = await openStore();
  const session = { id: 'away' };
  const begin = performance.now();
  let last = 0;
  let messageId = 0;
  let open = [];
  for await (const packet of store.outgoingStream(session)) {
    if (packet.brokerCounter !== last + 1) throw new Error(`${packet.brokerCounter} came after ${last}`);
    last = packet.brokerCounter;
    messageId = (messageId % 65_535) + 1;
    const { brokerId, brokerCounter } = packet;
    open.push(store.outgoingUpdate(session, { cmd: 'publish', messageId, brokerId, brokerCounter }));
    open.push(store.outgoingClearMessageId(session, { messageId }));
    if (open.length < 200) continue;
    await Promise.all(open);
    open = [];
  }
  await Promise.all(open);
  const seconds = (performance.now() - begin) / 1_000;
  if (last !== count || store.stats().queuedMessages !== 0) throw new Error(`${last} of ${count} messages came`);
  await store.destroy();
  return { messages: count, perSecond: count / seconds };
}

async function retained(count) {
  const filled = await openStore();
  await pipelined(count, (index) =>
    filled.storeRetained({ ...message(`plant/${index % 1_000}/sensor/${index}`), retain: true }),
  );
  await filled.destroy();
  const store = await openStore();
  const results = {};
  for (const filter of ['#', 'plant/+/sensor/+', 'plant/+/sensor/7', 'plant/7/#']) {
    global.gc?.();
    const before = process.memoryUsage().rss;
    const begin = performance.now();
    let found = 0;
    for await (const packet of store.createRetainedStream(filter)) found += packet.payload.length > 0 ? 1 : 0;
    const grownBytes = Math.max(0, process.memoryUsage().rss - before);
    results[filter] = { found, ms: performance.now() - begin, grownMiB: grownBytes / 1_048_576 };
  }
  await store.destroy();
  return { messages: count, filters: results };
}

async function fill(sessions) {
  const store = await openStore();
  await pipelined(sessions, async (index) => {
    const id = `device-${index}`;
    const target = [{ clientId: id }];
    await Promise.all([
      store.putSession({ clientId: id, principal: 'bench', expirySeconds: 86_400, disconnectedAt: Date.now() }),
      store.addSubscriptions({ id }, [{ topic: `device/${index}/#`, qos: 1, rh: 0, rap: false, nl: false }]),
      ...Array.from({ length: 10 }, () => store.outgoingEnqueueCombi(target, message(`device/${index}/command`))),
    ]);
  });
  await store.destroy();
  return { sessions };
}

async function restart() {
  const begin = performance.now();
  const store = await openStore();
  let sessions = 0;
  for await (const session of store.streamSessions()) sessions += session.expirySeconds > 0 ? 1 : 0;
  const ms = performance.now() - begin;
  const { queuedMessages } = store.stats();
  const rssMiB = process.memoryUsage().rss / 1_048_576;
  await store.destroy();
  return { sessions, queuedMessages, ms, rssMiB };
}

const cases = {
  enqueue: () => enqueue(300_000 * scale, 'commit'),
  'enqueue-fsync': () => enqueue(300_000 * scale, 'fsync'),
  drain: () => drain(300_000 * scale),
  retained: () => retained(100_000 * scale),
  fill: () => fill(100_000 * scale),
  restart,
};
console.log(JSON.stringify(await cases[name]()));
