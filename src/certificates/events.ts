import { defineEvent } from '../kernel/telemetry-ports.ts';

export const certificatesCreated = defineEvent<{ directory: string; files: string }>({
  counter: 'certificates_created_total',
  help: 'Times that missing certificates were created.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ directory, files }) => `created in ${directory}: ${files}`,
});

export const certificatesReloaded = defineEvent<{ directory: string }>({
  counter: 'certificates_reloaded_total',
  help: 'Times that certificates were read again while running.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ directory }) => `certificates read again from ${directory}; new connections use them`,
});

export const certificatesNotTaken = defineEvent<{ problem: string }>({
  counter: 'certificates_reload_failures_total',
  help: 'Times that changed certificate files were not taken over because they are wrong.',
  labels: [],
  level: 'error',
  isSecurity: true,
  message: ({ problem }) => `certificates: changed files are not taken over, the old ones stay in use: ${problem}`,
});

export const certificatesRenewed = defineEvent<{ subject: string; until: string }>({
  counter: 'certificates_renewed_total',
  help: 'Certificates of the server and its CAs that were renewed.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ subject, until }) => `certificates: renewed ${subject}, valid until ${until}`,
});

export const certificateRenewalFailed = defineEvent<{ what: string; problem: string }>({
  counter: 'certificate_renewal_failures_total',
  help: 'Renewals that are due and cannot be done; each is told once a day.',
  labels: ['what'],
  level: 'warn',
  message: ({ what, problem }) => `certificates: renewal (${what}) failed: ${problem}`,
});

export const revocationListsRenewed = defineEvent<{ issuer: string; until: string }>({
  counter: 'revocation_lists_renewed_total',
  help: 'Revocation lists that were made again before they ended.',
  labels: [],
  level: 'info',
  message: ({ issuer, until }) => `certificates: renewed the revocation list of ${issuer}, it counts until ${until}`,
});

export const authoritiesRetired = defineEvent<{ subject: string }>({
  counter: 'certificate_authorities_retired_total',
  help: 'CAs that were replaced and are trusted no longer, at their end or when the overlap is over.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ subject }) =>
    `certificates: the replaced CA ${subject} is no longer trusted: it has ended, or its overlap is over`,
});

export const sightingsNotWritten = defineEvent<{ problem: string }>({
  counter: 'certificate_sightings_unwritten_total',
  help: 'Times that the ledger did not take when client certificates were last used.',
  labels: [],
  level: 'warn',
  message: ({ problem }) => `certificates: the ledger does not take when certificates were last seen: ${problem}`,
});

export const stapleTaken = defineEvent<{ subject: string; responder: string; until: string }>({
  counter: 'ocsp_responses_total',
  help: 'OCSP responses that were taken over to staple.',
  labels: [],
  level: 'info',
  message: ({ subject, responder, until }) =>
    `certificates: ${responder} says that ${subject} is good; clients that ask are told so until ${until}`,
});

export const stapleNotTaken = defineEvent<{ subject: string; responder: string; problem: string; retry: string }>({
  counter: 'ocsp_failures_total',
  help: 'OCSP responses that did not come, or count for nothing.',
  labels: [],
  level: 'warn',
  message: ({ subject, responder, problem, retry }) =>
    `certificates: no OCSP response for ${subject} from ${responder}: ${problem}; asked again at ${retry}`,
});

export const ownCertificateRevoked = defineEvent<{ subject: string; responder: string; detail: string }>({
  counter: 'server_certificate_revocations_total',
  help: 'OCSP responses that say of a certificate of a listener that it is revoked, or not known.',
  labels: [],
  level: 'error',
  isSecurity: true,
  message: ({ subject, responder, detail }) =>
    `certificates: ${responder} says that ${subject}, which listeners show, ${detail}; clients that look will refuse it, so put another certificate in its place`,
});

export const certificateWarning = defineEvent<{ warning: string }>({
  counter: 'certificate_warnings_total',
  help: 'Things that will keep clients from connecting sooner or later.',
  labels: [],
  level: 'warn',
  message: ({ warning }) => `certificates: ${warning}`,
});

export const certificateExpiring = defineEvent<{ file: string; subject: string; until: string; daysLeft: number }>({
  counter: 'certificate_expiry_warnings_total',
  help: 'Certificates in use that were found to end soon; each is looked at once a day.',
  labels: ['file'],
  level: 'warn',
  message: ({ file, subject, until, daysLeft }) =>
    daysLeft < 0
      ? `certificates: "${subject}" in ${file} has expired on ${until} and is refused; put a new one there`
      : `certificates: "${subject}" in ${file} expires in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'} (${until}); put a new one there`,
});
