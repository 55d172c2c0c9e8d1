import {
  exportSecret,
  linkOf,
  listKeys,
  restoreSecret,
  showKey,
  SitedriveError,
  type KeyPlace,
  describeWait
} from '@sitedrive/core'
import { listed, printable, PROJECT_FILE } from '@sitedrive/core/internal'
import { beginBackupCheck } from '@sitedrive/core/status'
import { existsSync } from 'node:fs'
import { EXIT, linePrompt, type Session } from '@sitedrive/terminal'
import { readSecretText } from '../read-secret-text.js'

/** The width of a word of a backup with its number. */
const WORD_COLUMNS = 16

export async function keyShow(session: Session, flags: { secret?: boolean }): Promise<number> {
  const { screen } = session
  const exported = flags.secret ? await exportSecret(placeOf(session)) : null
  const { key, publisherKey, exclusive } = exported ?? (await showKey(placeOf(session)))
  screen.json({ key, publisherKey, exclusive, ...(exported && { secret: exported.secret }) })
  if (screen.isJson) return EXIT.done

  screen.print(`Site key:       ${key}`)
  screen.print(`Publisher key:  ${publisherKey}  (what a seed's operator trusts)`)
  screen.print(
    exclusive
      ? 'The secret has never left this machine.'
      : 'The secret is known elsewhere too: another machine, a CI system or a backup.'
  )
  if (exported) {
    screen.info('Whoever has the secret can publish this site. In CI, keep it as a masked variable:')
    screen.print(`SITEDRIVE_SECRET=${exported.secret}`)
  }
  screen.print(linkOf(key))
  return EXIT.done
}

export async function keyBackup(session: Session): Promise<number> {
  const { screen } = session
  const { key, words } = await exportSecret(placeOf(session))
  screen.json({ key, words })
  if (screen.isJson) return EXIT.done

  screen.info(`These 24 words are the secret of ${linkOf(key)}`)
  screen.info(
    'Whoever has them can publish the site; whoever loses them and this machine cannot. Write them down on paper:'
  )
  // Ordered by rows: a person types them row by row, and a program reads line by line.
  const perRow = Math.min(4, Math.max(1, Math.floor(screen.columns / WORD_COLUMNS)))
  for (let row = 0; row < words.length; row += perRow) {
    const cells = words.slice(row, row + perRow).map((word, column) => numbered(word, row + column + 1))
    screen.print(cells.join('').trimEnd())
  }
  screen.info('To use them on another machine: `npx sitedrive key restore` in the project folder.')
  screen.info(
    'When they are written down, clear the screen, with what was scrolled away (`clear`), and run `npx sitedrive key check`.'
  )
  return EXIT.done
}

export async function keyCheck(session: Session): Promise<number> {
  const { screen } = session
  const prompt = await linePrompt(session)
  if (!prompt) {
    throw new SitedriveError(
      'BAD_OPTION',
      '`npx sitedrive key check` asks for words of the backup, so it needs a terminal, and takes no `--json`. Run it at a terminal.'
    )
  }
  const check = await beginBackupCheck(placeOf(session))
  if (!check.hasBackup) {
    screen.print(
      'There is no backup to check: the secret of this key was never shown. `npx sitedrive key backup` shows it as 24 words.'
    )
    return EXIT.failed
  }
  screen.info(`Take the backup of ${linkOf(check.key)}`)
  screen.info(`and type ${check.positions.length} of its 24 words.`)
  const words: string[] = []
  for (const position of check.positions) words.push(await prompt(`Word ${position}:`))
  const wrong = check.answer(words)
  if (wrong.length === 0) {
    screen.print('These words are right: the backup is good, as far as they tell.')
    return EXIT.done
  }
  screen.print(`${wrong.length === 1 ? 'Word' : 'Words'} ${listed(wrong.map(String))}: not right.`)
  screen.print(
    'Is it the backup of this site, and did you count right? `npx sitedrive key backup` shows the words to write them down anew.'
  )
  return EXIT.failed
}

export async function keyRestore(session: Session): Promise<number> {
  const { screen } = session
  const restored = await readSecretText(session, (text) => restoreSecret(placeOf(session), text))
  const { key, wasHere, folder, wroteProject } = restored
  screen.json({ key, link: linkOf(key), wasHere, bound: folder !== 'other key' })
  screen.print(wasHere ? 'This machine held that key already.' : 'The key is restored on this machine.')
  if (wroteProject) screen.print(`Wrote ${PROJECT_FILE}; this folder publishes to the site from now on.`)
  else if (folder === 'bound') screen.print('This folder publishes to the site from now on.')
  else if (folder === 'other key') {
    screen.warn(
      `The ${PROJECT_FILE} of this folder carries another key, so the folder was left as it is. Run \`npx sitedrive init\` in the site's own folder.`
    )
  }
  if (!wasHere && folder !== 'other key')
    screen.print('Next: `npx sitedrive publish --sync`, or a build, fetches its releases from the seeds.')
  screen.print(linkOf(key))
  return EXIT.done
}

export async function keyList({ screen, env }: Session): Promise<number> {
  const keys = listKeys(env)
  screen.json({ keys })
  if (screen.isJson) return EXIT.done

  if (keys.length === 0)
    screen.info('This machine holds no keys. `npx sitedrive init` makes one for a folder.')
  for (const { key, folders, release } of keys) {
    const last =
      release === null ? 'releases unknown' : release === 0 ? 'nothing published' : `release ${release}`
    screen.print(`${linkOf(key)}  ${last}`)
    for (const folder of folders)
      screen.print(`  ${printable(folder)}${existsSync(folder) ? '' : '  (gone)'}`)
  }
  return EXIT.done
}

function placeOf({ projectDir, env, screen, signal }: Session): KeyPlace {
  return {
    projectDir,
    env,
    signal,
    onWait: (holder, waitedMs) => screen.info(describeWait(holder, waitedMs))
  }
}

function numbered(word: string, number: number): string {
  return `${String(number).padStart(2)} ${word}`.padEnd(WORD_COLUMNS)
}
