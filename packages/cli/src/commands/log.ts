import { linkOf, readLog, type Release } from '@sitedrive/core'
import { formatBytes, isLost, plural, printable } from '@sitedrive/core/internal'
import { EXIT, type Session } from '@sitedrive/terminal'
import { describeFork } from '../describe-status.js'
import { whenPublished } from '../when-published.js'

export interface LogFlags {
  limit?: number
}

/** Without `--limit`, this many releases are listed, and a line shows the number of the others. `--json` lists all. */
const USUAL_LIMIT = 20

export async function log({ projectDir, env, screen, signal }: Session, flags: LogFlags): Promise<number> {
  screen.progress('Reading the releases')
  const limit = flags.limit ?? (screen.isJson ? Infinity : USUAL_LIMIT)
  const { key, webAddress, releases } = await readLog(projectDir, env, { limit, signal })
  const [newest] = releases
  const isHeld = ({ release }: Release) => !newest || !isLost(newest, release)
  screen.json({
    key,
    mirror: webAddress,
    fork: newest?.fork ?? null,
    releases: releases.map((release) => ({ ...toJson(release), held: isHeld(release) }))
  })
  if (screen.isJson) return EXIT.done

  const width = String(releases[0]?.release ?? 0).length
  for (const release of releases) {
    screen.print(describe(release, width, isHeld(release)))
    // For a rollback, the line above says the same.
    if (release.words && release.rollbackOf === null)
      screen.print(screen.paint('dim', `${' '.repeat(width)}  ${printable(release.words)}`))
  }
  if (releases.length === 0) screen.print('Nothing has been published yet.')
  if (newest?.fork) screen.print(describeFork(newest.fork))
  const older = (releases.at(-1)?.release ?? 1) - 1
  if (older > 0)
    screen.info(`… and ${plural(older, 'older release')}: \`--limit ${older + releases.length}\` lists all.`)
  if (webAddress !== null) screen.print(printable(webAddress))
  screen.print(linkOf(key))
  return EXIT.done
}

function describe(
  { release, publishedAt, generator, rollbackOf, ...release_ }: Release,
  width: number,
  isHeld: boolean
): string {
  const { added, changed, removed, files, bytes } = release_
  const by =
    rollbackOf !== null
      ? `rollback to ${rollbackOf}`
      : generator
        ? `${generator.name} ${generator.version}`
        : ''
  const columns = [
    String(release).padStart(width),
    whenPublished(publishedAt),
    `+${added} ~${changed} -${removed}`.padEnd(14),
    `${plural(files, 'file')}, ${formatBytes(bytes)}`.padEnd(20),
    [isHeld ? '' : 'content lost', printable(by)].filter(Boolean).join(', ')
  ]
  return columns.join('  ').trimEnd()
}

function toJson(found: Release): object {
  const { release, version, publishedAt, generator, added, changed, removed, words = null } = found
  return { release, version, publishedAt, generator, added, changed, removed, words }
}
