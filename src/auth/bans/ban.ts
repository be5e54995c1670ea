import type { Ban } from './schema.ts';

/** @param nowMs since the epoch */
export const isStillBanned = ({ until }: Ban, nowMs: number): boolean =>
  until === undefined || Date.parse(until) > nowMs;

const hex = (text: string): string => text.replaceAll(':', '').toLowerCase();

/** One name for a certificate, however its digits are written; leading zeros are no part of a number. */
export const certificateKey = (certificate: NonNullable<Ban['certificate']>): string =>
  typeof certificate === 'string'
    ? hex(certificate)
    : `${hex(certificate.serial).replace(/^0+(?=.)/, '')} of ${certificate.issuer}`;

export type BannedBy = 'clientId' | 'user' | 'address' | 'certificate';

/** What it names. */
export const bannedBy = ({ clientId, user, address }: Ban): BannedBy => {
  if (clientId !== undefined) return 'clientId';
  if (user !== undefined) return 'user';
  return address === undefined ? 'certificate' : 'address';
};

/** Whom it speaks of, for people; the same for two that speak of the same. */
export function whomOf({ clientId, user, address, certificate }: Ban): string {
  if (clientId !== undefined) return `client id ${JSON.stringify(clientId)}`;
  if (user !== undefined) return `user ${JSON.stringify(user)}`;
  if (address !== undefined) return `address ${address}`;
  return `certificate ${certificate === undefined ? '' : certificateKey(certificate)}`;
}

/** Why somebody may not connect, as a sentence for the log. */
export function banSentence(ban: Ban): string {
  const end = ban.until === undefined ? '' : ` until ${ban.until}`;
  const reason = ban.reason === undefined ? '' : `: ${ban.reason}`;
  return `${whomOf(ban)} is banned${end}${reason} (access.bans)`;
}
