import { type Clock, isoTime } from '../kernel/clock.ts';
import { dayMs, hourMs, minuteMs } from '../kernel/duration.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { type CertificateWithIssuer, createOcspRequest } from '../pki/revocation/ocsp-request.ts';
import { type OcspAnswer, readOcspResponse } from '../pki/revocation/ocsp-response.ts';
import { describeX509 } from '../pki/x509/inspect.ts';
import { ownCertificateRevoked, stapleNotTaken, stapleTaken } from './events.ts';
import { fetchOcsp } from './ocsp-fetch.ts';

/** A certificate whose issuer has a responder. */
export interface Stapleable extends CertificateWithIssuer {
  /** Address of the responder. */
  readonly responder: string;
}

/** Keeps the OCSP response of one certificate fresh. */
export interface Staple {
  readonly of: Stapleable;
  /** DER; undefined where none counts now. */
  current(): Buffer | undefined;
  start(): void;
  stop(): void;
}

/** One that does not say when it ends counts for so long: newer ones are to be had at any time (RFC 6960 4.2.2.1). */
const openEndedMs = hourMs;

export function staple(of: Stapleable, { clock, events }: { readonly clock: Clock; readonly events: Events }): Staple {
  const { subject } = describeX509(of.certificate);
  const { responder } = of;
  const request = createOcspRequest(of);
  let held: { readonly response: Buffer; readonly until: number } | undefined;
  let failures = 0;
  let cancel: (() => void) | undefined;
  let abort: AbortController | undefined;

  const askAfter = (delayMs: number): number => {
    cancel = clock.after(delayMs, () => void ask());
    return clock.now() + delayMs;
  };

  const fail = (problem: string): void => {
    const retry = isoTime(askAfter(Math.min(minuteMs * 2 ** failures, hourMs)));
    failures += 1;
    events.emit(stapleNotTaken, { subject, responder, problem, retry });
  };

  const take = (answer: OcspAnswer, response: Buffer): void => {
    failures = 0;
    if (answer.status.kind !== 'good') {
      held = undefined;
      askAfter(hourMs);
      events.emit(ownCertificateRevoked, { subject, responder, detail: detailOf(answer.status) });
      return;
    }
    const until = answer.nextUpdate ?? clock.now() + openEndedMs;
    held = { response, until };
    askAfter(refreshMs(answer.thisUpdate, until, clock.now()));
    events.emit(stapleTaken, { subject, responder, until: isoTime(until) });
  };

  const ask = async (): Promise<void> => {
    const { signal } = (abort = new AbortController());
    const response = await fetchOcsp(responder, request, signal);
    if (signal.aborted) return;
    if (typeof response === 'string') return fail(response);
    const answer = readOcspResponse(response, of, clock.now());
    if (typeof answer === 'string') return fail(answer);
    take(answer, response);
  };

  return {
    of,
    current: () => (held !== undefined && clock.now() < held.until ? held.response : undefined),
    start: () => void ask(),
    stop() {
      abort?.abort();
      cancel?.();
      cancel = undefined;
    },
  };
}

/** Half of its time is left for a responder that fails. */
const refreshMs = (thisUpdate: number, until: number, now: number): number =>
  Math.min(Math.max((thisUpdate + until) / 2 - now, minuteMs), dayMs);

const detailOf = (status: Exclude<OcspAnswer['status'], { kind: 'good' }>): string =>
  status.kind === 'unknown' ? 'is not known to it' : `was revoked on ${isoTime(status.at)} (${status.reason})`;
