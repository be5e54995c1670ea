import { z } from 'zod';
import { byteSize, secretReference } from '../../kernel/schema.ts';
import { aboutAccess, aboutIdentity, serviceFields } from '../outside/schema.ts';
import {
  accessPlaceholders,
  authenticationPlaceholders,
  type Placeholders,
  parseHttpTemplate,
} from './placeholders.ts';

/** Text with `${username}` and the like. */
const templateOf = (placeholders: Pick<Placeholders<never>, 'names' | 'valueOf'>) =>
  z.string().superRefine((text, context) => {
    const parsed = parseHttpTemplate(text, placeholders);
    if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed, input: text });
  });

const listOf = ({ names }: { readonly names: readonly string[] }): string =>
  names.map((name) => `\`\${${name}}\``).join(', ');

const origin = /^https?:\/\/[^/?#@\s$]+([/?]|$)/;

/** How a server is asked, whatever about. */
function requestFields(
  placeholders: Pick<Placeholders<never>, 'names' | 'valueOf'>,
  body: Readonly<Record<string, string>>,
  unavailable: string,
) {
  const template = templateOf(placeholders);
  return {
    method: z.enum(['post', 'get']).prefault('post').meta({
      description:
        'How it is asked. With `get`, what is sent stands in URLs, passwords too, and so in the logs of servers.',
      reload: 'live',
    }),
    url: template
      .refine((url) => origin.test(url) && !/[\s#]/.test(url), {
        error: 'write https://host/path; no credentials, fragment or placeholder stands before the path',
      })
      .meta({
        description: `Whom to ask. In URL, \`headers\` and \`body\`: ${listOf(placeholders)}; what a client does not have is empty.`,
        reload: 'live',
      }),
    headers: z
      .record(z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'write the name in lower case' }), template)
      .prefault({})
      .meta({
        description:
          'Headers. `content-type` of a `post` is `application/json`, or `application/x-www-form-urlencoded`, which makes a form of `body`.',
        reload: 'live',
        secret: true,
      }),
    authorization: secretReference.optional().meta({
      description: 'Value of the header `authorization`, by file or environment variable, e.g. `Bearer ...`.',
      reload: 'live',
      secret: true,
    }),
    body: z
      .record(z.string(), template)
      .prefault(body)
      .meta({ description: 'What is sent: a JSON object or a form; with `get` a query.', reload: 'live' }),
    ca: z.string().min(1).optional().meta({
      description: 'PEM file of the trust anchors of the server. Left out: those that Node has.',
      reload: 'live',
    }),
    connections: z
      .int()
      .min(1)
      .max(1_024)
      .prefault(8)
      .meta({
        description: 'Connections at the same time, which are kept; more questions wait for one of them.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'What the backend gets to do at once, whatever number of clients comes.',
          client: 'It waits, within `timeout`.',
        },
      }),
    size: byteSize
      .refine((bytes) => bytes >= 256 && bytes <= 1_048_576, { error: 'use 256B to 1MiB' })
      .prefault('64KiB')
      .meta({
        description: 'Largest answer.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Answers have some hundred bytes.',
          client: unavailable,
          metric: 'auth_service_answers_total{outcome="failed"}',
        },
      }),
  };
}

interface Typed {
  readonly method: 'post' | 'get';
  readonly headers: Readonly<Record<string, string>>;
}

function checkContentType({ method, headers }: Typed, context: z.RefinementCtx<Typed>): void {
  const type = headers['content-type'];
  const isKnown = /^application\/(json|x-www-form-urlencoded)(;|$)/.test(type ?? 'application/json');
  const message =
    method === 'get' && type !== undefined
      ? 'a request with get has no content-type; leave it out, or use post'
      : 'use application/json or application/x-www-form-urlencoded';
  if ((method === 'get' && type !== undefined) || !isKnown)
    context.addIssue({ code: 'custom', path: ['headers', 'content-type'], message });
}

const authenticateSchema = z
  .strictObject({
    ...requestFields(
      authenticationPlaceholders,
      { username: '${username}', password: '${password}', clientid: '${clientid}' },
      aboutIdentity.unavailable,
    ),
    ...serviceFields(aboutIdentity),
  })
  .superRefine(checkContentType)
  .optional()
  .meta({
    description: 'A server that is asked who a client is, in the words of the HTTP authenticator of EMQX 5.',
    reload: 'live',
  });

const authorizeSchema = z
  .strictObject({
    ...requestFields(
      accessPlaceholders,
      { username: '${username}', clientid: '${clientid}', action: '${action}', topic: '${topic}' },
      aboutAccess.unavailable,
    ),
    ...serviceFields(aboutAccess),
  })
  .superRefine(checkContentType)
  .optional()
  .meta({
    description:
      'A server that is asked what a client may do where no rule says it, in the words of the HTTP authorizer of EMQX 5.',
    reload: 'live',
  });

export const httpAccessSchema = z
  .strictObject({ authenticate: authenticateSchema, authorize: authorizeSchema })
  .prefault({})
  .meta({ description: 'Servers that are asked over HTTP.', reload: 'live' });

/** How a server is asked, whatever about. */
export type HttpServiceOptions = NonNullable<z.output<typeof authenticateSchema>>;
/** What it is sent. */
export type HttpRequestOptions = Pick<HttpServiceOptions, 'method' | 'url' | 'headers' | 'body'>;
