import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError, dataDir } from '@sitedrive/core'
import { keepMemorySmall, printable, replaceFile } from '@sitedrive/core/internal'
import { parsePreviewLink, previewLink, type PreviewLink } from '@sitedrive/core/preview'
import { followPreview, openLiveServer, type FollowedFeed, type LiveServer } from '@sitedrive/preview/live'
import { EXIT, untilStopped, type Session } from '@sitedrive/terminal'
import { bootstrapOf } from '../bootstrap-of.js'
import { describeAge, describeChanges, describeConnection, describeFailure } from '../describe-preview.js'
import { readLinkText } from '../read-link-text.js'
import { openInBrowser } from '../open-in-browser.js'
import { printLanAddresses } from '../print-lan-addresses.js'
import { StatusLine } from '../status-line.js'

export interface PreviewFlags {
  port?: number
  host?: boolean
  open?: boolean
}

/**
 * Follows a preview of another machine and shows it on this one, until the command is stopped.
 *
 * @param text the link; `-`: the link is read from standard input
 */
export async function preview(session: Session, text: string, flags: PreviewFlags): Promise<number> {
  const { env, screen, signal } = session
  const link = readLink(text === '-' ? await readLinkText(session) : text)
  const dir = path.join(dataDir(env), 'followed', link.key)
  const addressFile = path.join(dir, 'address')
  session.expectStopSignal()
  keepMemorySmall()
  const feed = await follow(session, link, dir, addressFile)
  let server: LiveServer | null = null
  let stopStatus = () => {}
  const failed = new AbortController()
  try {
    server = await openLiveServer({ feed, port: flags.port, lan: flags.host ?? false })
    const { url, lanUrls } = server
    replaceFile(addressFile, url)
    screen.json({ key: feed.key, link: previewLink(link), url })
    if (flags.host) await printLanAddresses(session, lanUrls)
    screen.print('Ctrl-C stops it. The preview is at:')
    screen.print(url)
    stopStatus = showStatus(session, feed, (problem) => failed.abort(problem))
    if (flags.open) await openInBrowser(url, screen)
    await untilStopped(AbortSignal.any([signal, failed.signal]))
    failed.signal.throwIfAborted()
    screen.info('Stopping.')
    return EXIT.done
  } finally {
    stopStatus()
    screen.clearProgress()
    if (server) rmSync(addressFile, { force: true })
    await feed.close()
    await server?.close()
  }
}

async function follow(
  { env, screen }: Session,
  link: PreviewLink,
  dir: string,
  addressFile: string
): Promise<FollowedFeed> {
  let lastProblem = ''
  try {
    return await followPreview({
      link,
      dir,
      bootstrap: bootstrapOf(env),
      onProblem: ({ message }) => {
        if (message !== lastProblem) screen.warn(printable(message))
        lastProblem = message
      }
    })
  } catch (cause) {
    if (!(cause instanceof SitedriveError) || cause.code !== 'STORE_LOCKED') throw cause
    const url = readAddress(addressFile)
    throw new SitedriveError(
      'STORE_LOCKED',
      `Another \`sitedrive preview\` on this machine follows this link already${url ? `: it is at ${url}` : ''}. ` +
        'Look there, or stop that one first.',
      { cause }
    )
  }
}

function readAddress(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null // the other process has no address yet
  }
}

/** The address of a site is public. The characters after it may be a secret, so an error shows only this many characters. */
const MAX_SHOWN = 64

function readLink(text: string): PreviewLink {
  try {
    return parsePreviewLink(text)
  } catch (cause) {
    if (!(cause instanceof SitedriveError) || cause.code !== 'BAD_LINK' || text.includes('#')) throw cause
    throw new SitedriveError(
      'BAD_LINK',
      `\`${text.trim().slice(0, MAX_SHOWN)}\` is no preview link: those go on with \`#\` and a secret. If it was cut there, copy all of it, in ` +
        'quotes. If it is the address of a published site, a browser for hyper:// or the web address of its mirror shows it.',
      { cause }
    )
  }
}

const TICK_MS = 1_000
/** An author who was not found within this time is offline, or the link is wrong. Milliseconds. */
const SEARCH_MS = 15_000
/** A link counts as wrong after this many failed fetches: a single one may have failed during a reorganisation of the drive. */
const UNREADABLE_TIMES = 2

/**
 * Shows which peers are connected, how old the preview is, and its updates.
 *
 * @param fail called when the link can never show anything
 * @returns stops it
 */
function showStatus(
  { screen, env }: Session,
  feed: FollowedFeed,
  fail: (problem: Error) => void
): () => void {
  const line = new StatusLine(screen, env)
  const startedAt = performance.now()
  let shownId = feed.id
  let isAdviceShown = false
  let wasOnline = false
  let failure = ''
  let soon: NodeJS.Immediate | undefined

  const show = () => {
    const { status, peers, id } = feed
    wasOnline ||= status.author.online
    const isSearchOver = wasOnline || performance.now() - startedAt > SEARCH_MS
    const connection = describeConnection({ isHere: id !== null, status, peers, isSearchOver })
    const age = id === null ? null : describeAge(status.author.updatedAt)
    const state = status.state === 'building' ? ' · building' : ''
    line.show(`${connection}${age === null ? '' : ` · updated ${age}`}${state}`, connection)
    if (id === null && isSearchOver && !isAdviceShown) {
      isAdviceShown = true
      screen.info(
        'Nothing has come yet. Does `sitedrive watch`, or the dev server, run at the author? Is the link the newest one? ' +
          '(`--new-link` there ends older ones.) Are both machines online?'
      )
    }
    warnOfFailure(status.state === 'failed' && status.failure ? describeFailure(status.failure) : '')
  }
  const warnOfFailure = (text: string) => {
    if (text && text !== failure) screen.warn(text)
    failure = text
  }
  const showUpdate = () => {
    const changes = shownId === null ? null : feed.changesSince(shownId)
    shownId = feed.id
    // On a terminal the age in the line shows it. When the author restarts, the drive changes, but no file does.
    const isNews = changes === null || changes.length > 0
    if (isNews && !line.isLive) screen.info(changes ? `Updated: ${describeChanges(changes)}` : 'Updated')
    showSoon()
  }
  // An update and its status arrive directly after each other: they are shown together.
  const showSoon = () => {
    soon ??= setImmediate(() => {
      soon = undefined
      show()
    })
  }
  const stops = [feed.onStatus(showSoon), feed.onUpdate(showUpdate)]
  const check = () => {
    const { problem, failedFetches } = feed
    if (problem && isBadLink(problem) && failedFetches >= UNREADABLE_TIMES) fail(problem)
    else show()
  }
  const timer = setInterval(check, TICK_MS)
  show()
  return () => {
    clearInterval(timer)
    clearImmediate(soon)
    for (const stop of stops) stop()
  }
}

function isBadLink(problem: Error | null): boolean {
  return problem instanceof SitedriveError && problem.code === 'BAD_LINK'
}
