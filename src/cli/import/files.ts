import { AppError, messageOf } from '../../kernel/errors.ts';

/** @throws AppError usage with the path where it cannot be read */
export async function reading<T>(path: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(path);
  } catch (cause) {
    throw new AppError('usage', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
