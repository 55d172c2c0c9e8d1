import { linkOf, type ForkOrigin, type SkipReason } from '@sitedrive/core'
import { formatBytes, plural, printable } from '@sitedrive/core/internal'
import type { Backup, KnownSite, RunningProcess, SeedStanding, SiteStatus } from '@sitedrive/core/status'
import type { Screen } from '@sitedrive/terminal'
import { whenPublished } from './when-published.js'

type Painter = Pick<Screen, 'paint'>

/** What a build would change, as `status` tells it. */
export interface FolderState {
  /** Relative to the project folder; null: there is none, or several. */
  dir: string | null
  /** How many files a publish of it would add, change and remove; null: not known. */
  changes: number | null
  /** Why that is not known, one sentence; null: it is known, or there is no folder. */
  problem: string | null
}

/** A process as `status` tells of it; `peer` is the one of this data directory. */
export type Running = Omit<RunningProcess, 'kind'> & { kind: RunningProcess['kind'] | 'peer' }

/** The first lines: name and addresses. */
export function describeSite({ project, webAddress }: SiteStatus, screen: Painter): string[] {
  return [
    ...(project.name === undefined ? [] : [screen.paint('green', printable(project.name))]),
    ...(webAddress === null ? [] : [printable(webAddress)]),
    linkOf(project.key),
    ...(project.fork ? [screen.paint('dim', describeFork(project.fork))] : [])
  ]
}

/** In words, where a site was forked from. */
export function describeFork({ of, release, version }: ForkOrigin): string {
  return `Fork of ${linkOf(of)} at ${release === null ? `version ${version}` : `release ${release}`}`
}

/** Why a build of this folder is not published; null: it is, or would be. */
export interface WhyUnpublished {
  reason: SkipReason | 'bad secret'
  /** Sentences, the last one says what to do. */
  message: string
}

export function describePermission(why: WhyUnpublished | null, screen: Painter): string[] {
  if (why === null) return []
  const message = why.message.replace(/^Not published: /, '')
  return [screen.paint('yellow', `This folder cannot publish: ${printable(message)}`)]
}

export function describeNewest({ newest, releaseProblem }: SiteStatus, screen: Painter): string[] {
  if (releaseProblem !== null) return [screen.paint('yellow', printable(releaseProblem))]
  if (!newest) return ['Nothing has been published yet: `npx sitedrive publish <dir>`.']
  const { release, publishedAt, files, bytes, words, rollbackOf } = newest
  const what = rollbackOf !== null ? `rollback to ${rollbackOf}` : words
  return [
    `Release ${release}, ${whenPublished(publishedAt)}, ${plural(files, 'file')}, ${formatBytes(bytes)}`,
    ...(what ? [screen.paint('dim', `  ${printable(what)}`)] : [])
  ]
}

export function describeFolder({ dir, changes, problem }: FolderState, screen: Painter): string[] {
  if (problem !== null) return [screen.paint('yellow', printable(problem))]
  if (dir === null || changes === null) return []
  if (changes === 0) return [`${printable(dir)}: as published.`]
  return [
    `${printable(dir)}: ${plural(changes, 'file')} ${changes === 1 ? 'is' : 'are'} not as published; \`npx sitedrive review\` shows what.`
  ]
}

export function describeSeeds(
  seeds: readonly SeedStanding[],
  { confirm, newest }: SiteStatus,
  screen: Painter
): string[] {
  const lines = seeds.map((seed) => {
    const color = seed.state === 'holds' ? 'green' : seed.state === 'refused' ? 'red' : 'yellow'
    const hint = hintOf(seed)
    const what = `${describeSeed(seed)}.${hint === null ? '' : ` ${hint}`}`
    return `${shortKey(seed.key)} ${screen.paint(color, printable(what))}`
  })
  if (seeds.length === 0) {
    const none =
      'No seed keeps this site online: it is on this machine only. `npx sitedrive seeds add <key>` adds one.'
    return [screen.paint('yellow', none)]
  }
  if (seeds.length === 1) return lines.map((line) => `Seed ${line}`)
  const holding = seeds.filter(({ state }) => state === 'holds').length
  const what = newest ? `release ${newest.release}` : 'the site'
  const all = `${holding} of ${seeds.length} seeds ${holding === 1 ? 'holds' : 'hold'} ${what}`
  return [
    holding >= confirm ? `${all}:` : screen.paint('yellow', `${all}, and ${confirm} should:`),
    ...lines.map((line) => `  ${line}`)
  ]
}

/** What a seed holds, as the end of a sentence about it. */
export function describeSeed({ state, release, readBack, problem }: SeedStanding): string {
  const has =
    release === null
      ? readBack === false
        ? 'says that it has the release, and does not hand it out'
        : 'has an older history of the site'
      : release === 0
        ? 'has no whole release'
        : `holds release ${release}`
  const proof = readBack === true ? '; blocks of it were read back' : ''
  switch (state) {
    case 'holds':
      return `${has}${proof}`
    case 'behind':
      return `is behind: ${has}${proof}`
    case 'ahead':
      return 'has more than this machine: another one published'
    case 'offline':
      return `was not reached: ${clause(problem)}`
    case 'refused':
      return `refuses: ${clause(problem)}`
    case 'full':
      return `is full: ${has}; ${clause(problem)}`
    case 'unknown':
      return `was reached; ${clause(problem)}`
  }
}

/** What to do about a seed, in a few words; null: nothing, or there is nothing that a command does. */
function hintOf({ state }: SeedStanding): string | null {
  switch (state) {
    case 'behind':
      return '`npx sitedrive publish --sync` hands it the rest.'
    case 'ahead':
      return 'The next build takes that in.'
    case 'refused':
      return '`npx sitedrive key show` prints the key to trust.'
    default:
      return null
  }
}

/** @param isGiven the secret is in the environment */
export function describeBackup({ state, checkedAt }: Backup, isGiven: boolean, screen: Painter): string {
  switch (state) {
    case 'none':
      return screen.paint(
        'yellow',
        'No backup of the key: whoever loses this machine cannot publish here again. `npx sitedrive key backup`'
      )
    case 'unchecked':
      return 'The secret is known outside this machine; no backup was checked here: `npx sitedrive key check`'
    case 'checked':
      return `Backup of the key checked on ${day(checkedAt)}.`
    case 'no secret':
      if (isGiven) return 'The secret of the key is in SITEDRIVE_SECRET alone, not on this machine.'
      return checkedAt === null
        ? 'The secret of the key is not on this machine: `npx sitedrive key restore` takes it in.'
        : `The secret of the key is not on this machine any more; its backup was checked on ${day(checkedAt)}.`
  }
}

const KINDS: Readonly<Record<Running['kind'], string>> = {
  preview: 'Live preview',
  publish: 'A publish runs',
  peer: 'Peer of this machine'
}

export function describeRunning({ kind, pid, command, since, url }: Running): string {
  const who = [command === null ? null : `\`${printable(command)}\``, pid === null ? null : `pid ${pid}`]
  const by = who.filter((part) => part !== null).join(', ')
  const from = since === null ? '' : ` since ${whenPublished(since)}`
  return `${KINDS[kind]}${by === '' ? '' : ` (${by})`}${from}${url === null ? '' : `: ${printable(url)}`}`
}

/** The lines of one site of `status --all`. */
export function describeKnownSite(site: KnownSite, screen: Painter): string[] {
  const { key, name, webAddress, release, publishedAt, folders } = site
  const last =
    release === null
      ? 'releases unknown'
      : release === 0
        ? 'nothing published'
        : `release ${release}${publishedAt === null ? '' : `, ${whenPublished(publishedAt)}`}`
  return [
    `${name === null ? screen.paint('dim', '(no name)') : screen.paint('green', printable(name))}  ${last}`,
    ...(webAddress === null ? [] : [`  ${printable(webAddress)}`]),
    `  ${linkOf(key)}`,
    ...folders.map(({ dir, state }) => {
      const mark = { there: null, gone: '(gone)', other: '(no longer this site)' }[state]
      return `  ${printable(dir)}${mark === null ? '' : `  ${screen.paint('yellow', mark)}`}`
    }),
    ...(folders.length === 0 ? [screen.paint('dim', '  (no folder)')] : []),
    ...(site.backup.state === 'none' ? [screen.paint('yellow', '  no backup of its key')] : [])
  ]
}

/** The start of a key, enough for a person to tell seeds apart. */
export function shortKey(key: string): string {
  return `${key.slice(0, 8)}…`
}

/** A date in the local time zone: `2026-02-28`. */
function day(at: string | null): string {
  return whenPublished(at ?? '').slice(0, 10)
}

/** A sentence as a part of another one. */
function clause(sentence: string | null): string {
  const text = (sentence ?? 'it does not say why').replace(/\.$/, '')
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
