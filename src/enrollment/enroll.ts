import { type Clock, isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { tokenBuckets } from '../kernel/token-buckets.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import { createDecision, tooMany } from './decide.ts';
import { certificateEnrolled, enrollmentFailed, enrollmentPutOff, enrollmentRefused } from './events.ts';
import { refusalOf } from './judge.ts';
import type { EnrollmentOutcome, EnrollmentRefusal, EnrollmentRequest } from './outcome.ts';
import type { EnrollmentOptions } from './schema.ts';
import type { TokenFile } from './token-file.ts';

export interface EnrollmentDeps {
  readonly folder: CaFolder;
  readonly tokens: TokenFile;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'events'>;
}

/** Gives certificates to devices that ask for them, whichever way they do. */
export interface Enrollment {
  readonly folder: CaFolder;
  /** Never throws; what goes wrong on our side is `unavailable`. */
  enroll(request: EnrollmentRequest): Promise<EnrollmentOutcome>;
  /** The same for what cannot even be read, so that it is counted and limited too. */
  refuse(request: Pick<EnrollmentRequest, 'via' | 'peer'>, reason: string): EnrollmentRefusal;
}

/** Requests that wait for their turn; each takes some milliseconds of the CA. */
const maxWaiting = 200;
/** Of one address or client: enough for a building behind one address, too little to keep the others out. */
const perPeer = { burst: 50, fillMs: 10_000, maxKeys: 10_000 } as const;

export function createEnrollment(options: EnrollmentOptions, deps: EnrollmentDeps): Enrollment {
  const { folder, tokens, clock } = deps;
  const { events } = deps.telemetry;
  const { requestsPerSecond: perSecond } = options;
  const ofPeers = tokenBuckets(perPeer, clock);
  // strangers are not counted here, so that they do not use it up
  const overall = tokenBuckets({ burst: 5 * perSecond, fillMs: 5_000, maxKeys: 1 }, clock);
  const decide = createDecision(options, { folder, tokens, hasRoom: () => overall.take('') });
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const decideSafely = async (request: EnrollmentRequest): Promise<EnrollmentOutcome> => {
    try {
      return await decide(request);
    } catch (cause) {
      const refusal = refusalOf(cause);
      if (refusal !== undefined) return refusal;
      events.emit(enrollmentFailed, { via: request.via, peer: request.peer, problem: messageOf(cause) });
      return unavailable;
    }
  };

  /** One after the other: each reads and writes the ledger. */
  const inTurn = (request: EnrollmentRequest): Promise<EnrollmentOutcome> => {
    if (waiting >= maxWaiting || !ofPeers.take(request.peer)) return Promise.resolve(tooMany);
    waiting += 1;
    const result = last.then(() => decideSafely(request)).finally(() => (waiting -= 1));
    last = result;
    return result;
  };

  const refused = <R extends EnrollmentRefusal>(
    { via, peer }: Pick<EnrollmentRequest, 'via' | 'peer'>,
    refusal: R,
  ): R => {
    const { kind: why, reason } = refusal;
    if (why === 'busy') events.emit(enrollmentPutOff, { via, peer });
    else if (why !== 'unavailable') events.emit(enrollmentRefused, { via, peer, why, reason });
    return refusal;
  };

  return {
    folder,
    refuse: (request, reason) => refused(request, ofPeers.take(request.peer) ? { kind: 'malformed', reason } : tooMany),
    async enroll(request) {
      const { via, peer } = request;
      const outcome = await inTurn(request);
      if (outcome.kind !== 'issued') return refused(request, outcome);
      const { subject, serialNumber, issuedBy: by, notAfter } = outcome.issued.entry;
      events.emit(certificateEnrolled, { via, peer, subject, serialNumber, by, until: isoTime(notAfter) });
      return outcome;
    },
  };
}

const unavailable: EnrollmentRefusal = {
  kind: 'unavailable',
  reason: 'the CA cannot issue now; the log of the broker says why. Try again later',
};
