import { createPublisher, SitedriveError } from '@sitedrive/core'
import { onTestFinished } from 'vitest'
import { writeFiles } from './folder-files.js'
import { temporaryFolder } from './temporary-folder.js'

/**
 * Keeps every other publish of a site waiting, by a publish that stops to ask: one that would take most of the site
 * away, and that is called off in the end. The site needs three files at least.
 *
 * @returns lets the others go on
 */
export async function holdWriterLock(home: string, projectDir: string): Promise<() => Promise<void>> {
  const dir = temporaryFolder()
  writeFiles(dir, { 'only.txt': 'All the rest is gone.' })
  let answer: (yes: boolean) => void = () => {}
  const answered = new Promise<boolean>((resolve) => (answer = resolve))
  let ended: Promise<unknown> = Promise.resolve()
  await new Promise<void>((asked, reject) => {
    const publisher = createPublisher({
      projectDir,
      env: { SITEDRIVE_HOME: home },
      confirm: () => {
        asked()
        return answered
      }
    })
    ended = publisher.publish(dir).then(
      () => reject(new Error('it did not ask before taking most of the site away')),
      (error: unknown) => {
        if (!(error instanceof SitedriveError && error.code === 'SHRINK_REFUSED')) reject(error as Error)
      }
    )
  })
  const release = async (): Promise<void> => {
    answer(false)
    await ended
  }
  onTestFinished(release)
  return release
}
