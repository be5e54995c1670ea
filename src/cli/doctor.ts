import type { Command } from 'commander';
import { addDoctorSecurityCommand } from './doctor/security.ts';
import { addDoctorTlsCommand } from './doctor/tls.ts';
import type { Io } from './io.ts';

/** `doctor`: looks at a running broker from outside, as its clients do, and at what it was told to be. */
export function addDoctorCommand(program: Command, io: Io): void {
  const doctor = program
    .command('doctor')
    .description('check a running broker from outside, and a configuration for what it relaxes');
  addDoctorTlsCommand(doctor, io);
  addDoctorSecurityCommand(doctor, io);
}
