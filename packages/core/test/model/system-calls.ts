import type * as files from 'node:fs'
import type * as promisedFiles from 'node:fs/promises'
import path from 'node:path'
import type * as timers from 'node:timers/promises'
import type * as fileLock from '../../src/holepunch/file-lock.js'
import { ModelProcess, step } from './process.js'

/** All that changes something on the disk at once. Reading does not count as a step: the folder of a build has much to read. */
const CHANGES = [
  'appendFileSync',
  'chmodSync',
  'fsyncSync',
  'ftruncateSync',
  'linkSync',
  'mkdirSync',
  'renameSync',
  'rmSync',
  'unlinkSync',
  'writeFileSync',
  'writeSync'
] as const satisfies readonly (keyof typeof files)[]

type SystemCall = (...given: unknown[]) => unknown

/** What whoever keeps databases in memory hears of their folders. */
export const folderListeners = {
  /** The log in this folder was synced. */
  synced: (_dir: string): void => {},
  /** The folder was removed. */
  removed: (_dir: string): void => {}
}

/** `node:fs`, of which a dead process can change nothing. */
export function filesInSteps(real: typeof files): typeof files {
  const changed = CHANGES.map((name) => [name, inStep(real[name] as SystemCall)])
  const openSync: typeof files.openSync = (file, flags, mode) =>
    flags === 'r' ? real.openSync(file, flags, mode) : inStep(real.openSync)(file, flags, mode)
  return { ...real, ...Object.fromEntries(changed), openSync }
}

/** `node:fs/promises` likewise. */
export function promisedFilesInSteps(real: typeof promisedFiles): typeof promisedFiles {
  return {
    ...real,
    mkdtemp: ((prefix: string) => step(ModelProcess.here, () => real.mkdtemp(prefix))) as typeof real.mkdtemp,
    rm: (file, options) =>
      step(ModelProcess.here, async () => {
        await real.rm(file, options)
        folderListeners.removed(String(file))
      }),
    open: (file, flags, mode) =>
      step(ModelProcess.here, async () => {
        const handle = await real.open(file, flags, mode)
        const sync = handle.sync.bind(handle)
        handle.sync = () =>
          step(ModelProcess.here, async () => {
            await sync()
            folderListeners.synced(path.dirname(String(file)))
          })
        return handle
      })
  }
}

/** `node:timers/promises`: a dead process does not wake up. */
export function timersInSteps(real: typeof timers): typeof timers {
  return {
    ...real,
    setTimeout: (delay, value, options) =>
      step(ModelProcess.here, () => real.setTimeout(delay, value, options)),
    setImmediate: (value, options) => step(ModelProcess.here, () => real.setImmediate(value, options))
  }
}

/** The kernel's lock on a file, which ends with its process. */
export function locksOfProcesses(
  { tryLockFile, unlockFile }: typeof fileLock,
  { closeSync }: typeof files
): typeof fileLock {
  const forget = new Map<number, () => void>()
  return {
    tryLockFile: (fd) => {
      const isLocked = tryLockFile(fd)
      const release = () => {
        unlockFile(fd)
        closeSync(fd)
      }
      if (isLocked) forget.set(fd, ModelProcess.here?.onKill(release) ?? (() => {}))
      return isLocked
    },
    unlockFile: (fd) =>
      inStep(() => {
        forget.get(fd)?.()
        unlockFile(fd)
      })()
  }
}

/** A step that is over when it returns. In a dead process it throws, since it cannot wait. */
function inStep<T extends unknown[], R>(call: (...given: T) => R): (...given: T) => R {
  return (...given) => {
    if (ModelProcess.here?.step() === false) throw new Error('the process is dead')
    return call(...given)
  }
}
