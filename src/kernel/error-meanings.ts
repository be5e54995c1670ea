import type { ErrorCode } from './errors.ts';

/** What each error code stands for, and what to do; `docs/reference/errors.md` is made from it. */
export const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  'config-invalid': 'The configuration has problems; all are listed with their places. Nothing was started.',
  'config-unreadable': 'The configuration file is missing, not readable for this user, a folder, or not UTF-8.',
  'port-in-use': 'Another program listens on the address. Stop it, or choose another port.',
  'bind-failed': 'The address cannot be listened on: not of this machine, or a port that needs privileges.',
  'certificate-unreadable': 'A certificate file exists and cannot be read.',
  'certificate-unwritable': 'A new certificate or key cannot be written into the certificates folder.',
  'certificate-invalid':
    'A certificate file holds no usable certificate. It is never overwritten; replace or remove it.',
  'certificate-expired': 'A certificate that the broker needs is past its end, or not valid yet.',
  'certificate-mismatch': 'A certificate and its key, or a certificate and its CA, do not belong together.',
  'key-unreadable': 'A private key cannot be read, or is not a key.',
  'issuing-refused': 'A certificate was not issued because what was asked for is not allowed.',
  'ledger-damaged': 'The ledger of issued certificates cannot be read. It is never overwritten; restore it.',
  'tokens-damaged': 'The file of the enrollment tokens cannot be read. It is never overwritten; restore or remove it.',
  'tokens-full': 'There are too many enrollment tokens; none was made.',
  'verification-failed': 'A certificate, a chain or a revocation list does not hold; the message says where and why.',
  'nats-refused': 'The NATS server does not accept the credentials or the TLS settings.',
  'nats-unreachable': 'No NATS server answers. MQTT goes on; the connection is tried again without end.',
  'nats-unacknowledged':
    'NATS or JetStream did not confirm a message of a rule with `ack: nats` or `ack: jetstream`, and no outbox has room for it; its publisher is refused.',
  'nats-subject-too-long':
    'The subject of a message, with the address of its answer, does not fit into a protocol line of the NATS server (`nats.maxControlLine`). Sending it again does not help.',
  'nats-too-large':
    'A message is larger than the NATS server or its stream takes. Sending it again does not help; raise `max_payload` there, or lower `limits.packetSize`.',
  'nats-forbidden':
    'The NATS server does not let this broker publish on a subject. Sending the message again does not help; change the permissions of the user.',
  'nats-rejected':
    'JetStream will not store a message as it is, for instance because what its headers expect is not so. Sending it again does not help.',
  'jetstream-unusable': 'JetStream does not give a bridge rule its stream or consumer.',
  'rule-invalid': 'A bridge rule cannot be used.',
  'rules-need-restart': 'Bridge rules cannot become these while the program runs.',
  'store-full': 'A limit of the store is reached, or its disk is full. Nothing that was acknowledged is lost.',
  'store-unavailable': 'The store does not answer. What needs it is refused or waits; the rest goes on.',
  'store-damaged': 'A file of the store cannot be read. It is never overwritten; restore it or move it away.',
  'store-in-use': 'Another broker uses the folder of the store. Stop it, or choose another folder.',
  'store-newer': 'The store was written by a newer version of the program. Use that version, or another folder.',
  'store-import-refused':
    'Lines cannot be imported, or the store is not empty; all is said with line numbers. Nothing was imported.',
  'audit-unwritable': 'The file of the audit log cannot be opened for writing.',
  'start-failed': 'A part of the program could not start; what had started was stopped again.',
  'start-aborted': 'The program was told to stop before it had started.',
  usage: 'The command line cannot be used as given. The exit code is 2.',
  'topic-too-long':
    'A message of a bridge or of another part of the program has a topic longer than `limits.topicLength`; it is dropped.',
  'client-refused': 'A server refused what `pub` or `sub` asked for; its reason is in the message.',
  'client-failed': 'The connection of `pub` or `sub` failed; the message says where and what to try.',
};
