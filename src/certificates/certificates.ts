import { join, resolve } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { folderWatch } from '../kernel/folder-watch.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { type CaFolder, crlFolderName, openCaFolder } from '../pki/folder/ca-folder.ts';
import type { CertificateSet } from '../pki/folder/ensure.ts';
import type { CertificatesOptions } from '../pki/schema.ts';
import type { CertificateSource } from '../transport/tls/certificates.ts';
import { certificatesNotTaken } from './events.ts';
import { expiryWatch } from './expiry.ts';
import { heldCertificates } from './held.ts';
import { type ListenerFileOptions, listenerDirectories } from './listener-files.ts';
import { renewal } from './renewal.ts';
import { stapling } from './stapling.ts';
import { type CertificateStatus, type ClientCertificates, certificateStatus, endingOf, noClients } from './status.ts';

export interface Certificates extends Component, CertificateSource {
  /** Reads the files again; listeners use the new ones for the next handshake. On failure all of the old stay. */
  reload(): Promise<void>;
  /** Undefined before `start`. */
  files(): CertificateSet['files'] | undefined;
  /** What is in use and how long it still counts; empty before `start`. */
  readonly status: () => CertificateStatus;
  /** The folder as a certificate authority, with its ledger. */
  readonly folder: CaFolder;
}

export interface CertificatesDeps {
  readonly telemetry: Pick<Telemetry, 'events'>;
  readonly clock: Clock;
  /** Those with files of their own, which are read, watched and swapped with the others. */
  readonly listeners?: readonly ListenerFileOptions[];
  /** Of the keys of the CA; undefined where none is known. */
  readonly passphrase?: string | undefined;
  /** In [0, 1): spreads renewals. `Math.random` when left out. */
  readonly random?: () => number;
}

/** Files may be copied one after the other: what does not fit together is read once more before anybody is told. */
const secondTryMs = 2_000;

/** Certificates of the TLS listeners: created at the first start, read at every other, watched and renewed from then on. */
export function createCertificates(options: CertificatesOptions, deps: CertificatesDeps): Certificates {
  const { clock, listeners = [], random = Math.random } = deps;
  const { events } = deps.telemetry;
  const folder = caFolderOf(options, deps);
  const { directory } = folder.options;
  let clients: ClientCertificates = noClients;
  let work: Promise<unknown> = Promise.resolve();
  let cancelSecondTry: (() => void) | undefined;
  let isStopped = false;

  /** One after the other, whatever the reason. */
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = work.then(task);
    work = result.catch(() => undefined);
    return result;
  };

  const staples = stapling({ clock, events });
  const held = heldCertificates({
    folder,
    options,
    listeners,
    events,
    stapling: staples,
    taken: () => keeper.count(),
  });
  const status = (): CertificateStatus => certificateStatus(held.loaded(), clients, clock.now());

  const noticed = (isSecondTry: boolean): void => {
    cancelSecondTry?.();
    cancelSecondTry = undefined;
    inTurn(() => held.followChanges()).catch((cause: unknown) => {
      if (isStopped) return;
      if (isSecondTry) events.emit(certificatesNotTaken, { problem: messageOf(cause) });
      else cancelSecondTry = clock.after(secondTryMs, () => noticed(true));
    });
  };

  const keeper = renewal({
    folder,
    options,
    clock,
    events,
    random,
    inTurn,
    renewed: () => held.reload(),
    counted: (next) => {
      clients = next;
    },
  });
  const expiry = expiryWatch({ inUse: () => endingOf(status()), clock, events });
  const files = folderWatch({
    directories: [...new Set([directory, join(directory, crlFolderName), ...listenerDirectories(listeners)])],
    isRelevant: (name) => /\.(?:pem|key|crl|der|crt|cer)$/i.test(name) || name === '..data',
    onChange: () => noticed(false),
    clock,
  });

  return {
    name: 'certificates',
    folder,
    async start() {
      await keeper.renewCertificates(); // what ended while the program was off would keep it from starting
      await held.begin();
      // or nobody could connect before the first look
      if (options.revocation.mode === 'fail-closed' && (await keeper.renewLists())) await held.begin();
      expiry.start();
      await files.start();
      await keeper.start();
    },
    async stop() {
      isStopped = true;
      for (const part of [keeper, files, expiry]) part.stop();
      cancelSecondTry?.();
      cancelSecondTry = undefined;
      await work;
      staples.stop(); // after what may have taken over other certificates
    },
    reload: () => inTurn(() => held.reload()),
    current: () => held.current(),
    onChange: (take, settled) => held.onChange(take, settled),
    files: () => held.loaded()?.set.files,
    status,
  };
}

const caFolderOf = (
  { directory, crlUrl, crlLifetime }: CertificatesOptions,
  { clock, passphrase }: CertificatesDeps,
): CaFolder =>
  openCaFolder({
    directory: resolve(directory),
    now: () => clock.now(),
    by: 'renewal',
    passphrase: () => Promise.resolve(passphrase),
    crlUrl,
    crlLifetimeMs: crlLifetime,
  });
