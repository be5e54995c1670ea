// What is measured: one record a row of the table. Running and printing know nothing of single rows.

/** Payload bytes of every message. */
const size = 256;
const pairs = { mode: 'pubsub', pubs: 50, subs: 50, size };
/** A record of 16 messages: the next is sent when the window has room for 16, so 64 keeps four of them under way. */
const records = { pack: 16, window: 64 };
const acknowledgedRecords = { pack: 16, window: 16, qwin: 16 };
const storm = { mode: 'storm', conc: 32 };
const bridge = { mode: 'bridge', size, 'nats-conns': 1 };
const toNats = { ...bridge, dir: 'mqtt2nats', pubs: 50 };
const fromNats = { ...bridge, dir: 'nats2mqtt', subs: 50 };

/**
 * - `name`: for `--row`; `title`: for people.
 * - `listener`: tls, twoWayTls or wss, the same kind on both brokers.
 * - `load`: flags of mqload (see mqload.cpp), but for what the two plans below add.
 * - `target`: at most `ratio` times mosquitto, or at most `value` of the row's unit; and at most `bare` times a bare Node
 *   server, which is measured then.
 * - `mosquitto`: lines of its configuration that only this row needs.
 * - `bridge`: which way the brokers bridge; mosquitto does so with nats-server and a script.
 */
export const rows = [
  {
    name: 'pairs-q0-w1',
    title: '50 pairs QoS 0, 1 a record, window 1',
    listener: 'tls',
    load: { ...pairs, qos: 0, window: 1 },
    target: { ratio: 1.15 },
  },
  {
    name: 'pairs-q0-w8',
    title: '50 pairs QoS 0, 1 a record, window 8',
    listener: 'tls',
    load: { ...pairs, qos: 0, window: 8 },
    target: { ratio: 0.8 },
  },
  {
    name: 'pairs-q0-records',
    title: '50 pairs QoS 0, 16 a record',
    listener: 'tls',
    load: { ...pairs, qos: 0, ...records },
    target: { ratio: 0.12 },
  },
  {
    name: 'pairs-q1-w1',
    title: '50 pairs QoS 1, 1 a record, window 1',
    listener: 'tls',
    load: { ...pairs, qos: 1, window: 1 },
    target: { ratio: 1.2 },
  },
  {
    name: 'pairs-q1-w8',
    title: '50 pairs QoS 1, 1 a record, window 8',
    listener: 'tls',
    load: { ...pairs, qos: 1, window: 8 },
    target: { ratio: 0.75 },
  },
  {
    name: 'pairs-q1-records',
    title: '50 pairs QoS 1, 16 a record',
    listener: 'tls',
    load: { ...pairs, qos: 1, ...acknowledgedRecords },
    // With its limit of 20 mosquitto 2.0.11 loses messages here, even at window 16: the next record comes before the
    // subscriber's acknowledgements of the last. Any other limit loses too; without one it loses none and costs less.
    mosquitto: ['max_inflight_messages 0'],
    target: { ratio: 0.12 },
  },
  {
    name: 'pairs-q2-w8',
    title: '50 pairs QoS 2, 1 a record, window 8',
    listener: 'tls',
    load: { ...pairs, qos: 2, window: 8 },
    target: { ratio: 0.75 },
  },
  {
    name: 'pairs-q2-records',
    title: '50 pairs QoS 2, 16 a record',
    listener: 'tls',
    load: { ...pairs, qos: 2, ...acknowledgedRecords },
    mosquitto: ['max_inflight_messages 0'],
    target: { ratio: 0.25 },
  },
  {
    name: 'fan-out',
    title: 'fan-out 1 -> 500, QoS 0',
    listener: 'tls',
    load: { mode: 'pubsub', topo: 'fanout', subs: 500, size, qos: 0, window: 8 },
    target: { ratio: 0.45 },
  },
  {
    name: 'fan-in',
    title: 'fan-in 500 -> 1, QoS 0',
    listener: 'tls',
    load: { mode: 'pubsub', topo: 'fanin', pubs: 500, subs: 1, size, qos: 0, window: 8 },
    target: { ratio: 0.95 },
  },
  {
    name: 'wss-q0-w8',
    title: 'wss pairs QoS 0, 1 a record, window 8',
    listener: 'wss',
    load: { ...pairs, qos: 0, window: 8 },
    target: { ratio: 1 },
  },
  {
    name: 'wss-q0-records',
    title: 'wss pairs QoS 0, 16 a record',
    listener: 'wss',
    load: { ...pairs, qos: 0, ...records },
    target: { ratio: 0.25 },
  },
  {
    name: 'handshake',
    title: 'full handshake + CONNECT, P-256, one-way',
    listener: 'tls',
    load: storm,
    target: { ratio: 1.6, bare: 1.2 },
  },
  {
    name: 'handshake-two-way',
    title: 'full handshake + CONNECT, P-256, two-way',
    listener: 'twoWayTls',
    load: storm,
    target: { ratio: 1.25, bare: 1.2 },
  },
  {
    name: 'handshake-resumed',
    title: 'resumed handshake + CONNECT, P-256, one-way',
    listener: 'tls',
    load: { ...storm, resume: true },
    target: { ratio: 2, bare: 1.2 },
  },
  {
    name: 'idle',
    title: 'idle TLS connection',
    listener: 'tls',
    load: { mode: 'idle', n: 2_000 },
    target: { value: 40 },
  },
  {
    name: 'bridge-to-nats',
    title: 'bridge MQTT/TLS -> NATS, 1 a record',
    listener: 'tls',
    bridge: 'to-nats',
    load: { ...toNats, window: 8 },
    target: { ratio: 0.5 },
  },
  {
    name: 'bridge-to-nats-records',
    title: 'bridge MQTT/TLS -> NATS, 16 a record',
    listener: 'tls',
    bridge: 'to-nats',
    load: { ...toNats, ...records },
    target: { ratio: 0.22 },
  },
  {
    name: 'bridge-from-nats',
    title: 'bridge NATS -> MQTT/TLS, 1 at a time',
    listener: 'tls',
    bridge: 'from-nats',
    load: { ...fromNats, window: 1 },
    target: { ratio: 0.55 },
  },
  {
    name: 'bridge-from-nats-records',
    title: 'bridge NATS -> MQTT/TLS, 16 at a time',
    listener: 'tls',
    bridge: 'from-nats',
    load: { ...fromNats, ...records },
    target: { ratio: 0.2 },
  },
];

/** `warm` is for pairs: as `full` after its warm-up, and shorter. A process that has run for one second is still being compiled. */
const messages = {
  full: { warmup: 3, duration: 6, drain: 5 },
  warm: { warmup: 3, duration: 1, drain: 5 },
  quick: { warmup: 1, duration: 1, drain: 5 },
};

/** What each mode of mqload measures, how it is read, and how long it runs (seconds, or `n` connections). */
export const modes = {
  pubsub: { unit: 'us/message', read: (sample) => sample.cpu_us_per_msg, ...messages },
  bridge: { unit: 'us/message', read: (sample) => sample.cpu_us_per_msg, ...messages },
  storm: {
    unit: 'us/connection',
    read: (sample) => sample.cpu_us_per_conn,
    full: { n: 8_000, 'warm-n': 2_000, duration: 60 },
    warm: { n: 2_000, 'warm-n': 2_000, duration: 60 },
    quick: { n: 1_000, 'warm-n': 500, duration: 30 },
  },
  idle: {
    unit: 'KB/connection',
    read: (sample) => sample.rss_per_conn_bytes / 1_024,
    full: { settle: 5, duration: 2 },
    warm: { settle: 1, duration: 1 },
    quick: { settle: 1, duration: 1 },
  },
};
