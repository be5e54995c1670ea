import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { defineEvent } from '../kernel/telemetry-ports.ts';
import type { LogOptions } from './schema.ts';
import { type AppTelemetry, createTelemetry } from './telemetry.ts';

const refused = defineEvent<{ listener: string; peer: string }>({
  counter: 'refused_total',
  help: 'Connections refused.',
  labels: ['listener'],
  level: 'warn',
  message: ({ listener, peer }) => `${peer} refused on ${listener}`,
});
const started = defineEvent<Record<string, never>>({
  counter: 'started_total',
  help: 'Starts.',
  labels: [],
  level: 'info',
  message: () => 'started',
});

/** Telemetry whose lines can be read. */
function open(options: Partial<LogOptions> = {}, isTTY = false): { telemetry: AppTelemetry; lines: () => string[] } {
  const chunks: string[] = [];
  const stderr = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  const telemetry = createTelemetry(
    { level: 'info', format: 'auto', ...options },
    { stderr: Object.assign(stderr, { isTTY }) },
  );
  return { telemetry, lines: () => chunks.join('').split('\n').slice(0, -1) };
}

test('an event is one JSON line and one count', async () => {
  const { telemetry, lines } = open();
  telemetry.events.emit(refused, { listener: 'wss', peer: '192.0.2.1:5' });
  expect(lines().map((line): unknown => JSON.parse(line))).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      listener: 'wss',
      peer: '192.0.2.1:5',
      event: 'refused',
      msg: '192.0.2.1:5 refused on wss',
    },
  ]);
  expect(telemetry.count('refused_total')).toBe(1);
  expect(telemetry.count('refused_total', { listener: 'wss' })).toBe(1);
  expect(telemetry.count('refused_total', { listener: 'mqtts' })).toBe(0);
});

test('an event below the level counts and its message is not put together', () => {
  const { telemetry, lines } = open({ level: 'error' });
  const costly = { ...refused, message: () => expect.unreachable() };
  telemetry.events.emit(costly, { listener: 'wss', peer: 'p' });
  expect(lines()).toEqual([]);
  expect(telemetry.count('refused_total')).toBe(1);
});

test('a terminal gets text, one line each, without the fields', () => {
  const { telemetry, lines } = open({}, true);
  telemetry.events.emit(refused, { listener: 'wss', peer: 'p' });
  telemetry.logger.log('info', 'ready', { port: 1 });
  expect(lines()).toHaveLength(2);
  expect(lines()[0]).toMatch(/\d\d:\d\d:\d\d.*WARN.*p refused on wss/);
  expect(lines()[1]).not.toContain('port');
});

test.each([
  ['text', false, /^\[.*INFO.*hello$/],
  ['json', true, /^\{.*"msg":"hello"\}$/],
] as const)('format %s is kept whether or not it is a terminal', (format, isTTY, expected) => {
  const { telemetry, lines } = open({ format }, isTTY);
  telemetry.logger.log('info', 'hello');
  expect(lines()).toEqual([expect.stringMatching(expected)]);
});

test.each(['text', 'json'] as const)('client input cannot forge a line in %s', (format) => {
  const { telemetry, lines } = open({ format });
  telemetry.logger.log('info', 'client "a\n{"level":"error"}\u001b[31m\u2028" connected', { clientId: 'x\ny' });
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toContain('\u001b');
});

test.each([
  ['nats://user:secret@host:4222', 'nats://***@host:4222'],
  ['cannot reach tls://t0ken@host and nats://a:p@ss@b', 'cannot reach tls://***@host and nats://***@b'],
  ['mail me@example.org or see https://example.org/@me', 'mail me@example.org or see https://example.org/@me'],
])('credentials of a URL are masked: %s', (text, expected) => {
  const { telemetry, lines } = open({ format: 'json' });
  telemetry.logger.log('info', text, { url: text });
  expect(JSON.parse(lines()[0] ?? '')).toMatchObject({ msg: expected, url: expected });
});

test('a long client identifier that holds "://" is cleaned in the time that its length takes', () => {
  const { telemetry, lines } = open({ format: 'json' });
  const clientId = `${'a'.repeat(1_000_000)} ://`;
  telemetry.logger.log('info', 'connected', { clientId });
  expect(JSON.parse(lines()[0] ?? '')).toMatchObject({ clientId });
});

test('metrics are in the text format of Prometheus, with our prefix and those of the process', async () => {
  const { telemetry } = open({ level: 'error' });
  telemetry.declare([started]);
  telemetry.gauge('clients', 'Clients connected.', () => 7);
  telemetry.events.emit(refused, { listener: 'a"b\\c', peer: 'p' });
  const text = await telemetry.metricsText();
  expect(text).toContain('# HELP viaduct_refused_total Connections refused.\n# TYPE viaduct_refused_total counter\n');
  expect(text).toContain('viaduct_refused_total{listener="a\\"b\\\\c"} 1\n');
  expect(text).toContain('viaduct_started_total 0\n');
  expect(text).toContain('# TYPE viaduct_clients gauge\nviaduct_clients 7\n');
  expect(text).toMatch(/^viaduct_process_resident_memory_bytes \d{7,}$/m);
  expect(text).toMatch(/^viaduct_process_cpu_seconds_total 0?\.?\d/m);
});

test('a gauge may have several values, told apart by labels, or none at the moment', async () => {
  const { telemetry } = open({ level: 'error' });
  telemetry.gauge('left', 'Seconds left.', () => [
    { labels: { file: 'a.pem' }, value: -3 },
    { labels: { file: 'b.pem' }, value: 5 },
  ]);
  telemetry.gauge('nothing', 'Nothing yet.', () => []);
  const text = await telemetry.metricsText();
  expect(text).toContain('viaduct_left{file="a.pem"} -3\nviaduct_left{file="b.pem"} 5\n');
  expect(text).not.toMatch(/^viaduct_nothing[ {]/m);
});

test('two programs in one process count apart', async () => {
  const [one, two] = [open({ level: 'error' }).telemetry, open({ level: 'error' }).telemetry];
  one.events.emit(started, {});
  expect(await one.metricsText()).toContain('viaduct_started_total 1\n');
  expect(await two.metricsText()).not.toContain('started_total');
});

test('a counter has a bounded number of label values; the rest is counted as "other"', () => {
  const { telemetry } = open({ level: 'error' });
  for (let index = 0; index < 500; index += 1) telemetry.events.emit(refused, { listener: `l${index}`, peer: 'p' });
  telemetry.events.emit(refused, { listener: 'x'.repeat(65), peer: 'p' });
  expect(telemetry.count('refused_total')).toBe(501);
  expect(telemetry.count('refused_total', { listener: 'l199' })).toBe(1);
  expect(telemetry.count('refused_total', { listener: 'other' })).toBe(301);
});

test('closing waits until the last line is written', async () => {
  const { telemetry, lines } = open();
  telemetry.logger.log('info', 'last');
  await telemetry.close();
  expect(lines()).toHaveLength(1);
});
