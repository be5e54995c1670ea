import type { X509Certificate } from 'node:crypto';
import { type RequestOptions, request } from 'node:https';
import { estPrefix } from '../../enrollment/est-request.ts';
import { readBase64, readCertsOnly } from '../../enrollment/pkcs7.ts';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import { printable } from '../../kernel/printable.ts';
import { base64OfPem } from '../../pki/x509/pem-blocks.ts';
import { usage } from '../connection-options.ts';

/** An EST server (RFC 7030), and how to speak with it. */
export interface EstServer {
  readonly url: URL;
  /** PEM; the public CAs when left out. */
  readonly ca: string | undefined;
  /** The certificate that is renewed. */
  readonly identity?: { readonly cert: string; readonly key: string };
  readonly token?: { readonly userName: string; readonly text: string };
}

const timeoutMs = 30_000;
const maxAnswerBytes = 1_048_576;

/** @throws AppError usage */
export function estServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url;
  throw usage(`--server: give an https address without user and password, e.g. https://localhost:8084`);
}

/** The CAs of the server. @throws AppError `client-failed` or `client-refused`. */
export const fetchCaCertificates = (server: EstServer): Promise<readonly X509Certificate[]> =>
  ask(server, 'cacerts', undefined);

/** @param csr PEM. @param lifetime e.g. `30d`. @returns the certificates of the answer. @throws the same. */
export const sendRequest = (
  server: EstServer,
  operation: 'simpleenroll' | 'simplereenroll',
  csr: string,
  lifetime: string | undefined,
): Promise<readonly X509Certificate[]> =>
  ask(
    server,
    lifetime === undefined ? operation : `${operation}?lifetime=${encodeURIComponent(lifetime)}`,
    base64OfPem(csr),
  );

async function ask(
  { url, ca, identity, token }: EstServer,
  operation: string,
  body: string | undefined,
): Promise<readonly X509Certificate[]> {
  const target = new URL(estPrefix + operation, url);
  const { status, text } = await exchange(
    target,
    {
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      ...(ca === undefined ? {} : { ca }),
      ...identity,
      ...(token === undefined ? {} : { auth: `${token.userName}:${token.text}` }),
      headers:
        body === undefined
          ? {}
          : {
              'Content-Type': 'application/pkcs10',
              'Content-Transfer-Encoding': 'base64',
              'Content-Length': body.length,
            },
    },
    body,
  );
  if (status !== 200) {
    const said = printable(text.trim().slice(0, 1_000));
    throw new AppError(
      'client-refused',
      `${url.host} refused (${status}): ${said === '' ? 'it gave no reason' : said}`,
    );
  }
  const der = readBase64(text);
  const certificates = der === undefined ? 'is no base64' : readCertsOnly(der);
  if (typeof certificates !== 'string' && certificates.length > 0) return certificates;
  const problem = typeof certificates === 'string' ? certificates : 'holds no certificate';
  throw new AppError('client-failed', `the answer of ${url.host} ${problem}; is that an EST server?`);
}

function exchange(
  target: URL,
  options: RequestOptions,
  body: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(failed(target, cause));
    const asking = request(target, { ...options, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxAnswerBytes) response.destroy(new Error(`the answer has more than ${maxAnswerBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asking.on('error', fail);
    asking.end(body);
  });
}

const certificateCodes = /CERT|SELF_SIGNED|ISSUER|ALTNAME/;

function failed({ host }: URL, cause: unknown): AppError {
  const code = systemCode(cause) ?? '';
  const cure = certificateCodes.test(code)
    ? 'give the root of its CA with --ca'
    : code === 'ECONNREFUSED'
      ? 'nothing listens there; check --server'
      : 'check --server, and what the log of the broker says';
  return new AppError('client-failed', `${host} cannot be asked: ${printable(messageOf(cause))}; ${cure}`, { cause });
}
