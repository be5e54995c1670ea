import { readPlainYaml } from './plain-yaml.ts';
import { parseDocumentSource, type YamlSource } from './yaml-document.ts';

/** Reads a configuration file. @param name shown in problems. */
export function parseSource(text: string, name: string): YamlSource {
  const plain = readPlainYaml(text);
  if (plain === undefined) return parseDocumentSource(text, name);
  let document: YamlSource | undefined;
  // only problems and `config explain` ask where something stands
  const located = (): YamlSource => (document ??= parseDocumentSource(text, name));
  return {
    name,
    value: plain.value,
    isReadable: true,
    problems: [],
    locate: (path) => located().locate(path),
    locateKey: (path) => located().locateKey(path),
  };
}
