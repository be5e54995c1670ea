import { everyone } from '../http/router/access.ts';
import { type Route, type RouteRequest, route } from '../http/router/route.ts';
import { maxEstBodyBytes } from './est.ts';
import { type EstHandler, estPrefix } from './est-request.ts';

/** `/.well-known/est/...`, which has its own answers to whatever is wrong (RFC 7030): hands over what is asked, and by whom. */
export function estRoutes(handle: EstHandler): readonly Route[] {
  const ask = (
    { method, headers, query, peer, parameters: { operation } }: RouteRequest<'operation'>,
    body: Buffer | undefined,
  ) =>
    handle({
      method,
      operation,
      contentType: headers['content-type'],
      authorization: headers.authorization,
      lifetime: query.get('lifetime') ?? undefined,
      body,
      address: peer.address,
      isSecure: peer.protocol === 'https',
      certificate: peer.tls?.certificate?.pem(),
    });
  return [
    route('*', `${estPrefix}*operation`, {
      access: everyone,
      body: { maxBytes: maxEstBodyBytes, tooLarge: (request) => ask(request, undefined) },
      handle: (request) => ask(request, request.body),
    }),
  ];
}
