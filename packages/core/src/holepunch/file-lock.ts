import { tryLock, unlock } from 'fs-native-extensions'

/**
 * Takes the kernel's exclusive lock on an open file without waiting. The kernel also frees it after a crash.
 *
 * @returns false when another open file description holds the lock, in this process or another
 */
export function tryLockFile(fd: number): boolean {
  return tryLock(fd)
}

export function unlockFile(fd: number): void {
  unlock(fd)
}
