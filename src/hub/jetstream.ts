const apiPrefix = '$JS.API.';

/** Answers whose type is not simply named after the request. */
const typeNames: ReadonlyMap<string, string> = new Map([
  ['INFO', 'account_info'],
  ['CONSUMER.DURABLE', 'consumer_create'],
  ['STREAM.MSG', 'stream_msg_get'],
]);

/**
 * The answer to a JetStream request. The hub has no JetStream; without an answer clients would wait for their time-out.
 * @returns undefined for subjects that are not the JetStream API.
 */
export function jetStreamRefusal(subject: string): string | undefined {
  if (!subject.startsWith(apiPrefix)) return undefined;
  const [area = '', verb = ''] = subject.slice(apiPrefix.length).split('.');
  const asked = verb === '' ? area : `${area}.${verb}`;
  const known = typeNames.get(asked);
  const isPlain = /^(STREAM|CONSUMER)\.[A-Z]{2,16}$/.test(asked);
  const name = known ?? (isPlain ? asked.toLowerCase().replace('.', '_') : 'error');
  return JSON.stringify({
    type: `io.nats.jetstream.api.v1.${name}_response`,
    error: {
      code: 503,
      err_code: 10_076,
      description:
        'JetStream not enabled: the embedded hub has no JetStream; configure nats.servers with a nats-server -js',
    },
  });
}
