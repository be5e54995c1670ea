import { basename, join, resolve } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { isoTime } from '../../kernel/clock.ts';
import { dayMs, hourMs } from '../../kernel/duration.ts';
import { AppError } from '../../kernel/errors.ts';
import { shellWord } from '../../kernel/shell-word.ts';
import { crlFolderName, openCaFolder } from '../../pki/folder/ca-folder.ts';
import { type CrlSet, type CrlState, issuingSubjects, loadCrls } from '../../pki/revocation/crl-set.ts';
import { certificatesIn } from '../../pki/x509/pem.ts';
import { fileText } from './tls-folder.ts';
import type { ReportRow, RevocationReport } from './tls-report.ts';

/** The revocation lists that the listeners of a configuration go by. */
export interface Revocation {
  /** Absolute path of their folder. */
  readonly directory: string;
  readonly mode: 'fail-open' | 'fail-closed';
  readonly crls: CrlSet;
  /** Subjects of the CAs whose clients are looked up. */
  readonly issuing: readonly string[];
}

/** Reads the lists and changes nothing. @returns undefined where no listener goes by them. @throws AppError */
export async function readRevocation(
  { certificates, listeners }: Pick<Config, 'certificates' | 'listeners'>,
  { cwd, now }: { readonly cwd: string; readonly now: () => number },
): Promise<Revocation | undefined> {
  const { mode } = certificates.revocation;
  const asking = listeners.filter(({ tls }) => tls === 'two-way' || tls === 'two-way-optional');
  if (mode === 'off' || asking.length === 0) return undefined;
  const directory = resolve(cwd, certificates.directory);
  const files = asking.map(({ clientCa }) => resolve(cwd, clientCa ?? join(directory, 'ca-chain.pem')));
  const texts = await Promise.all([...new Set(files)].map(fileText));
  const anchors = texts.flatMap(certificatesIn);
  const folder = openCaFolder({ directory, now, by: 'doctor', crlLifetimeMs: certificates.crlLifetime });
  const own = await folder.authorities().catch((problem: unknown) => {
    if (problem instanceof AppError) return []; // the broker starts in spite of it
    throw problem;
  });
  const authorities = [...anchors, ...own.map(({ certificate }) => certificate)];
  const crls = await loadCrls({ directory: folder.path(crlFolderName), authorities, now: now() });
  return {
    directory: folder.path(crlFolderName),
    mode,
    crls,
    issuing: issuingSubjects(anchors),
  };
}

/** A row for each list, and for each CA without one. */
export function revocationReport(revocation: Revocation, now: number): RevocationReport {
  const { directory, mode, crls, issuing } = revocation;
  const { states, missing, warnings } = crls;
  const unreadable = warnings.filter((warning) => !states.some(({ path }) => warning.startsWith(`${path}: `)));
  const listed = new Set(states.map(({ issuer }) => issuer));
  const without = issuing.filter((subject) => missing.includes(subject) && !listed.has(subject));
  return {
    directory,
    mode,
    checks: [
      ...states.map((state) => stateRow(revocation, state, now)),
      ...unreadable.map(
        (reason) => ({ ...list, check: 'unreadable list', verdict: 'warning', outcome: 'not used', reason }) as const,
      ),
      ...without.map((subject) => missingRow(subject, mode)),
    ],
  };
}

const list = { expected: 'current', command: null } as const;

function stateRow({ mode, crls, issuing }: Revocation, found: CrlState, now: number): ReportRow {
  const { path, issuer, entries, state, nextUpdate } = found;
  const row = {
    ...list,
    check: basename(path),
    outcome: state.replaceAll('-', ' '),
    command: `openssl crl -in ${shellWord(path)} -noout -issuer -lastupdate -nextupdate`,
  };
  const holds = `${issuer}, ${entries} revoked`;
  if (state === 'current') {
    if (nextUpdate === undefined) return { ...row, verdict: 'ok', reason: `${holds}, without an end` };
    const until = `${holds}, until ${isoTime(nextUpdate)}, ${leftText(nextUpdate - now)}`;
    return nextUpdate - now < dayMs
      ? { ...row, verdict: 'warning', reason: `${until}; ${cure}` }
      : { ...row, verdict: 'ok', reason: until };
  }
  if (state !== 'expired') {
    const problem = crls.warnings.find((warning) => warning.startsWith(`${path}: `))?.slice(path.length + 2);
    return { ...row, verdict: 'warning', reason: problem ?? holds };
  }
  const isFatal = mode === 'fail-closed' && issuing.includes(issuer);
  const ended = `${holds}, ended on ${nextUpdate === undefined ? 'an unknown day' : isoTime(nextUpdate)}`;
  return {
    ...row,
    verdict: isFatal ? 'no' : 'warning',
    reason: `${ended}, ${isFatal ? refusal : acceptance}; ${cure}`,
  };
}

function missingRow(subject: string, mode: Revocation['mode']): ReportRow {
  const row = { ...list, check: 'no list', outcome: 'missing' };
  return mode === 'fail-closed'
    ? { ...row, verdict: 'no', reason: `${subject}: ${refusal}; ${cure}` }
    : { ...row, verdict: 'skipped', reason: `${subject}: ${acceptance}` };
}

const refusal = 'all its clients are refused';
const acceptance = 'who is revoked later is let in';
const cure = 'make one with: viaduct pki crl, or get it from that CA';

function leftText(ms: number): string {
  const [count, unit] = ms < dayMs ? [Math.floor(ms / hourMs), 'hour'] : [Math.floor(ms / dayMs), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
