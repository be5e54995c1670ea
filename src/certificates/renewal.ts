import { type Clock, isoTime } from '../kernel/clock.ts';
import { dayMs, hourMs, minuteMs } from '../kernel/duration.ts';
import { AppError, messageOf } from '../kernel/errors.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import { renewCrls } from '../pki/folder/renew-crls.ts';
import { type Renewable, renewables } from '../pki/folder/renew-due.ts';
import type { FolderCertificate } from '../pki/folder/renew-folder.ts';
import { endOverlap } from '../pki/folder/renew-overlap.ts';
import type { CertificatesOptions } from '../pki/schema.ts';
import { authoritiesRetired, certificateRenewalFailed, certificatesRenewed, revocationListsRenewed } from './events.ts';
import { type ClientCertificates, clientCertificates } from './status.ts';

export interface RenewalOptions {
  readonly folder: CaFolder;
  readonly options: CertificatesOptions;
  readonly clock: Clock;
  readonly events: Events;
  /** In [0, 1): spreads the renewals of several brokers. */
  readonly random: () => number;
  /** Keeps what reads and writes the folder apart. */
  readonly inTurn: <T>(task: () => Promise<T>) => Promise<T>;
  /** Files were written. */
  readonly renewed: () => Promise<void>;
  /** The ledger was looked through. */
  readonly counted: (clients: ClientCertificates) => void;
}

export interface Renewal {
  start(): Promise<void>;
  stop(): void;
  /** Looks through the ledger. */
  count(): Promise<void>;
  /** @returns whether certificates were due, and written. */
  renewCertificates(): Promise<boolean>;
  /** @returns whether revocation lists were due, and written. */
  renewLists(): Promise<boolean>;
}

/** The first look waits until the start is over. */
const firstMs = minuteMs;
/** Nothing here ends sooner than that. */
const everyMs = hourMs;
/** With the key elsewhere, people get so long to bring it. */
const absentKeyMs = 90 * dayMs;

/** Renews certificates and revocation lists of the folder ahead of their end; what fails is said once a day. */
export function renewal(given: RenewalOptions): Renewal {
  const { folder, options, clock, inTurn } = given;
  const { mode, overlap } = options.renewal;
  const attempt = attempts(given);
  const jitter = new Map<FolderCertificate, number>();
  let cancel: (() => void) | undefined;
  let isRunning = false;

  const jitterOf = (which: FolderCertificate): number => {
    const random = jitter.get(which) ?? given.random();
    jitter.set(which, random);
    return random;
  };

  /** The highest first. One renews what stands below it too, so that after each it is looked at anew. */
  const renewCertificates = async (): Promise<boolean> => {
    const isDue = ({ dueAt }: Renewable): boolean => dueAt <= clock.now();
    const tried = new Set<FolderCertificate>();
    let isChanged = false;
    const next = async (): Promise<boolean> => {
      const due = (await renewables(folder, jitterOf)).find((one) => isDue(one) && !tried.has(one.which));
      if (due === undefined) return false;
      tried.add(due.which);
      isChanged = (await attempt(due.which, () => renewOne(due, given))) || isChanged;
      return true;
    };
    if (mode === 'automatic') while (await attempt('certificates', next));
    return isChanged;
  };

  const renewLists = async (): Promise<boolean> =>
    mode === 'automatic' && (await attempt('revocation lists', () => renewListsOf(given)));

  const endOverlaps = (): Promise<boolean> =>
    attempt('ca-chain.pem', async () => {
      const subjects = await endOverlap(folder, overlap ?? Number.POSITIVE_INFINITY);
      for (const subject of subjects) given.events.emit(authoritiesRetired, { subject });
      return subjects.length > 0;
    });

  const count = async (): Promise<void> => {
    await attempt('ledger', async () => {
      const own = await folder.authorities();
      const current = own.filter(({ name }) => !name.startsWith('retired/')).map((ca) => ca.keyFingerprint);
      given.counted(clientCertificates(await folder.ledger.read(), new Set(current), clock.now()));
      return false;
    });
  };

  const look = async (): Promise<void> => {
    if (mode === 'automatic') {
      const done = [await renewCertificates(), await renewLists(), await endOverlaps()];
      if (done.includes(true)) await attempt('reload', () => given.renewed().then(() => false));
    }
    await count();
    if (isRunning) cancel = clock.after(everyMs, () => void inTurn(look));
  };

  return {
    async start() {
      isRunning = true;
      await count();
      cancel = clock.after(firstMs, () => void inTurn(look));
    },
    stop() {
      isRunning = false;
      cancel?.();
      cancel = undefined;
    },
    count,
    renewCertificates,
    renewLists,
  };
}

type Attempt = (what: string, task: () => Promise<boolean>) => Promise<boolean>;

/** Runs tasks that say whether they wrote files; each that fails is told once a day. */
function attempts({ clock, events }: RenewalOptions): Attempt {
  const toldAt = new Map<string, number>();
  return async (what, task) => {
    try {
      return await task();
    } catch (cause) {
      const now = clock.now();
      if (now - (toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < dayMs) return false;
      toldAt.set(what, now);
      events.emit(certificateRenewalFailed, { what, problem: messageOf(cause) });
      return false;
    }
  };
}

async function renewOne(
  { which, notBefore, notAfter, hasKey }: Renewable,
  { folder, clock, events }: RenewalOptions,
): Promise<boolean> {
  const leftMs = notAfter - clock.now();
  if (!hasKey && leftMs > Math.min(absentKeyMs, (notAfter - notBefore) / 3)) return false;
  const { renewFolder } = await import('../pki/folder/renew-folder.ts'); // and with it the X.509 libraries
  const { entries } = await renewFolder(folder, which);
  for (const entry of entries)
    events.emit(certificatesRenewed, { subject: entry.subject, until: isoTime(entry.notAfter) });
  return true;
}

async function renewListsOf({ folder, options, events }: RenewalOptions): Promise<boolean> {
  const crls = await renewCrls(folder, options.revocation.mode === 'fail-closed');
  if (crls === undefined) return false;
  if (crls.written.length === 0) throw new AppError('issuing-refused', crls.skipped.join('; '));
  for (const { issuer, nextUpdate } of crls.written)
    events.emit(revocationListsRenewed, { issuer, until: isoTime(nextUpdate) });
  return true;
}
