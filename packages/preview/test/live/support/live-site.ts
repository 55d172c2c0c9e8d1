import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createPreview, type BuildFailure } from '@sitedrive/core/preview'
import { makeTemporaryFolder, type BrowserContext, type Page } from '@sitedrive/testing'
import { onTestFinished } from 'vitest'
import type { LiveStatus, PreviewFeed } from '../../../src/feed/feed.js'
import { localFeed } from '../../../src/feed/local-feed.js'
import { openLiveServer, type LiveServer } from '../../../src/live/live-server.js'

/** Files by their paths in the drive; null: there is none. */
export type Files = Record<string, string | Buffer | null>

/** A site whose preview is on a real server, out of a real preview drive. Everything is gone when the test ends. */
export async function liveSite(files: Files) {
  const { dir: root, remove } = makeTemporaryFolder()
  const projectDir = path.join(root, 'project')
  const dir = path.join(projectDir, 'out')
  mkdirSync(dir, { recursive: true })
  const preview = await createPreview({
    projectDir,
    env: { SITEDRIVE_HOME: path.join(root, 'home') },
    bootstrap: null
  })
  let author: LiveStatus['author'] | null = null
  const listeners = new Set<() => void>()
  const own = localFeed(preview, projectDir)
  const feed: PreviewFeed = {
    key: own.key,
    get isOwn() {
      return author === null
    },
    get id() {
      return own.id
    },
    get status() {
      return author ? { ...own.status, author } : own.status
    },
    hold: () => own.hold(),
    changesSince: (id) => (isForgetful ? null : own.changesSince(id)),
    onUpdate: (listener) => own.onUpdate(listener),
    onStatus: (listener) => {
      listeners.add(listener)
      return own.onStatus(listener)
    },
    close: () => own.close()
  }
  let isForgetful = false
  let server: LiveServer

  const write = (changes: Files): void => {
    for (const [name, content] of Object.entries(changes)) {
      const file = path.join(dir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      if (content === null) rmSync(file)
      else writeFileSync(file, content)
    }
  }
  write(files)
  await preview.update(dir)
  server = await openLiveServer({ feed, port: 0 })
  // Another name of the same machine: the browser is not to look for it at ::1 as well.
  const url = server.url.replace('localhost', '127.0.0.1').replace(/\/$/, '')
  onTestFinished(async () => {
    await server.close()
    await own.close()
    await preview.close()
    remove()
  })

  return {
    url,
    /** Where sources are. */
    projectDir,
    get viewers() {
      return server.viewers
    },
    /** A build that writes these files. */
    async update(changes: Files): Promise<void> {
      write(changes)
      await preview.update(dir, Object.keys(changes))
    },
    building: () => preview.building(),
    failed: (failure: BuildFailure) => own.failed(failure),
    /** What the status says of the author, who is another machine's then. */
    author(next: LiveStatus['author']): void {
      author = next
      for (const listener of listeners) listener()
    },
    /** From now on it does not know what changed since, as after a restart. */
    forget(): void {
      isForgetful = true
    },
    stop: () => server.close(),
    async restart(): Promise<void> {
      server = await openLiveServer({ feed, port: Number(new URL(url).port) })
    }
  }
}

export type LiveSite = Awaited<ReturnType<typeof liveSite>>

/** A page that is open in a browser, and what it asked the server for. */
export interface OpenPage {
  page: Page
  /** Paths with queries, of everything that was asked for since the page was up to date. */
  requests: string[]
}

/**
 * Opens a page of a preview, and waits until it is watching and knows what it was sent.
 *
 * @param context of the browser, such as that of a phone
 */
export async function openPage(context: BrowserContext, url: string): Promise<OpenPage> {
  const page = await context.newPage()
  const requests: string[] = []
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url())
    requests.push(pathname + search)
  })
  const known = page.waitForResponse((response) => response.url().includes('/.well-known/sitedrive/page?'))
  await page.goto(url)
  await (await known).finished()
  // Its `loadend` has been heard when this comes back.
  await page.evaluate('new Promise((resolve) => setTimeout(resolve))')
  // A new document has no marker.
  await page.evaluate('window.marker = 1')
  requests.length = 0
  return { page, requests }
}

/** Whether the document is still the one that was opened. */
export function isSame(page: Page): Promise<boolean> {
  return page.evaluate('window.marker === 1')
}
