import { z } from 'zod';
import { topicFilterProblem, topicNameProblem } from '../../../mqtt/topic.ts';
import { isWellFormed, maxTextBytes } from '../../../mqtt/utf8.ts';

/** Name of the format in the first line of an export. */
export const exportFormat = 'viaduct-store';
/** Rises with every change of the lines that an older program would misread. */
export const exportVersion = 1;

const text = z.string().refine((value) => isWellFormed(value) && Buffer.byteLength(value) <= maxTextBytes, {
  error: `use well-formed text of at most ${maxTextBytes} bytes`,
});
const bytes = z.string().transform((value, context) => {
  const decoded = Buffer.from(value, 'base64');
  if (decoded.toString('base64') === value) return decoded;
  context.addIssue({ code: 'custom', message: 'it is not base64', input: '...' });
  return z.NEVER;
});
const checked = (problemOf: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);
const milliseconds = z
  .int()
  .min(0)
  .max(2 ** 48 - 1);
const u16 = z.int().min(1).max(65_535);
const u32 = z.int().min(0).max(4_294_967_295);
const identifier = z.int().min(1).max(268_435_455);

const properties = z.strictObject({
  payloadFormatIndicator: z.union([z.boolean(), z.number()]).optional(),
  messageExpiryInterval: z.number().optional(),
  contentType: text.optional(),
  responseTopic: text.optional(),
  correlationData: bytes.optional(),
  userProperties: z.record(z.string(), z.union([text, z.array(text)])).optional(),
  userPropertyList: z.array(z.tuple([text, text])).optional(),
  willDelayInterval: z.number().optional(),
});

/** A message, wherever it stands. */
const message = {
  topic: checked(topicNameProblem),
  /** Base64. */
  payload: bytes,
  /** The payload was given as text; left out for bytes. */
  isText: z.literal(true).optional(),
  qos,
  retain: z.boolean(),
  /** Milliseconds since the epoch. */
  expiresAt: milliseconds.min(1).optional(),
  /** With `counter` the identity of a message: the run of a node, and its number there. */
  node: text.optional(),
  counter: z.number().min(0).optional(),
  publisher: text.optional(),
  properties: properties.optional(),
};
const queuedAt = milliseconds;

/** What the lines of an export say. */
export const exportRecord = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('export'),
    format: z.literal(exportFormat),
    version: z.literal(exportVersion, {
      error: `it is not version ${exportVersion}, which this program reads; use the program that wrote it`,
    }),
  }),
  z.strictObject({
    type: z.literal('client'),
    clientId: text,
    session: z
      .strictObject({
        principal: text,
        trust: text.optional(),
        expirySeconds: u32,
        disconnectedAt: milliseconds.optional(),
      })
      .optional(),
  }),
  z.strictObject({
    type: z.literal('subscription'),
    clientId: text,
    filter: checked(topicFilterProblem),
    qos,
    retainHandling: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
    retainAsPublished: z.boolean().optional(),
    noLocal: z.boolean().optional(),
    identifier: identifier.optional(),
  }),
  z.strictObject({
    type: z.literal('message'),
    clientId: text,
    queuedAt,
    ...message,
    identifiers: z.array(identifier).max(65_535).optional(),
    /** Filters of the shared subscriptions that it came through, where it came through no other. */
    shared: z.array(checked(topicFilterProblem)).min(1).optional(),
    /** It was sent under this identifier. */
    packetId: u16.optional(),
  }),
  z.strictObject({
    type: z.literal('release'),
    clientId: text,
    packetId: u16,
    queuedAt,
    qos,
    expiresAt: message.expiresAt,
    node: message.node,
    counter: message.counter,
  }),
  z.strictObject({ type: z.literal('inbound'), clientId: text, packetId: u16 }),
  z.strictObject({
    type: z.literal('will'),
    clientId: text,
    ...message,
    /** The node that holds it. */
    brokerId: text,
    publishAt: milliseconds.optional(),
  }),
  z.strictObject({ type: z.literal('retained'), queuedAt, ...message }),
]);

/** As read, with bytes decoded. */
export type ExportRecord = z.output<typeof exportRecord>;
/** As it stands in a line. */
export type ExportLine = z.input<typeof exportRecord>;
export type RecordOf<T extends ExportRecord['type']> = Extract<ExportRecord, { readonly type: T }>;
export type LineOf<T extends ExportLine['type']> = Extract<ExportLine, { readonly type: T }>;
