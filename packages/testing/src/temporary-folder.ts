import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** Nine seconds: the process of a live preview may write until eight seconds after the one that started it. */
const RETRIES = 13

/** An empty folder that is removed when the running test ends. Call it inside a test. */
export function temporaryFolder(): string {
  const { dir, remove } = makeTemporaryFolder()
  onTestFinished(remove)
  return dir
}

/** An empty folder for more than one test; whoever makes it removes it. */
export function makeTemporaryFolder(): { dir: string; remove: () => void } {
  // The real path: on some systems the folder for temporary files is a symbolic link.
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-test-')))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: RETRIES }) }
}
