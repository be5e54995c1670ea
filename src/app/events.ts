import { defineEvent } from '../kernel/telemetry-ports.ts';

export const certificatesCreated = defineEvent<{ directory: string; files: string }>({
  counter: 'certificates_created_total',
  help: 'Times that missing certificates were created.',
  labels: [],
  level: 'info',
  message: ({ directory, files }) => `created in ${directory}: ${files}`,
});

export const certificatesReloaded = defineEvent<{ directory: string }>({
  counter: 'certificates_reloaded_total',
  help: 'Times that certificates were read again while running.',
  labels: [],
  level: 'info',
  message: ({ directory }) => `certificates read again from ${directory}; new connections use them`,
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
      ? `certificates: "${subject}" in ${file} has expired on ${until} and is refused; put a new one there and reload`
      : `certificates: "${subject}" in ${file} expires in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'} (${until}); put a new one there and reload`,
});
