import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { dayMs } from '../../kernel/duration.ts';
import { reasonOf } from '../../kernel/errors.ts';
import { readFileContent } from '../../pki/files.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { isEncryptedKey, parseCertificates } from '../../pki/x509/pem.ts';
import type { SecurityRow } from './security-row.ts';

/** Days in which somebody should have noticed. */
const soonDays = 14;
/** Browsers take no certificate that lasts longer, and key sizes and names change in less. */
const longDays = 825;
const leastRsaBits = 2_048;

/** Rows for the certificates that listeners show, and for the key of the root where it lies beside them. */
export async function certificateRows(
  { listeners, certificates: { directory } }: Config,
  now: number,
): Promise<SecurityRow[]> {
  const withTls = listeners.filter(({ tls }) => tls !== 'off');
  const files = new Set(
    withTls.flatMap(({ certificate, alternative, certificates }) => [
      certificate ?? join(directory, 'server.pem'),
      ...(alternative === undefined ? [] : [alternative.certificate]),
      ...certificates.map((one) => one.certificate),
    ]),
  );
  const rows = await Promise.all([...files].map((file) => rowOf(file, now)));
  return [...rows, await rootKeyRow(join(directory, 'root-ca.key'))].filter((row) => row !== undefined);
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

async function rowOf(file: string, now: number): Promise<SecurityRow | undefined> {
  const about = { check: file, place: null };
  const content = await readFileContent(file).catch((cause: unknown) => reasonOf(cause));
  if (content === undefined) return undefined; // the start makes it, or says that it is missing
  const parsed = typeof content === 'string' ? content : parseCertificates(content.bytes.toString('utf8'));
  if (typeof parsed === 'string')
    return {
      ...about,
      verdict: 'warning',
      outcome: 'unknown',
      reason: `it cannot be judged: ${parsed}`,
      advice: 'put a PEM certificate there',
    };
  const { notBefore, notAfter, keyType } = describeX509(parsed[0]);
  const valid = { ...about, outcome: `valid from ${day(notBefore)} to ${day(notAfter)}` };
  const advice = 'renew it, with `viaduct pki renew` where it was made here';
  if (now > notAfter || now < notBefore)
    return {
      ...valid,
      verdict: 'no',
      reason: 'it is not valid now, and clients that connect all the same check nothing',
      advice,
    };
  if (isWeak(keyType))
    return {
      ...valid,
      verdict: 'no',
      reason: `its key is too small: ${keyType}`,
      advice: 'make a new key, e.g. EC P-256',
    };
  if (notAfter - now < soonDays * dayMs)
    return { ...valid, verdict: 'warning', reason: `it ends within ${soonDays} days`, advice };
  if (notAfter - notBefore > longDays * dayMs)
    return {
      ...valid,
      verdict: 'note',
      reason: `it lasts longer than ${longDays} days, and so does what a thief of its key has`,
      advice: 'use shorter ones, which are renewed by themselves',
    };
  return { ...valid, verdict: 'ok', reason: `${keyType}, neither over soon nor too long`, advice: null };
}

function isWeak(keyType: string): boolean {
  const bits = /^RSA(?:-PSS)? (\d+)/.exec(keyType)?.[1];
  return bits !== undefined && Number(bits) < leastRsaBits;
}

async function rootKeyRow(file: string): Promise<SecurityRow | undefined> {
  const content = await readFileContent(file).catch(() => undefined);
  if (content === undefined) return undefined;
  const about = { check: file, place: null };
  if (isEncryptedKey(content.bytes.toString('utf8')))
    return { ...about, verdict: 'ok', outcome: 'encrypted', reason: 'of no use without its passphrase', advice: null };
  return {
    ...about,
    verdict: 'note',
    outcome: 'not encrypted',
    reason:
      'whoever takes this machine can make certificates that every device trusts, until all of them get another root',
    advice: 'keep it elsewhere: `viaduct pki root export`',
  };
}
