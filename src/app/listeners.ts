import { isDeepStrictEqual } from 'node:util';
import type { Link } from '../broker/ports.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { HttpHandler } from '../http/handler.ts';
import { overlaps } from '../kernel/address.ts';
import type { Clock } from '../kernel/clock.ts';
import { ConnectionError } from '../kernel/errors.ts';
import { type Component, startInOrder, stopInReverse } from '../kernel/lifecycle.ts';
import type { Prepared } from '../kernel/prepared.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { createListener, isSameAddress, type TransportListener } from '../transport/listener.ts';
import type { ListenerOptions } from '../transport/schema.ts';
import type { CertificateSource } from '../transport/tls/certificates.ts';

/** One life of a listener, from one change of its settings to the next. */
export type Generation = object;

export interface ListenersDeps {
  /** @param generation in which the connection came */
  readonly accept: (link: Link, generation: Generation) => void;
  /** See `ListenerDeps`. */
  readonly isBanned: (address: string) => boolean;
  /** Its settings are about to change; what has come is still to be judged by them. */
  readonly retired: (generation: Generation) => void;
  readonly http: HttpHandler;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export type ListenersConfig = Pick<ResolvedConfig, 'listeners' | 'secrets'>;

/** All ways in. */
export interface Listeners extends Component {
  /** In the order of the configuration. */
  all(): readonly TransportListener[];
  /**
   * Makes other listeners ready. An address that is kept never stops accepting, also under another name; a listener that is
   * gone is closed with its connections.
   * @param certificates for those that begin or change @throws StartError where one cannot be had
   */
  prepare(next: ListenersConfig, certificates: CertificateSource): Promise<Prepared>;
}

type Secrets = Readonly<Record<'ticketSecret' | 'pskIdentities', string | undefined>>;
interface Wanted {
  readonly options: ListenerOptions;
  readonly secrets: Secrets;
}
interface Running extends Wanted {
  readonly listener: TransportListener;
  readonly generation: Generation;
}

export function createListeners(
  first: ListenersConfig,
  certificates: CertificateSource,
  { accept, isBanned, retired, http, telemetry, clock }: ListenersDeps,
): Listeners {
  const depsOf = ({ options, secrets }: Wanted, source: CertificateSource, generation: Generation) => ({
    accept: (link: Link) => accept(link, generation),
    isBanned,
    http: options.accept.includes('http') ? http : undefined,
    certificates: options.tls === 'off' ? undefined : source,
    ...secrets,
    telemetry,
    clock,
  });
  const begin = (wanted: Wanted, source: CertificateSource): Running => {
    const generation = {};
    return { ...wanted, generation, listener: createListener(wanted.options, depsOf(wanted, source, generation)) };
  };
  let running = wantedIn(first).map((wanted) => begin(wanted, certificates));
  const all = (): TransportListener[] => running.map(({ listener }) => listener);

  return {
    name: 'listeners',
    all,
    start: (signal) => startInOrder(all(), signal),
    async stop(deadline) {
      const failures = await stopInReverse(all(), deadline);
      if (failures.length > 0) throw new AggregateError(failures, 'some listeners did not stop cleanly');
    },
    async prepare(next, source) {
      const pairs = paired(running, wantedIn(next));
      const gone = running.filter((one) => !pairs.some(({ before }) => before === one));
      const leaving = [...gone, ...pairs.flatMap((pair) => (isMoved(pair) && pair.before ? [pair.before] : []))];
      const ready: Prepared[] = [];
      const after: Running[] = [];
      const takeBack = new Map<Running, () => Promise<void>>();
      const cancel = async (): Promise<void> => {
        for (const one of ready.toReversed()) await one.cancel();
        for (const listen of takeBack.values()) await listen();
      };
      try {
        for (const { wanted, before } of pairs) {
          for (const one of leaving)
            if (overlaps(one.listener.address(), wanted.options.bind) && !takeBack.has(one))
              takeBack.set(one, one.listener.leaveAddress());
          if (before === undefined) {
            const fresh = begin(wanted, source);
            ready.push(starting(fresh.listener));
            await fresh.listener.start(new AbortController().signal);
            after.push(fresh);
          } else {
            const generation = isSame(before, wanted) ? before.generation : {};
            if (generation !== before.generation)
              ready.push(await before.listener.prepare(wanted.options, depsOf(wanted, source, generation)));
            after.push({ ...wanted, generation, listener: before.listener });
          }
        }
      } catch (cause) {
        await cancel();
        throw cause;
      }
      return {
        cancel,
        async commit(deadline) {
          const going = new Set(after.map(({ generation }) => generation));
          for (const { generation } of running) if (!going.has(generation)) retired(generation);
          running = after;
          await Promise.all(ready.map((one) => one.commit(deadline)));
          await Promise.all(gone.map(({ listener }) => listener.stop(AbortSignal.abort(takenOut(listener.name)))));
        },
      };
    },
  };
}

const wantedIn = ({ listeners, secrets }: ListenersConfig): Wanted[] =>
  listeners.map((options) => ({
    options,
    secrets: {
      ticketSecret: options.tickets.secret && secrets.secret(options.tickets.secret),
      pskIdentities: options.psk && secrets.secret(options.psk.identities),
    },
  }));

interface Pair {
  readonly wanted: Wanted;
  /** What runs and becomes it; undefined for a listener that is new. */
  readonly before: Running | undefined;
}

/** Whoever has the address goes on with it, else whoever has the name; port 0 is no address that another could take over. */
function paired(running: readonly Running[], wanted: readonly Wanted[]): Pair[] {
  const free = new Set(running);
  const found = new Map<Wanted, Running>();
  const pair = (fits: (before: Running, options: ListenerOptions) => boolean): void => {
    for (const one of wanted) {
      const before = found.has(one) ? undefined : [...free].find((other) => fits(other, one.options));
      if (before === undefined) continue;
      free.delete(before);
      found.set(one, before);
    }
  };
  const hasName = (before: Running, { name }: ListenerOptions): boolean => before.options.name === name;
  const hasAddress = (before: Running, { bind }: ListenerOptions): boolean => isSameAddress(before.options.bind, bind);
  pair((before, options) => hasAddress(before, options) && hasName(before, options));
  pair((before, options) => hasAddress(before, options) && options.bind.port !== 0);
  pair(hasName);
  return wanted.map((one) => ({ wanted: one, before: found.get(one) }));
}

const isMoved = ({ wanted, before }: Pair): boolean =>
  before !== undefined && !isSameAddress(before.options.bind, wanted.options.bind);

const isSame = (before: Running, wanted: Wanted): boolean =>
  isDeepStrictEqual(before.options, wanted.options) && isDeepStrictEqual(before.secrets, wanted.secrets);

const takenOut = (name: string): ConnectionError =>
  new ConnectionError('client-failed', `listener ${name} was taken out of the configuration`);

/** It accepts before the others are ready; who comes then is served. */
const starting = (listener: TransportListener): Prepared => ({
  commit: () => Promise.resolve(),
  cancel: () => listener.stop(AbortSignal.abort()),
});
