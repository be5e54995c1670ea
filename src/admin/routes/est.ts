import { TLSSocket } from 'node:tls';
import { type Est, estPrefix } from '../../broker/est-port.ts';
import type { HttpPeer } from '../../http/handler.ts';
import { type AdminApp, type AdminContext, createApp } from '../http.ts';

/** `/.well-known/est/...`: hands requests over, with who is at the other end. @param peerOf who that is. */
export function estRoute(est: Est, peerOf: (context: AdminContext) => HttpPeer | undefined): AdminApp {
  const app = createApp();
  app.all(`${estPrefix}:operation{.+}`, async (context) => {
    const peer = peerOf(context);
    const { status, headers, body } = await est.handle({
      method: context.req.method,
      operation: context.req.param('operation'),
      contentType: context.req.header('content-type'),
      authorization: context.req.header('authorization'),
      lifetime: context.req.query('lifetime'),
      body: await readBody(context.req.raw, est.maxBodyBytes),
      address: peer?.address ?? 'an unknown peer',
      isSecure: peer?.protocol === 'https',
      certificate: certificateOf(context, peer),
    });
    context.header('Cache-Control', 'no-store');
    return context.body(body, status, headers);
  });
  return app;
}

/** @returns undefined where it is larger than that; the rest is not read. */
async function readBody({ body }: Request, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The peer says whether it was verified, the socket has the whole of it. */
function certificateOf({ env }: AdminContext, peer: HttpPeer | undefined): string | undefined {
  const socket = env?.incoming?.socket;
  if (peer?.tls?.certificate === undefined || !(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  const isSame = certificate?.fingerprint256.replaceAll(':', '').toLowerCase() === peer.tls.certificate.fingerprint256;
  return isSame ? certificate?.toString() : undefined;
}
