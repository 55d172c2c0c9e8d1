import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** Whether `smallDisk` works here. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0

/** A disk of its own, of `size` as `mount` takes it, until the test ends. */
export function smallDisk(size: string): { dir: string; fill: () => void; free: () => void } {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir])
  onTestFinished(() => {
    execFileSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true })
  })
  const filler = path.join(dir, 'filler')
  return {
    dir,
    fill: () => {
      // Block by block: a write that is too large for the rest leaves the rest free.
      for (let flag = 'w'; ; flag = 'a') {
        try {
          writeFileSync(filler, Buffer.alloc(4_096), { flag })
        } catch {
          return
        }
      }
    },
    free: () => rmSync(filler)
  }
}
