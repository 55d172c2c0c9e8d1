import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@sitedrive/testing'
import { onTestFinished } from 'vitest'

/** Starts a process that follows a preview, as on another machine. @returns where it shows it */
export async function startViewer(link: string, bootstrap: string): Promise<string> {
  const script = fileURLToPath(new URL('viewer.mjs', import.meta.url))
  const viewer = fork(script, [temporaryFolder(), link, bootstrap])
  onTestFinished(async () => {
    const exited = once(viewer, 'exit')
    viewer.disconnect()
    await exited
  })
  const [message] = (await once(viewer, 'message')) as [{ url: string }]
  return message.url
}
