import type { Link } from '../../src/broker/ports.ts';
import type { HttpHandler } from '../../src/http/handler.ts';
import { formatSocketAddress } from '../../src/kernel/address.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import type { LogFields, Telemetry } from '../../src/kernel/telemetry-ports.ts';
import { createListener, type TransportListener } from '../../src/transport/listener.ts';
import { listenerSchema } from '../../src/transport/schema.ts';
import type { CertificateSource } from '../../src/transport/tls/certificates.ts';
import { Lines } from './lines.ts';

/** A link that was accepted, and what came over it. */
export interface AcceptedLink {
  readonly link: Link;
  received(): Buffer;
  /** Resolves when at least `count` bytes came. */
  receive(count: number): Promise<Buffer>;
  /** Reasons given to `onClose`, to see that there is exactly one. */
  readonly closeReasons: readonly string[];
  readonly closed: Promise<string>;
  /** Resolves at the next `onDrain`. */
  drained(): Promise<void>;
}

export interface TestListener extends AsyncDisposable {
  readonly listener: TransportListener;
  readonly port: number;
  /** `level message` of log lines and events. */
  readonly log: Lines;
  /** Fields of the events with this counter. */
  events(counter: string): readonly LogFields[];
  /** The next link that no one asked for yet, past or future. */
  accepted(): Promise<AcceptedLink>;
}

export interface TestListenerOptions {
  readonly certificates?: CertificateSource;
  readonly http?: HttpHandler;
  readonly ticketSecret?: string;
  readonly pskIdentities?: string;
  readonly clock?: Clock;
  /** Sends everything back; on unless switched off. */
  readonly isEcho?: boolean;
}

/** Starts a listener on a free port of 127.0.0.1. @param config as in the file; `name` and `bind` have defaults. */
export async function startListener(
  config: { tls: string; accept: string[] } & Record<string, unknown>,
  options: TestListenerOptions = {},
): Promise<TestListener> {
  const log = new Lines();
  const emitted: { counter: string; fields: LogFields }[] = [];
  const telemetry: Telemetry = {
    logger: { log: (level, message) => log.push(`${level} ${message}\n`) },
    events: {
      emit(kind, fields) {
        emitted.push({ counter: kind.counter, fields });
        log.push(`${kind.level} ${kind.message(fields)}\n`);
      },
    },
  };
  const ready: AcceptedLink[] = [];
  const waiters: ((accepted: AcceptedLink) => void)[] = [];
  const listener = createListener(listenerSchema.parse({ name: 'test', bind: '127.0.0.1:0', ...config }), {
    accept: (link) => {
      const accepted = openLink(link, options.isEcho !== false);
      const waiter = waiters.shift();
      if (waiter === undefined) ready.push(accepted);
      else waiter(accepted);
    },
    http: options.http,
    certificates: options.certificates,
    ticketSecret: options.ticketSecret,
    pskIdentities: options.pskIdentities,
    telemetry,
    clock: options.clock ?? systemClock,
  });
  await listener.start(new AbortController().signal);
  return {
    listener,
    port: listener.address().port,
    log,
    events: (counter) => emitted.filter((one) => one.counter === counter).map(({ fields }) => fields),
    accepted: () => {
      const next = ready.shift();
      return next === undefined ? new Promise((resolve) => waiters.push(resolve)) : Promise.resolve(next);
    },
    [Symbol.asyncDispose]: () => listener.stop(AbortSignal.abort()),
  };
}

function openLink(link: Link, isEcho: boolean): AcceptedLink {
  const chunks: Buffer[] = [];
  let size = 0;
  const closeReasons: string[] = [];
  const wake = new Set<() => void>();
  let onDrain: (() => void) | undefined;
  let onClosed: (reason: string) => void;
  const closed = new Promise<string>((resolve) => {
    onClosed = resolve;
  });
  link.open({
    onData(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      for (const one of wake) one();
      if (isEcho) link.write([chunk]);
    },
    onDrain: () => onDrain?.(),
    onClose(reason) {
      closeReasons.push(reason);
      onClosed(reason);
    },
  });
  return {
    link,
    closeReasons,
    closed,
    received: () => Buffer.concat(chunks),
    receive: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (size < count) return;
          wake.delete(look);
          resolve(Buffer.concat(chunks));
        };
        wake.add(look);
        look();
      }),
    drained: () =>
      new Promise((resolve) => {
        onDrain = resolve;
      }),
  };
}

/** `127.0.0.1:PORT`. */
export const hostOf = ({ listener }: TestListener): string => formatSocketAddress(listener.address());
