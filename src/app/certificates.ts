import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { type CertificateSet, ensureCertificates } from '../pki/ensure.ts';
import type { CertificatesOptions } from '../pki/schema.ts';
import { type CertificateSource, certificateSource } from '../transport/certificates.ts';
import { certificatesCreated, certificatesReloaded, certificateWarning } from './events.ts';

export interface Certificates extends Component, CertificateSource {
  /** Reads the files again; listeners use the new certificate for the next handshake. On failure the old stays. */
  reload(): Promise<void>;
  /** Undefined before `start`. */
  files(): CertificateSet['files'] | undefined;
}

/** Certificates of the TLS listeners: created at the first start, read at every other. */
export function createCertificates(options: CertificatesOptions, { events }: Telemetry): Certificates {
  const directory = resolve(options.directory);
  let source: ReturnType<typeof certificateSource> | undefined;
  let files: CertificateSet['files'] | undefined;

  const load = async (): Promise<CertificateSet> => {
    const set = await ensureCertificates({ directory, names: options.names, hostname: hostname(), now: Date.now });
    if (set.created.length > 0) events.emit(certificatesCreated, { directory, files: set.created.join(', ') });
    for (const warning of set.warnings) events.emit(certificateWarning, { warning });
    files = set.files;
    return set;
  };

  const started = (): ReturnType<typeof certificateSource> => {
    if (source === undefined) throw new AppError('start-failed', 'certificates are used before they are loaded');
    return source;
  };

  return {
    name: 'certificates',
    async start() {
      source = certificateSource(await load());
    },
    stop: () => Promise.resolve(),
    async reload() {
      started().replace(await load());
      events.emit(certificatesReloaded, { directory });
    },
    current: () => started().current(),
    onChange: (listener) => started().onChange(listener),
    files: () => files,
  };
}
