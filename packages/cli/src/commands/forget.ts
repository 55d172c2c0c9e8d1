import path from 'node:path'
import { dataDir, linkOf, SitedriveError } from '@sitedrive/core'
import { openFollower } from '@sitedrive/core/drive'
import { printable } from '@sitedrive/core/internal'
import { Library, readSiteAddress, siteFolder } from '@sitedrive/reader'
import { EXIT, yesNoPrompt, type Session } from '@sitedrive/terminal'
import { alreadyOpen } from '../reader-session.js'
import { RunningLibrary } from '../running-library.js'

export interface ForgetFlags {
  yes?: boolean
}

/** Removes the copy of a site from this machine. */
export async function forget(session: Session, link: string, flags: ForgetFlags): Promise<number> {
  const { env, screen } = session
  const { key } = await readSiteAddress(link)
  const home = dataDir(env)
  const library = new Library(home)
  const entry = library.get(key)
  if (!entry)
    throw new SitedriveError(
      'NOT_FOUND',
      `No copy of \`${linkOf(key)}\` is in the library. \`npx sitedrive library --list\` lists what is.`
    )
  const name = printable(entry.title ?? entry.name ?? linkOf(key))
  const confirm = flags.yes ? null : await yesNoPrompt(session)
  if (confirm && !(await confirm(`Remove the copy of ${name} from this machine?`))) {
    screen.info('Nothing was changed.')
    return EXIT.failed
  }
  const running = await RunningLibrary.find(env)
  if (running) await running.ask('POST /api/forget', { key })
  else {
    await refuseWhenOpen(home, key).catch((error: unknown) => {
      throw alreadyOpen(env, key, error)
    })
    library.forget(key)
  }
  screen.json({ key, link: linkOf(key) })
  screen.print(`Forgotten: the copy of ${name} is no longer on this machine.`)
  screen.print(linkOf(key))
  return EXIT.done
}

/** @throws {SitedriveError} STORE_LOCKED */
async function refuseWhenOpen(home: string, key: string): Promise<void> {
  try {
    await (await openFollower(path.join(siteFolder(home, key), 'drive'), key)).close()
  } catch (error) {
    // One that is damaged, or not there, can be removed.
    if (error instanceof SitedriveError && error.code === 'STORE_LOCKED') throw error
  }
}
