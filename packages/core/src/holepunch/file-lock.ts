import { tryLock, unlock } from 'fs-native-extensions'

/**
 * Takes the kernel's exclusive lock on an open file without waiting. The kernel frees it when the process ends,
 * however it ends.
 *
 * @returns false when another open file description holds it, in this process or any other
 */
export function tryLockFile(fd: number): boolean {
  return tryLock(fd)
}

export function unlockFile(fd: number): void {
  unlock(fd)
}
