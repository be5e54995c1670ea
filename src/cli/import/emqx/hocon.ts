/** A setting by its whole path, e.g. `listeners.tcp.default.bind`, and where it stands. */
export interface HoconSetting {
  readonly path: readonly string[];
  readonly value: string | readonly string[];
  readonly line: number;
}

export interface HoconFault {
  readonly line: number;
  readonly problem: string;
}

const tokenPattern =
  /(?:#|\/\/)[^\n]*|"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|\n|[^\S\n]+|[{}[\],=:]|(?:(?!\/\/)[^\s{}[\],=:#"])+|[\s\S]/g;

const maxDepth = 50;

interface Token {
  readonly text: string;
  readonly line: number;
}

/** Reads settings; of one that is given twice, the last counts, and objects come together. */
export function parseHocon(source: string): readonly HoconSetting[] | HoconFault {
  const tokens = tokensOf(source);
  const settings: HoconSetting[] = [];
  let next = 0;

  const peek = (): string | undefined => tokens[next]?.text;
  const line = (): number => tokens[next]?.line ?? tokens.at(-1)?.line ?? 1;
  const fault = (problem: string): HoconFault => ({ line: line(), problem });
  const skip = (...texts: readonly string[]): void => {
    while (texts.includes(peek() ?? '')) next += 1;
  };

  const readFields = (path: readonly string[], close: string | undefined): HoconFault | undefined => {
    if (path.length > maxDepth) return fault(`settings are nested deeper than ${maxDepth}`);
    for (;;) {
      skip('\n', ',');
      if (peek() === close) {
        next += 1;
        return undefined;
      }
      if (peek() === undefined) return fault('"}" is missing at the end');
      const problem = readField(path);
      if (problem !== undefined) return problem;
    }
  };

  const readField = (path: readonly string[]): HoconFault | undefined => {
    const start = line();
    const key = keyOf(peek() ?? '');
    if (key === undefined) return fault(`"${peek() ?? ''}" is no name of a setting`);
    next += 1;
    const whole = [...path, ...key];
    skip('\n');
    if (peek() === '{') {
      next += 1;
      return readFields(whole, '}');
    }
    if (peek() !== '=' && peek() !== ':') return fault(`"=" is missing behind ${key.join('.')}`);
    next += 1;
    skip('\n');
    if (peek() === '{') {
      next += 1;
      return readFields(whole, '}');
    }
    if (peek() === '[') return readList(whole, start);
    settings.push({ path: whole, value: readText(), line: start });
    return undefined;
  };

  /** A list of objects becomes settings with the place in the path, one of texts is a value. */
  const readList = (path: readonly string[], start: number): HoconFault | undefined => {
    next += 1;
    const texts: string[] = [];
    for (let index = 0; ; index += 1) {
      skip('\n', ',');
      if (peek() === ']') break;
      if (peek() === undefined) return fault('"]" is missing at the end');
      if (peek() === '{') {
        next += 1;
        const problem = readFields([...path, String(index)], '}');
        if (problem !== undefined) return problem;
      } else if (peek() === '[') return fault('lists in lists are not read');
      else if (peek() === '}') return fault('"}" ends no object of this list');
      else texts.push(readText());
    }
    next += 1;
    if (texts.length > 0) settings.push({ path, value: texts, line: start });
    return undefined;
  };

  const readText = (): string => {
    const parts: string[] = [];
    while (next < tokens.length && !['\n', ',', '}', ']'].includes(peek() ?? '')) {
      parts.push(unquoted(peek() ?? ''));
      next += 1;
    }
    return parts.join('');
  };

  return readFields([], undefined) ?? lastOfEach(settings);
}

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const [text] of source.matchAll(tokenPattern)) {
    if (!/^(?:[^\S\n]|#|\/\/)/.test(text)) tokens.push({ text, line });
    line += text.split('\n').length - 1;
  }
  return tokens;
}

/** `a.b."c.d"` is one token only where nothing is quoted; EMQX quotes whole names. */
function keyOf(text: string): readonly string[] | undefined {
  if (text.startsWith('"')) return [unquoted(text)];
  return /^[A-Za-z0-9_$@.-]+$/.test(text) ? text.split('.') : undefined;
}

const unquoted = (text: string): string => {
  if (text.startsWith('"""')) return text.slice(3, -3);
  return text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
};

const lastOfEach = (settings: readonly HoconSetting[]): readonly HoconSetting[] => [
  ...new Map(settings.map((one) => [one.path.join('\0'), one])).values(),
];
