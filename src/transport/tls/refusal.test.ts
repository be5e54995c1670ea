import { describe, expect, test } from 'vitest';
import { certificateRefusal, handshakeRefusal } from './refusal.ts';

const failure = (code: string, reason?: string): Error =>
  Object.assign(new Error(`80ACE2DB737F0000:error:0A0000C7:SSL routines:x:${reason ?? code}:../deps/x.cc:1:`), {
    code,
    ...(reason === undefined ? {} : { reason }),
  });

describe('a failed handshake', () => {
  test.each([
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'no-certificate', /sent no certificate/],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'tls-version', /TLS 1\.1 or older/],
    ['ERR_SSL_NO_SHARED_CIPHER', 'tls-cipher', /no cipher/],
    ['ERR_SSL_PSK_IDENTITY_NOT_FOUND', 'unknown-psk', /psk\.identities does not have/],
    ['ERR_SSL_BINDER_DOES_NOT_VERIFY', 'unknown-psk', /another key for its identity/],
    ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'tls-failed', /the client has another one/],
    ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'alpn', /none of the protocols/],
    ['ERR_SSL_HTTP_REQUEST', 'http-on-tls-port', /plain HTTP request on a TLS port/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'not-tls', /plain MQTT on a TLS port/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'certificate-distrusted', /root-ca\.pem/],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'certificate-distrusted', /CA file/],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'certificate-distrusted', /name or CA/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls-version', /refuses TLS 1\.2/],
  ] as const)('%s is put into words', (code, reason, words) => {
    const refusal = handshakeRefusal(failure(code));
    expect(refusal?.reason).toBe(reason);
    expect(refusal?.detail).toMatch(words);
  });

  test('of a kind we have no words for is shown in those of OpenSSL, without numbers', () => {
    expect(handshakeRefusal(failure('ERR_SSL_DIGEST_CHECK_FAILED', 'digest check failed'))).toEqual({
      reason: 'tls-failed',
      detail: 'TLS handshake failed: digest check failed',
    });
  });

  test('is none where the client went away', () => {
    expect(handshakeRefusal(failure('ECONNRESET'))).toBeUndefined();
    expect(handshakeRefusal(failure('EPIPE'))).toBeUndefined();
  });
});

describe('a client certificate that did not verify', () => {
  const now = Date.parse('2026-11-21T00:00:00Z');
  const certificate = {
    subject: 'CN=pump-7, O=Plant',
    issuer: 'CN=Old CA',
    validFrom: Date.parse('2025-01-01T00:00:00Z'),
    validTo: Date.parse('2026-01-01T00:00:00Z'),
  };

  test.each([
    [
      'CERT_HAS_EXPIRED',
      'certificate-expired',
      'client certificate "CN=pump-7, O=Plant" expired on 2026-01-01T00:00:00Z',
    ],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknown-ca', /issued by "CN=Old CA", which is not in the trust anchors/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unknown-ca', /issued by "CN=Old CA"/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unknown-ca', /self-signed/],
    ['CERT_SIGNATURE_FAILURE', 'certificate-rejected', /older or a foreign CA/],
    ['INVALID_PURPOSE', 'certificate-rejected', /clientAuth/],
    ['CERT_REVOKED', 'certificate-rejected', /revoked/],
    ['SOMETHING_NEW', 'certificate-rejected', /verification says SOMETHING_NEW/],
  ] as const)('by %s is put into words', (code, reason, words) => {
    const refusal = certificateRefusal(code, certificate, now);
    expect(refusal.reason).toBe(reason);
    expect(refusal.detail).toMatch(words);
  });

  test('because it begins in the future is shown with that time', () => {
    const early = { ...certificate, validFrom: Date.parse('2027-01-01T00:00:00Z') };
    expect(certificateRefusal('CERT_NOT_YET_VALID', early, now).detail).toContain(
      'not valid before 2027-01-01T00:00:00Z',
    );
  });

  test('although its own time is not over has an expired CA above it', () => {
    const current = { ...certificate, validTo: Date.parse('2027-01-01T00:00:00Z') };
    expect(certificateRefusal('CERT_HAS_EXPIRED', current, now).detail).toContain('a CA in its chain has expired');
  });
});
