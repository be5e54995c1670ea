import type { Acceptance, PeerCertificate, Rejection } from '../broker/ports.ts';
import { renderName } from './render-name.ts';
import { parseTemplate, type Template } from './template.ts';

/** `access.certificate` of the configuration. */
export interface CertificateIdentityOptions {
  /** Template of the user name. */
  readonly principal: string;
  readonly bind: 'any' | 'equal' | 'prefix' | 'pattern';
  /** Template of the client id; a `*` in it needs `bind: pattern`. */
  readonly clientId: string;
  /** One character; used with `bind: prefix`. */
  readonly separator: string;
}

/** Who may use a client id: anyone, or the certificate whose rendered template it fits. */
type Binding =
  | { readonly bind: 'any' }
  | { readonly bind: 'equal' | 'prefix' | 'pattern'; readonly template: Template; readonly separator: string };

/**
 * Judges a client by its certificate, which has verified. The same certificate always gives the same principal.
 * @param trust who vouches for it
 */
export type CertificateIdentity = (
  certificate: PeerCertificate,
  clientId: string,
  trust: string,
) => Acceptance | Rejection;

/** Name of all clients without an identity; no certificate may pass for one of them. */
export const anonymousPrincipal = 'anonymous';

export interface TemplateProblem {
  readonly field: 'principal' | 'clientId';
  readonly message: string;
}

/** @returns the judge, or what is wrong with the templates. */
export function certificateIdentity(options: CertificateIdentityOptions): CertificateIdentity | TemplateProblem {
  const { bind, separator } = options;
  const principal = parseTemplate(options.principal, { allowsStar: false });
  if (typeof principal === 'string') return { field: 'principal', message: principal };
  const template = parseTemplate(options.clientId, {
    allowsStar: bind === 'pattern',
    ...(bind === 'prefix' ? { separator } : {}),
  });
  if (typeof template === 'string') return { field: 'clientId', message: template };
  const binding: Binding = bind === 'any' ? { bind } : { bind, template, separator };
  return (certificate, clientId, trust) => {
    const rendered = renderName(principal, certificate);
    if (rendered.kind === 'unfit') return refuse(certificate, `${rendered.why} (access.certificate.principal)`);
    if (rendered.text === anonymousPrincipal)
      return refuse(certificate, `gives the user name "${anonymousPrincipal}", which clients without an identity have`);
    return bindingRefusal(binding, certificate, clientId) ?? { kind: 'accept', principal: rendered.text, trust };
  };
}

const refuse = (
  { subject }: PeerCertificate,
  why: string,
  code: 'not-authorized' | 'client-id' = 'not-authorized',
): Rejection => ({ kind: 'reject', code, reason: `not authorized: certificate "${subject}" ${why}` });

function bindingRefusal(binding: Binding, certificate: PeerCertificate, clientId: string): Rejection | undefined {
  if (binding.bind === 'any') return undefined;
  const rendered = renderName(binding.template, certificate);
  if (rendered.kind === 'unfit') return refuse(certificate, `${rendered.why} (access.certificate.clientId)`);
  const { text, afterStar } = rendered;
  const prefix = text + binding.separator;
  const rules = {
    equal: [clientId === text, `"${text}"`],
    prefix: [clientId === text || clientId.startsWith(prefix), `"${text}" or what begins with "${prefix}"`],
    pattern: [fits(clientId, text, afterStar), `"${text}${afterStar === undefined ? '' : `*${afterStar}`}"`],
  } as const;
  const [isAllowed, allowed] = rules[binding.bind];
  if (isAllowed) return undefined;
  return refuse(certificate, `may use the client id ${allowed} only (access.certificate.bind)`, 'client-id');
}

const fits = (clientId: string, before: string, after: string | undefined): boolean =>
  after === undefined
    ? clientId === before
    : clientId.length >= before.length + after.length && clientId.startsWith(before) && clientId.endsWith(after);
