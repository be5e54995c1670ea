import { ConfigError } from '../../kernel/errors.ts';
import type { HttpRequest } from '../outside/http-client.ts';
import {
  asHeaderPart,
  asUrlPart,
  fillRequest,
  type HttpTemplate,
  type Placeholders,
  parseHttpTemplate,
  uses,
  utf8Of,
} from './placeholders.ts';
import type { HttpRequestOptions } from './schema.ts';

type Entry<Q> = readonly [name: string, template: HttpTemplate<Q>];

export interface RequestTemplate<Q> {
  /** It asks for the password, so that who answers has looked at it. */
  readonly hasPassword: boolean;
  /** @returns the sentence that says what of the question cannot be written into it */
  requestFor(question: Q): HttpRequest | string;
}

/**
 * What is sent for each question.
 * @param authorization value of the header of this name; undefined: none
 * @throws ConfigError where a template is wrong, which the schema finds before
 */
export function requestTemplate<Q>(
  options: HttpRequestOptions,
  authorization: string | undefined,
  placeholders: Placeholders<Q>,
): RequestTemplate<Q> {
  const parsed = (text: string): HttpTemplate<Q> => {
    const template = parseHttpTemplate(text, placeholders);
    if (typeof template === 'string') throw new ConfigError('config-invalid', `access.http: ${template}`);
    return template;
  };
  const entriesOf = (record: Readonly<Record<string, string>>): readonly Entry<Q>[] =>
    Object.entries(record).map(([name, text]) => [name, parsed(text)]);
  const method = options.method === 'get' ? 'GET' : 'POST';
  const [origin = '', path = ''] = splitUrl(options.url);
  const at = path.indexOf('?');
  const pathTemplate = parsed(at === -1 ? path : path.slice(0, at));
  const queryTemplate = parsed(at === -1 ? '' : path.slice(at + 1));
  const headers = entriesOf(options.headers);
  const body = entriesOf(options.body);
  const isForm = options.headers['content-type']?.startsWith(formType) === true;
  const all = [pathTemplate, queryTemplate, ...[...headers, ...body].map(([, template]) => template)];
  const common = {
    accept: 'application/json',
    'cache-control': 'no-cache',
    ...(method === 'POST' ? { 'content-type': jsonType } : {}),
  };
  const fixed = authorization === undefined ? common : { ...common, authorization };

  return {
    hasPassword: all.some((template) => uses(template, 'password')),
    requestFor(question) {
      const target = fillRequest(pathTemplate, question, asUrlPart) ?? '';
      if (/(^|\/)\.{1,2}(\/|$)/.test(target)) return 'what it sends would lead to another path of the URL';
      const filled: Record<string, string> = { ...fixed };
      for (const [name, template] of headers) {
        const value = fillRequest(template, question, asHeaderPart);
        if (value === undefined) return `what it sends cannot stand in the header ${name}`;
        filled[name] = value;
      }
      const query = [fillRequest(queryTemplate, question, asUrlPart) ?? ''];
      if (method === 'GET') query.push(formOf(body, question));
      const search = query.filter((part) => part !== '').join('&');
      const url = `${origin}${target === '' ? '/' : target}${search === '' ? '' : `?${search}`}`;
      if (method === 'GET') return { method, url, headers: filled };
      const text = isForm ? formOf(body, question) : jsonOf(body, question);
      return text === undefined ? 'what it sends is not UTF-8' : { method, url, headers: filled, body: text };
    },
  };
}

export const jsonType = 'application/json';
export const formType = 'application/x-www-form-urlencoded';

/** Origin, and the rest without its fragment. */
const splitUrl = (url: string): readonly string[] => /^(https?:\/\/[^/?#\s]+)([^#\s]*)$/.exec(url)?.slice(1) ?? [];

const formOf = <Q>(entries: readonly Entry<Q>[], question: Q): string =>
  entries.map(([name, template]) => `${asUrlPart(name)}=${fillRequest(template, question, asUrlPart) ?? ''}`).join('&');

function jsonOf<Q>(entries: readonly Entry<Q>[], question: Q): string | undefined {
  const filled = entries.map(([name, template]) => [name, fillRequest(template, question, utf8Of)] as const);
  return filled.some(([, value]) => value === undefined) ? undefined : JSON.stringify(Object.fromEntries(filled));
}
