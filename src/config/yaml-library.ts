import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

/** The YAML library. It is loaded where it is needed: plain files are read without it. */
export const yamlLibrary = (): typeof Yaml => createRequire(import.meta.url)('yaml');
