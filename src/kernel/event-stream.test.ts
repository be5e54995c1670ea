import { expect, test } from 'vitest';
import { createEventStream } from './event-stream.ts';
import { defineEvent, type EventSource, type HearEvent, type LogFields } from './telemetry-ports.ts';

const kind = <F extends LogFields>(counter: string) =>
  defineEvent<F>({ counter, help: '', labels: [], level: 'debug', message: () => '' });
const came = kind<{ clientId: string }>('came_total');
const went = kind<{ clientId: string; reason: string }>('went_total');
const other = kind<{ count: number }>('other_total');

function source() {
  const hearers = new Set<HearEvent>();
  const hearable: EventSource = {
    hear(hear) {
      hearers.add(hear);
      return () => void hearers.delete(hear);
    },
  };
  const emit: HearEvent = (what, fields) => {
    for (const hear of hearers) hear(what, fields);
  };
  return { hearable, emit, hearers };
}

test('a listener takes what happened since it listens, by name, in order and once', () => {
  const { hearable, emit, hearers } = source();
  let now = 1;
  const stream = createEventStream({ came, went }, { source: hearable, now: () => now });
  expect(hearers.size).toBe(0); // it costs nothing while nobody listens
  emit(came, { clientId: 'before' });
  const listener = stream.listen(10);
  emit(came, { clientId: 'a' });
  emit(other, { count: 1 }); // is not in the stream
  now = 2;
  emit(went, { clientId: 'a', reason: 'it left' });
  expect(listener.take(1)).toEqual({ events: [{ name: 'came', at: 1, fields: { clientId: 'a' } }], leftOut: 0 });
  const { events } = listener.take(10);
  const [event] = events;
  expect(event?.name === 'went' && event.fields.reason).toBe('it left');
  expect(events).toEqual([{ name: 'went', at: 2, fields: { clientId: 'a', reason: 'it left' } }]);
  expect(listener.take(10)).toEqual({ events: [], leftOut: 0 });
});

test('of more than may wait the oldest are forgotten, each listener for itself, and it is told how many', () => {
  const { hearable, emit } = source();
  const stream = createEventStream({ came }, { source: hearable, now: () => 0 });
  const [small, large] = [stream.listen(2), stream.listen(10)];
  for (const clientId of ['a', 'b', 'c', 'd', 'e']) emit(came, { clientId });
  const idsOf = ({ events }: ReturnType<typeof small.take>): string[] => events.map(({ fields }) => fields.clientId);
  const taken = small.take(10);
  expect([idsOf(taken), taken.leftOut]).toEqual([['d', 'e'], 3]);
  expect(small.take(10).leftOut).toBe(0);
  expect(idsOf(large.take(10))).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a listener that is closed hears nothing more', () => {
  const { hearable, emit, hearers } = source();
  const listener = createEventStream({ came }, { source: hearable, now: () => 0 }).listen(2);
  emit(came, { clientId: 'a' });
  listener.close();
  listener.close();
  expect(hearers.size).toBe(0);
  expect(listener.take(10).events).toEqual([]);
});
