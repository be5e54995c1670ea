import { Fifo } from './fifo.ts';
import type { EventKind, EventSource, LogFields } from './telemetry-ports.ts';

/** The kinds of events that a stream is about, by the names that they have in it. */
export type EventKinds = Readonly<Record<string, EventKind<never>>>;

/** One event, by its name: with the fields that its kind has. */
export type StreamedEvent<K extends EventKinds> = {
  readonly [Name in keyof K & string]: {
    readonly name: Name;
    /** Milliseconds since the epoch. */
    readonly at: number;
    readonly fields: K[Name] extends EventKind<infer F extends LogFields> ? F : never;
  };
}[keyof K & string];

/** What one listener has not read yet. */
export interface EventListener<K extends EventKinds> {
  /** The oldest first, and taken out. @param most at least 1 */
  take(most: number): {
    readonly events: readonly StreamedEvent<K>[];
    /** How many came before these, and were forgotten because too many waited. */
    readonly leftOut: number;
  };
  /** Hears nothing more. Works twice. */
  close(): void;
}

export interface EventStream<K extends EventKinds> {
  /** Hears what happens from now on. @param most events that wait to be taken: of more than that the oldest are forgotten */
  listen(most: number): EventListener<K>;
}

/** What happens, for those who want to read it at their own pace: each has a buffer of its own. Costs nothing while nobody listens. */
export function createEventStream<K extends EventKinds>(
  kinds: K,
  { source, now }: { readonly source: EventSource; readonly now: () => number },
): EventStream<K> {
  const names = new Map<EventKind<never>, string>(Object.entries(kinds).map(([name, kind]) => [kind, name]));
  return {
    listen(most) {
      const waiting = new Fifo<StreamedEvent<K>>();
      let leftOut = 0;
      const close = source.hear((kind, fields) => {
        const name = names.get(kind);
        if (name === undefined) return;
        const event = { name, at: now(), fields };
        if (isOneOf(kinds, event)) waiting.push(event);
        if (waiting.length <= most) return;
        waiting.shift();
        leftOut += 1;
      });
      return {
        take(count) {
          const events: StreamedEvent<K>[] = [];
          for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
            events.push(event);
            if (events.length >= count) break;
          }
          const taken = { events, leftOut };
          leftOut = 0;
          return taken;
        },
        close() {
          close();
          waiting.clear();
        },
      };
    },
  };
}

/** Its fields are those of its kind, as they came together. */
const isOneOf = <K extends EventKinds>(kinds: K, event: unknown): event is StreamedEvent<K> =>
  typeof event === 'object' && event !== null && 'name' in event && String(event.name) in kinds;
