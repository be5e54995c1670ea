import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AskedFor, authenticationRequest } from '../../../test/support/authentication-request.ts';
import { authorizedClient } from '../../../test/support/authorized-client.ts';
import { certificateWith } from '../../../test/support/peer-certificate.ts';
import { type AuthorizedClient, noTrust } from '../../broker/ports.ts';
import { accessPlaceholders, authenticationPlaceholders, parseHttpTemplate } from './placeholders.ts';
import { requestTemplate } from './request-template.ts';
import { httpAccessSchema } from './schema.ts';

const url = 'http://127.0.0.1:8080/auth';
const optionsOf = (authenticate: object) =>
  httpAccessSchema.parse({ authenticate: { url, ...authenticate } }).authenticate!;
const filled = (authenticate: object, client: AskedFor, authorization?: string) =>
  requestTemplate(optionsOf(authenticate), authorization, authenticationPlaceholders).requestFor(
    authenticationRequest(client),
  );

const tls = {
  version: 'TLSv1.3',
  cipher: 'any',
  servername: undefined,
  isResumed: false,
  certificate: certificateWith({ commonNames: ['pump'] }),
};
const peer = { listener: 'devices', protocol: 'mqtts', address: '2001:db8::1', port: 7, tls } as const;
const ann = { peer, clientId: 'a b/c', username: 'ann&x=1', password: 'pä"ss' };

test('post sends user name, password and client id as JSON where nothing else is said', () => {
  expect(filled({}, ann)).toEqual({
    method: 'POST',
    url,
    headers: { accept: 'application/json', 'cache-control': 'no-cache', 'content-type': 'application/json' },
    body: '{"username":"ann&x=1","password":"pä\\"ss","clientid":"a b/c"}',
  });
});

test('all placeholders are there, and what a client does not have is empty', () => {
  const body = Object.fromEntries(
    ['peerhost', 'peerport', 'cert_common_name', 'cert_subject', 'listener', 'username'].map((name) => [
      name,
      `<\${${name}}>`,
    ]),
  );
  const bodyOf = (client: AskedFor) => {
    const request = filled({ body }, client);
    return typeof request === 'string' ? request : (JSON.parse(request.body ?? '') as unknown);
  };
  expect(bodyOf({ peer })).toEqual({
    peerhost: '<2001:db8::1>',
    peerport: '<7>',
    cert_common_name: '<pump>',
    cert_subject: '<CN=pump>',
    listener: '<devices>',
    username: '<>',
  });
  expect(bodyOf({})).toMatchObject({ cert_common_name: '<>', cert_subject: '<>', listener: '<local>' });
});

test('a form and the query of get are encoded, byte by byte', () => {
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const expected = 'username=ann%26x%3D1&password=p%C3%A4%22ss&clientid=a%20b%2Fc';
  expect(filled(form, ann)).toMatchObject({ body: expected });
  const request = filled({ method: 'get', url: `${url}/\${clientid}?v=1&c=\${clientid}` }, ann);
  expect(request).toMatchObject({ method: 'GET', url: `${url}/a%20b%2Fc?v=1&c=a%20b%2Fc&${expected}` });
  expect(request).not.toHaveProperty('body');
  expect(request).not.toHaveProperty('headers.content-type');
});

test('headers have values of the client and the secret of access.http.authenticate.authorization', () => {
  const headers = { 'x-client': 'id=${clientid}' };
  expect(filled({ headers }, ann, 'Bearer t')).toMatchObject({
    headers: { 'x-client': 'id=a b/c', authorization: 'Bearer t' },
  });
});

describe('a client does not get further than its value', () => {
  test.each(['a\r\nx-admin: 1', 'a\0', 'ä', '\u{1f600}'])('in a header: %j', (clientId) => {
    expect(filled({ headers: { 'x-client': '${clientid}' } }, { clientId })).toMatch(
      /cannot stand in the header x-client/,
    );
  });

  test.each(['.', '..'])('in the path: %j', (clientId) => {
    expect(filled({ url: `${url}/\${clientid}/x` }, { clientId })).toMatch(/another path/);
    expect(filled({ url: `${url}/\${clientid}` }, { clientId })).toMatch(/another path/);
  });

  test('in URL, query, form and JSON, whatever it sends', () => {
    const codePoint = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }));
    const text = fc.string({ unit: codePoint.map((code) => String.fromCodePoint(code)), maxLength: 20 });
    const getting = optionsOf({ method: 'get', url: `${url}/\${clientid}?u=\${username}`, body: {} });
    const templates = [getting, optionsOf({})].map((options) =>
      requestTemplate(options, undefined, authenticationPlaceholders),
    );
    fc.assert(
      fc.property(text, text, (clientId, username) => {
        fc.pre(!['.', '..'].includes(clientId));
        const client = authenticationRequest({ clientId, username });
        const [get, post] = templates.map((template) => template.requestFor(client));
        if (typeof get !== 'object') throw new Error(get);
        const read = new URL(get.url);
        expect(read.pathname.split('/')).toHaveLength(3);
        expect(decodeURIComponent(read.pathname.split('/')[2] ?? '')).toBe(clientId);
        expect([...read.searchParams]).toEqual([['u', username]]);
        expect(typeof post === 'object' && JSON.parse(post.body ?? '')).toMatchObject({ clientid: clientId, username });
      }),
    );
  });

  test('a password that is no text is refused in JSON, and goes into a form as it is', () => {
    const request = { ...authenticationRequest(ann), password: Buffer.from([0xff, 0x00]) };
    expect(requestTemplate(optionsOf({}), undefined, authenticationPlaceholders).requestFor(request)).toBe(
      'what it sends is not UTF-8',
    );
    const form = optionsOf({ headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(requestTemplate(form, undefined, authenticationPlaceholders).requestFor(request)).toMatchObject({
      body: expect.stringContaining('password=%FF%00'),
    });
  });
});

test('whether the password is asked for is known', () => {
  expect(requestTemplate(optionsOf({}), undefined, authenticationPlaceholders).hasPassword).toBe(true);
  expect(
    requestTemplate(optionsOf({ body: { c: '${clientid}' } }), undefined, authenticationPlaceholders).hasPassword,
  ).toBe(false);
});

test('templates: dollars and braces that are no placeholder stay as they are', () => {
  expect(parseHttpTemplate('a$b{c}$', authenticationPlaceholders)).toEqual(['a', '$', 'b{c}', '$']);
  expect(parseHttpTemplate('', authenticationPlaceholders)).toEqual([]);
  expect(parseHttpTemplate('${zone}', authenticationPlaceholders)).toMatch(
    /^there is no \$\{zone\}; there are \$\{username\}/,
  );
  expect(parseHttpTemplate('${__proto__}', authenticationPlaceholders)).toMatch(/^there is no/);
});

describe('settings that cannot work are refused', () => {
  test.each([
    [{ url: 'ftp://host/' }, 'url'],
    [{ url: 'http://user:pw@host/' }, 'url'],
    [{ url: 'http://${clientid}.example.com/' }, 'url'],
    [{ url: 'http://host/#a' }, 'url'],
    [{ url: 'http://host/${nobody}' }, 'url'],
    [{ body: { a: '${nobody}' } }, 'body.a'],
    [{ headers: { 'X-A': '' } }, 'headers.X-A'],
    [{ headers: { 'content-type': 'text/plain' } }, 'headers.content-type'],
    [{ method: 'get', headers: { 'content-type': 'application/json' } }, 'headers.content-type'],
  ])('%j', (authenticate, path) => {
    const parsed = httpAccessSchema.safeParse({ authenticate: { url, ...authenticate } });
    expect(parsed.error?.issues.map((issue) => ['authenticate', path].join('.') === issue.path.join('.'))).toContain(
      true,
    );
  });
});

describe('what a client may do is asked', () => {
  const access = (authorize: object = {}) =>
    requestTemplate(
      httpAccessSchema.parse({ authorize: { url, ...authorize } }).authorize!,
      undefined,
      accessPlaceholders,
    );
  const request = { action: 'publish', topic: 'a/b', qos: 1, isRetained: true } as const;
  const client = authorizedClient({ user: 'ann', claims: { role: 'admin', list: [1] } });

  test('with user name, client id, action and topic where nothing else is said', () => {
    expect(access().requestFor({ client, request })).toMatchObject({
      method: 'POST',
      url,
      body: '{"username":"ann","clientid":"c","action":"publish","topic":"a/b"}',
    });
  });

  test('with all placeholders that the authorizer of EMQX has, as text', () => {
    const names = ['qos', 'retain', 'peerhost', 'proto_name', 'mountpoint', 'client_attrs.role', 'client_attrs.list'];
    const body = Object.fromEntries(names.map((name) => [name, `\${${name}}`]));
    const filledIn = access({ body }).requestFor({ client, request });
    expect(typeof filledIn === 'object' && JSON.parse(filledIn.body ?? '')).toEqual({
      qos: '1',
      retain: 'true',
      peerhost: '10.1.2.3',
      proto_name: 'MQTT',
      mountpoint: '',
      'client_attrs.role': 'admin',
      'client_attrs.list': '',
    });
  });

  test('without a user name of those whom nobody vouches for, and without what is unknown of a client that is gone', () => {
    const body = { u: '${username}', h: '${peerhost}' };
    const of = (asked: AuthorizedClient) => access({ body }).requestFor({ client: asked, request });
    expect(of({ ...client, principal: 'anonymous', trust: noTrust })).toMatchObject({
      body: '{"u":"","h":"10.1.2.3"}',
    });
    expect(of(authorizedClient({ isGone: true }))).toMatchObject({ body: '{"u":"me","h":""}' });
  });

  test('no topic leads to another question, in URL, query or JSON', () => {
    const levels = fc.array(
      fc.string({ unit: fc.constantFrom('a', '.', '%', '?', '&', '=', '#', '+', '"', '\\', 'ä', '$', '{') }),
    );
    const getting = access({ method: 'get', url: `${url}/\${topic}?t=\${topic}&a=\${action}`, body: {} });
    fc.assert(
      fc.property(levels, (parts) => {
        const topic = parts.join('/');
        fc.pre(!['.', '..'].includes(topic)); // which are refused in a path
        const about = { client, request: { ...request, topic } };
        const posted = access().requestFor(about);
        expect(typeof posted === 'object' && JSON.parse(posted.body ?? '')).toMatchObject({ topic, action: 'publish' });
        const got = getting.requestFor(about);
        if (typeof got === 'string') throw new Error(got);
        const read = new URL(got.url);
        expect(read.pathname.split('/')).toHaveLength(3);
        expect(decodeURIComponent(read.pathname.split('/')[2] ?? '')).toBe(topic);
        expect([...read.searchParams]).toEqual([
          ['t', topic],
          ['a', 'publish'],
        ]);
      }),
    );
  });

  test('${password} is nothing that anybody knows then', () => {
    expect(() => access({ body: { p: '${password}' } })).toThrow(/there is no \$\{password\}/);
  });
});
