import { LinkError } from '../kernel/errors.ts';

/** The server lets nobody of our permissions publish there. */
export const forbiddenToPublish = (subject: string): LinkError =>
  new LinkError(
    'nats-forbidden',
    `the NATS server does not let this broker publish on ${subject}; change the permissions of its user there`,
  );

/** The server lets nobody of our permissions hear what comes there. */
export const forbiddenToSubscribe = (subject: string, cause: Error): LinkError =>
  new LinkError(
    'nats-forbidden',
    `the NATS server does not let this broker subscribe to ${subject}; change the permissions of its user there`,
    { cause },
  );
