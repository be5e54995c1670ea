import { z } from 'zod';
import { parseAltName } from './names.ts';

const altName = z
  .string()
  .min(1)
  .max(253)
  .superRefine((text, context) => {
    const name = parseAltName(text);
    if (typeof name === 'string') context.addIssue({ code: 'custom', message: name, input: text });
  });

export const certificatesSchema = z
  .strictObject({
    directory: z.string().min(1).prefault('./certs').meta({
      description: 'Folder of the certificates and keys. What is missing is created at the first start.',
      reload: 'process',
    }),
    names: z.array(altName).max(100).prefault([]).meta({
      description:
        'More DNS names and IP addresses for a server certificate made here, beside localhost, the host name, 127.0.0.1 and ::1.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'Certificates of the TLS listeners.', reload: 'process' });

export type CertificatesOptions = z.output<typeof certificatesSchema>;
