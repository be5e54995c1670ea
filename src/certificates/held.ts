import { AppError } from '../kernel/errors.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { readFileContent, readFolder } from '../pki/files.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import { planMissing } from '../pki/folder/plan.ts';
import type { CertificatesOptions } from '../pki/schema.ts';
import { type CertificateSource, certificateSource } from '../transport/tls/certificates.ts';
import { type TlsMaterial } from '../transport/tls/material.ts';
import { certificatesCreated, certificatesReloaded, certificateWarning } from './events.ts';
import { type ListenerFileOptions, readListenerFiles } from './listener-files.ts';
import { type LoadedCertificates, loadCertificates } from './load.ts';
import type { Stapling } from './stapling.ts';

/** The certificates that listeners use, and how they are exchanged. Its calls must not overlap. */
export interface HeldCertificates extends CertificateSource {
  /** What is in use; undefined before `begin`. */
  loaded(): LoadedCertificates | undefined;
  /** Reads the files, and makes them where they are missing. */
  begin(): Promise<void>;
  /** The same for new files: all listeners take them, or none does. @throws AppError that names the file. */
  reload(): Promise<void>;
  /** Files have changed by themselves: what is gone may come back, so no CA and no server certificate is made. */
  followChanges(): Promise<void>;
}

export interface HeldOptions {
  readonly folder: CaFolder;
  readonly options: CertificatesOptions;
  readonly listeners: readonly ListenerFileOptions[];
  readonly events: Events;
  readonly stapling: Stapling;
  /** Called after each exchange. */
  readonly taken: () => Promise<void>;
}

export function heldCertificates(given: HeldOptions): HeldCertificates {
  const { folder, options, listeners, events, stapling, taken } = given;
  const { directory } = folder.options;
  let source: ReturnType<typeof certificateSource> | undefined;
  let loaded: LoadedCertificates | undefined;

  const load = async (): Promise<LoadedCertificates> => {
    const next = await loadCertificates(
      options,
      folder,
      await readListenerFiles(listeners, { now: folder.options.now(), names: options.names }),
    );
    const { created } = next.set;
    if (created.length > 0) events.emit(certificatesCreated, { directory, files: created.join(', ') });
    return next;
  };

  const withStaples = ({ material, stapleable }: LoadedCertificates): TlsMaterial =>
    stapleable.length === 0 ? material : { ...material, staples: stapling.staples };

  const keep = (next: LoadedCertificates): void => {
    loaded = next;
    stapling.follow(next.stapleable);
    for (const warning of next.warnings) events.emit(certificateWarning, { warning });
  };

  const started = (): ReturnType<typeof certificateSource> => {
    if (source === undefined) throw new AppError('start-failed', 'certificates are used before they are loaded');
    return source;
  };

  const exchange = async (next: LoadedCertificates): Promise<void> => {
    started().replace(withStaples(next));
    keep(next);
    events.emit(certificatesReloaded, { directory });
    await taken();
  };

  return {
    loaded: () => loaded,
    async begin() {
      const next = await load();
      source = certificateSource(withStaples(next));
      keep(next);
    },
    reload: async () => exchange(await load()),
    async followChanges() {
      const { root, intermediate, caChain, server } = planMissing(await readFolder(directory, readFileContent));
      if (root || intermediate || caChain || server)
        throw new AppError(
          'certificate-invalid',
          `files of root-ca, intermediate-ca, ca-chain or server are gone from ${directory}; put them back, or have them made by a reload (SIGHUP)`,
        );
      const next = await load();
      if (next.stamp !== loaded?.stamp) await exchange(next);
    },
    current: () => started().current(),
    onChange: (take, settled) => started().onChange(take, settled),
  };
}
