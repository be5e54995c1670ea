/** What stands for a secret wherever one could be shown. */
export const hidden = '***';

/** A whole text that is a URL, or was meant to be one: the schemes of the web need no slashes. */
const isUrl = /^\s*(?:[a-z][a-z0-9+.-]*:[/\\]|(?:https?|wss?):)\S/i;

/** What user and password stand behind. Looking for the scheme before it would cost the square of the length of a long text. */
const beforeAuthority = /(?:\b(?:https?|wss?):|:(?=[/\\]))[/\\]*/i;

/** A host alone and a path: a colon could be that of `user:1/2@host`. */
const hostAndPath = /^[^:@/?#]*[/?#][^:@]*$/;

/**
 * A text as it may be shown: of each URL in it what stands before the host is hidden, `nats://***@host`, also where it is
 * no URL after all. Rather too much: a password may hold anything, an `@` too. Takes the time that the length takes.
 */
export function withoutCredentials(text: string): string {
  if (!text.includes('@')) return text;
  return isUrl.test(text) ? hideBeforeHost(text) : text.replaceAll(/\S+/g, (word) => hideBeforeHost(word));
}

function hideBeforeHost(text: string): string {
  const marker = beforeAuthority.exec(text);
  const end = text.lastIndexOf('@');
  if (marker === null || end === -1) return text;
  const start = marker.index + marker[0].length;
  if (start > end || hostAndPath.test(text.slice(start, end))) return text;
  return `${text.slice(0, start)}${hidden}${text.slice(end)}`;
}
