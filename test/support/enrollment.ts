import { join } from 'node:path';
import { createEnrollment, type Enrollment } from '../../src/enrollment/enroll.ts';
import { estHandler, maxEstBodyBytes } from '../../src/enrollment/est.ts';
import type { EstRequest, EstResponse } from '../../src/enrollment/est-request.ts';
import { enrollmentSchema } from '../../src/enrollment/schema.ts';
import { type TokenFile, tokenFile } from '../../src/enrollment/token-file.ts';
import { type CaFolder, openCaFolder } from '../../src/pki/folder/ca-folder.ts';
import { ensureCertificates } from '../../src/pki/folder/ensure.ts';
import { type CsrRequest, createCsr } from '../../src/pki/x509/csr.ts';
import { generateKey } from '../../src/pki/x509/keys.ts';
import { type RecordedTelemetry, recordedTelemetry } from './recorded-telemetry.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A CA in a folder of its own that devices enroll with, on a clock of the test. */
export interface EnrollmentBench extends AsyncDisposable {
  readonly directory: string;
  readonly folder: CaFolder;
  readonly tokens: TokenFile;
  readonly enrollment: Enrollment;
  readonly telemetry: RecordedTelemetry;
  /** Milliseconds since the epoch; may be set. */
  clock: { now: number };
  /** @param more fields of the token. @returns its text. */
  token(
    commonName: string,
    more?: { readonly names?: readonly string[]; readonly maxLifetimeMs?: number; readonly expiresMs?: number },
  ): Promise<string>;
  /** A request over https. */
  est(operation: string, request?: Partial<EstRequest>): Promise<EstResponse>;
  /** The same with a request for a certificate. */
  ask(csr: string | Buffer, request?: Partial<EstRequest>): Promise<EstResponse>;
  /** Certificates in the ledger. */
  issued(): Promise<number>;
}

export async function enrollmentBench(options: Readonly<Record<string, unknown>> = {}): Promise<EnrollmentBench> {
  const temporary = await temporaryDirectory();
  const directory = join(temporary.path, 'certs');
  const clock = { now: Date.now() };
  const now = (): number => clock.now;
  await ensureCertificates({ directory, names: [], hostname: 'box', now });
  const folder = openCaFolder({ directory, now, by: 'test', crlLifetimeMs: 86_400_000 });
  const tokens = tokenFile(directory, now);
  const telemetry = recordedTelemetry();
  const enrollment = createEnrollment(enrollmentSchema.parse(options), {
    folder,
    tokens,
    clock: { now, monotonic: passed(now), after: () => () => undefined },
    telemetry,
  });
  const handle = estHandler({ enrollment, events: telemetry.events });
  const est: EnrollmentBench['est'] = (operation, request = {}) =>
    handle({
      method: 'GET',
      operation,
      contentType: undefined,
      authorization: undefined,
      lifetime: undefined,
      body: Buffer.alloc(0),
      address: '192.0.2.1',
      isSecure: true,
      certificate: undefined,
      ...request,
    });
  return {
    directory,
    folder,
    tokens,
    enrollment,
    telemetry,
    clock,
    est,
    async token(commonName, { names = [], maxLifetimeMs, expiresMs = 3_600_000 } = {}) {
      const facts = { commonName, names, createdBy: 'test', expiresAt: now() + expiresMs };
      return (await tokens.create({ ...facts, ...(maxLifetimeMs === undefined ? {} : { maxLifetimeMs }) })).text;
    },
    ask(csr, request = {}) {
      const body = Buffer.from(csr);
      const contentType = 'application/pkcs10';
      const { operation = 'simpleenroll', ...rest } = request;
      return est(operation, {
        method: 'POST',
        contentType,
        body: body.length > maxEstBodyBytes ? undefined : body,
        ...rest,
      });
    },
    issued: async () => (await folder.ledger.read()).size,
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

/** A request with a new key. */
export async function newCsr(
  commonName: string,
  more: Partial<CsrRequest> = {},
): Promise<{ readonly csr: string; readonly key: string }> {
  const key = more.key ?? (await generateKey());
  return { csr: createCsr({ subject: { commonName }, ...more, key }), key };
}

export const basic = (userName: string, token: string): string =>
  `Basic ${Buffer.from(`${userName}:${token}`).toString('base64')}`;
export const bearer = (token: string): string => `Bearer ${token}`;

/** Time that has passed on a clock, which a clock that is set back does not take away. */
function passed(now: () => number): () => number {
  let last = now();
  let sum = 0;
  return () => {
    const at = now();
    sum += Math.max(0, at - last);
    last = at;
    return sum;
  };
}
