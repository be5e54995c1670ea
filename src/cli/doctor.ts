import type { Command } from 'commander';
import { addDoctorTlsCommand } from './doctor/tls.ts';
import type { Io } from './io.ts';

/** `doctor`: looks at a running broker from outside, as its clients do. */
export function addDoctorCommand(program: Command, io: Io): void {
  const doctor = program.command('doctor').description('check a running broker from outside');
  addDoctorTlsCommand(doctor, io);
}
