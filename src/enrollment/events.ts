import { defineEvent } from '../kernel/telemetry-ports.ts';

export const certificateEnrolled = defineEvent<{
  via: 'est' | 'mqtt';
  subject: string;
  serialNumber: string;
  by: string;
  peer: string;
  until: string;
}>({
  counter: 'enrollments_total',
  help: 'Certificates that were issued to devices that asked for them.',
  labels: ['via'],
  level: 'info',
  isSecurity: true,
  message: ({ subject, serialNumber, by, peer, until }) =>
    `enrollment: issued ${serialNumber} to "${subject}" until ${until}, asked for by ${by} from ${peer}`,
});

export const enrollmentRefused = defineEvent<{ via: 'est' | 'mqtt'; why: string; peer: string; reason: string }>({
  counter: 'enrollments_refused_total',
  help: 'Requests for a certificate that were refused.',
  labels: ['via', 'why'],
  level: 'warn',
  isSecurity: true,
  message: ({ peer, reason }) => `enrollment: refused ${peer}: ${reason}`,
});

export const enrollmentFailed = defineEvent<{ via: 'est' | 'mqtt'; peer: string; problem: string }>({
  counter: 'enrollment_failures_total',
  help: 'Requests for a certificate that were in order and could not be answered.',
  labels: ['via'],
  level: 'error',
  message: ({ peer, problem }) => `enrollment: ${peer} got no certificate: ${problem}`,
});

export const enrollmentPutOff = defineEvent<{ via: 'est' | 'mqtt'; peer: string }>({
  counter: 'enrollments_put_off_total',
  help: 'Requests for a certificate that came too fast and were not looked at.',
  labels: ['via'],
  level: 'debug',
  message: ({ peer }) => `enrollment: ${peer} was told to come back later, too many requests`,
});
