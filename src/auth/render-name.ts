import type { PeerCertificate } from '../broker/ports.ts';
import { labelOf, valuesOf } from './certificate-field.ts';
import { type FieldPart, isField, star, type Template, unsafeCharacter } from './template.ts';

/** A template filled in: text, and where the template has a `*`, what follows that. */
export interface Rendered {
  readonly kind: 'rendered';
  readonly text: string;
  readonly afterStar: string | undefined;
}

/** Why a certificate does not fit a template: a clause whose subject is the certificate. */
export interface Unfit {
  readonly kind: 'unfit';
  readonly why: string;
}

/** Longest user name or client id that a template makes, in UTF-16 units. */
const maxLength = 256;

/** Fills in the values of a certificate. */
export function renderName({ parts, source }: Template, certificate: PeerCertificate): Rendered | Unfit {
  let text = '';
  let afterStar: string | undefined;
  for (const part of parts) {
    if (part === star) {
      afterStar = '';
      continue;
    }
    const value = isField(part) ? valueOf(part, certificate) : part;
    if (typeof value === 'object') return value;
    if (afterStar === undefined) text += value;
    else afterStar += value;
  }
  const length = text.length + (afterStar?.length ?? 0);
  if (length > maxLength)
    return unfit(`makes a name of ${length} characters from "${source}"; ${maxLength} are allowed`);
  return { kind: 'rendered', text, afterStar };
}

const unfit = (why: string): Unfit => ({ kind: 'unfit', why });

function valueOf(part: FieldPart, certificate: PeerCertificate): string | Unfit {
  const values = valuesOf(certificate, part.field);
  const [first] = values;
  const label = labelOf(part.field);
  if (first === undefined) return unfit(`has no ${label}, which {${part.field}} asks for`);
  if (values.length > 1 && !part.takesFirst)
    return unfit(`has ${values.length} values of the kind ${label}; {${part.field}:first} would take the first`);
  const value = part.isEscaped ? escaped(first) : first;
  const unsafe = unsafeCharacter(value);
  if (unsafe !== undefined) {
    const advice = part.isEscaped || !/[/+#]/.test(value) ? '' : `; {${part.field}:escaped} would write it as %XX`;
    return unfit(`holds ${unsafe} in its ${label}, which is not allowed in a name${advice}`);
  }
  if (part.marks !== '' && value.includes(part.marks))
    return unfit(
      `holds "${part.marks}" in its ${label}, the character that marks where the value of {${part.field}} ends`,
    );
  return value;
}

/** Never the same for different values. */
const escaped = (value: string): string =>
  value.replace(/[%/+#]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
