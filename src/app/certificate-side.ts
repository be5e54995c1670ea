import { isDeepStrictEqual } from 'node:util';
import type { MessagePort, Peer } from '../broker/ports.ts';
import { caKeys } from '../certificates/ca-keys.ts';
import { type Certificates, createCertificates } from '../certificates/certificates.ts';
import { type LastSeen, lastSeen } from '../certificates/last-seen.ts';
import { statusTopics } from '../certificates/status-topics.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { Route } from '../http/router/route.ts';
import type { Clock } from '../kernel/clock.ts';
import { type Component, startInOrder, stopInReverse } from '../kernel/lifecycle.ts';
import { nothing, type Prepared } from '../kernel/prepared.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { certificateSwitch } from '../transport/tls/certificate-switch.ts';
import type { CertificateSource } from '../transport/tls/certificates.ts';
import { appEnrollment } from './enrollment.ts';

export interface CertificateSideDeps {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly broker: MessagePort;
}

/** What hangs on the folder of certificates: those of the listeners, what is told of them, enrollment. */
export interface CertificateSide {
  /** For listeners. */
  readonly source: CertificateSource;
  readonly certificates: Pick<Certificates, 'status' | 'files'>;
  /** For who enrolls over https. */
  routes(): readonly Route[];
  /** A client has connected. */
  note(peer: Peer): void;
  /** The certificates, before anything else starts. */
  readonly files: Component;
  /** What tells of them, once there is somebody to tell. */
  readonly tellers: Component;
  prepare(next: ResolvedConfig, signal: AbortSignal): Promise<CertificateChange>;
}

export interface CertificateChange extends Prepared {
  /** For listeners that are made ready with it. */
  readonly source: CertificateSource;
  readonly routes: readonly Route[];
  /** Listeners show and trust the new from now on, all of them or, where this throws, none; it is not taken back. */
  show(): Promise<Prepared>;
}

export function createCertificateSide(first: ResolvedConfig, deps: CertificateSideDeps): CertificateSide {
  let now = unitOf(first, deps);
  const source = certificateSwitch(now.certificates);
  const part = (name: string, partsOf: (unit: Unit) => readonly Component[]): Component => ({
    name,
    start: (signal) => (now.isNeeded ? startInOrder(partsOf(now), signal) : Promise.resolve()),
    stop: (deadline) => stopAll(partsOf(now), deadline),
  });
  const kept = (): CertificateChange => ({
    ...nothing,
    source,
    routes: now.routes,
    async show() {
      if (now.isNeeded) await now.certificates.reload();
      return nothing;
    },
  });

  return {
    source,
    certificates: { status: () => now.certificates.status(), files: () => now.certificates.files() },
    routes: () => now.routes,
    note: (peer) => now.seen.note(peer),
    files: part('certificates', ({ files }) => files),
    tellers: part('certificate tellers', ({ tellers }) => tellers),
    async prepare(next, signal) {
      const fresh = unitOf(next, deps);
      // without TLS nobody needs others; those that run are for connections that are open
      if (!fresh.isNeeded || (now.isNeeded && isDeepStrictEqual(fresh.settings, now.settings))) return kept();
      await startInOrder(fresh.files, signal);
      return {
        source: source.ahead(fresh.certificates),
        routes: fresh.routes,
        show() {
          source.replace(fresh.certificates);
          return Promise.resolve(nothing);
        },
        cancel: () => stopAll(fresh.files, AbortSignal.abort()),
        async commit(deadline) {
          const before = now;
          now = fresh;
          // the old ones first, so that nobody who enrolls is answered twice
          const stopped = stopAll([...before.files, ...before.tellers], deadline);
          await startInOrder(fresh.tellers, new AbortController().signal);
          await stopped;
        },
      };
    },
  };
}

/** What is made anew together, because all of it hangs on the folder. */
interface Unit {
  /** What it is made of. */
  readonly settings: unknown;
  /** Whether a listener, or the hub, has TLS. */
  readonly isNeeded: boolean;
  readonly certificates: Certificates;
  readonly seen: LastSeen;
  readonly routes: readonly Route[];
  readonly files: readonly Component[];
  readonly tellers: readonly Component[];
}

function unitOf(config: ResolvedConfig, { telemetry, clock, broker }: CertificateSideDeps): Unit {
  const { certificates: options, certificatePassphrase: passphrase, enrollment: enrollmentOptions } = config;
  const listeners = config.listeners.map(({ name, certificate, key, alternative, clientCa, certificates }) => ({
    name,
    certificate,
    key,
    alternative,
    clientCa,
    certificates,
  }));
  const { servers, hub } = config.nats;
  const isNeeded = config.listeners.some(({ tls }) => tls !== 'off') || (servers.length === 0 && hub.tls !== 'off');
  const certificates = createCertificates(options, { telemetry, clock, passphrase, listeners });
  const { folder } = certificates;
  const seen = lastSeen(folder.ledger, { clock, events: telemetry.events });
  const topics = statusTopics({
    status: certificates.status,
    onChange: (take, settled) => certificates.onChange(take, settled),
    publish: (message) => broker.publish(message),
    clock,
  });
  const enrollment = isNeeded
    ? appEnrollment(enrollmentOptions, { folder, broker, clock, telemetry })
    : { routes: [], parts: [] };
  return {
    settings: { options, passphrase, enrollmentOptions, listeners },
    isNeeded,
    certificates,
    seen,
    routes: enrollment.routes,
    files: [certificates, caKeys(folder, passphrase, telemetry.events)],
    tellers: [seen, topics, ...enrollment.parts],
  };
}

async function stopAll(parts: readonly Component[], deadline: AbortSignal): Promise<void> {
  const failures = await stopInReverse(parts, deadline);
  if (failures.length > 0) throw new AggregateError(failures, 'some of the certificates did not stop cleanly');
}
