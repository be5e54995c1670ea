import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { type CertificateSet, ensureCertificates } from '../pki/ensure.ts';
import type { CertificatesOptions } from '../pki/schema.ts';
import { type CertificateSource, certificateSource, type TlsMaterial } from '../transport/certificates.ts';
import { type CertificateInUse, certificatesInUse, expiryWatch } from './certificate-expiry.ts';
import { certificatesCreated, certificatesReloaded, certificateWarning } from './events.ts';

export interface Certificates extends Component, CertificateSource {
  /** Reads the files again; listeners use the new certificate for the next handshake. On failure the old stays. */
  reload(): Promise<void>;
  /** Undefined before `start`. */
  files(): CertificateSet['files'] | undefined;
  /** How long each certificate in use is still valid; none before `start`. */
  expiries(): readonly CertificateExpiry[];
}

export interface CertificateExpiry {
  readonly file: string;
  readonly subject: string;
  /** Negative when it has ended. */
  readonly secondsLeft: number;
}

/** Certificates of the TLS listeners: created at the first start, read at every other, and watched for their end. */
export function createCertificates(
  options: CertificatesOptions,
  { events }: Pick<Telemetry, 'events'>,
  clock: Clock,
): Certificates {
  const directory = resolve(options.directory);
  let source: ReturnType<typeof certificateSource> | undefined;
  let files: CertificateSet['files'] | undefined;
  let inUse: readonly CertificateInUse[] = [];
  const watch = expiryWatch({ inUse: () => inUse, clock, events });

  const load = async (): Promise<CertificateSet> => {
    const now = (): number => clock.now();
    const set = await ensureCertificates({ directory, names: options.names, hostname: hostname(), now });
    if (set.created.length > 0) events.emit(certificatesCreated, { directory, files: set.created.join(', ') });
    for (const warning of set.warnings) events.emit(certificateWarning, { warning });
    files = set.files;
    return set;
  };

  /** Listeners have taken it, so that it is what clients see from now on. */
  const taken = (material: TlsMaterial): void => {
    inUse = certificatesInUse(material);
  };

  const started = (): ReturnType<typeof certificateSource> => {
    if (source === undefined) throw new AppError('start-failed', 'certificates are used before they are loaded');
    return source;
  };

  return {
    name: 'certificates',
    async start() {
      const set = await load();
      source = certificateSource(set);
      taken(set);
      watch.start();
    },
    stop() {
      watch.stop();
      return Promise.resolve();
    },
    async reload() {
      const set = await load();
      started().replace(set);
      taken(set);
      events.emit(certificatesReloaded, { directory });
    },
    current: () => started().current(),
    onChange: (listener) => started().onChange(listener),
    files: () => files,
    expiries: () =>
      inUse.map(({ file, subject, notAfter }) => ({
        file,
        subject,
        secondsLeft: Math.floor((notAfter - clock.now()) / 1_000),
      })),
  };
}
