import { isLoopback } from '../../kernel/address.ts';
import type { Grade, JudgedListener, JudgedPlace } from './security-finding.ts';

/** Whether others than this machine get to it, by themselves or by a proxy. */
export const isReached = ({ bind, proxy }: JudgedListener): boolean => !isLoopback(bind.host) || proxy !== undefined;

/** Whether clients of MQTT come in there, and not only pages and programs over HTTP. */
export const takesClients = ({ accept }: JudgedListener): boolean => accept.some((protocol) => protocol !== 'http');

/** Whether its clients can show a certificate, here or to the proxy. */
export const seesCertificates = ({ tls, proxy }: JudgedListener): boolean =>
  tls === 'two-way' || tls === 'two-way-optional' || proxy?.certificate === 'believe';

/** Worse where others than this machine reach the listener. */
export const beyondMachine =
  (beyond: Grade, within: Grade = 'note') =>
  ({ listener }: JudgedPlace): Grade =>
    listener !== undefined && isReached(listener) ? beyond : within;

/** Worse where others than this machine reach any listener. */
export const anyBeyondMachine =
  (beyond: Grade, within: Grade = 'note') =>
  ({ config }: JudgedPlace): Grade =>
    config.listeners.some(isReached) ? beyond : within;
