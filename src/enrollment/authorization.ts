import type { EnrollmentCredential } from './outcome.ts';

/**
 * Reads a token from an Authorization header: `Bearer TOKEN`, or `Basic` with the token as password and the device's name,
 * or nothing, as user name. @returns undefined for anything else.
 */
export function readAuthorization(
  header: string | undefined,
): Extract<EnrollmentCredential, { kind: 'token' }> | undefined {
  const [, scheme = '', value = ''] =
    /^(basic|bearer) +([A-Za-z0-9._~+/=-]{1,1024})$/i.exec(header?.trim() ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', text: value, userName: undefined };
  if (scheme === '') return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  const userName = text.slice(0, colon);
  return { kind: 'token', text: text.slice(colon + 1), userName: userName === '' ? undefined : userName };
}
