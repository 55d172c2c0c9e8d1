import path from 'node:path'
import { dataDir, linkOf, SitedriveError } from '@sitedrive/core'
import { keepMemorySmall, makePrivateDir } from '@sitedrive/core/internal'
import { LibraryPage, newsInWords, Reader, readDir } from '@sitedrive/reader'
import type { Session } from '@sitedrive/terminal'
import { bootstrapOf } from './bootstrap-of.js'
import { readRunning, writeRunning, type RunningPeer } from './running-peer.js'

export interface ReaderFlags {
  port?: number
  /** false: nothing is handed to others. */
  share?: boolean
  max?: string
  /** Open pages update themselves. */
  live?: boolean
}

export interface OpenedReader {
  reader: Reader
  /** The address of the page of the library, with its token. */
  libraryUrl: string
  close: () => Promise<void>
}

/** Opens the reader of this machine, and leaves a record of it for other commands. */
export async function openReader(
  session: Session,
  { port, share = true, live = false }: ReaderFlags,
  maxBytes: number | undefined
): Promise<OpenedReader> {
  const { env, screen, projectDir } = session
  const home = dataDir(env)
  makePrivateDir(readDir(home))
  keepMemorySmall()
  const reader = await Reader.open({
    home,
    bootstrap: bootstrapOf(env),
    isShared: share,
    port,
    maxBytes,
    ...(live && { showLive: (await import('@sitedrive/preview/live')).openLiveSite })
  })
  const page = new LibraryPage({ reader, env, newSitesIn: withSeparator(projectDir) })
  reader.showOwnPages(page.listener)
  reader.onNews((_site, entry) => screen.print(newsInWords(entry)))
  const removeRecord = writeRunning(readDir(home), {
    pid: process.pid,
    url: `http://localhost:${reader.port}/`,
    token: page.token
  })
  return {
    reader,
    libraryUrl: page.url,
    close: async () => {
      removeRecord()
      page.close()
      await reader.close()
    }
  }
}

function withSeparator(dir: string): string {
  return dir.endsWith(path.sep) ? dir : `${dir}${path.sep}`
}

/** The reader that another process of this data directory runs. */
export function runningReader(env: NodeJS.ProcessEnv): RunningPeer | null {
  return readRunning(readDir(dataDir(env)))
}

/** Explains that another process has a site open. */
export function alreadyOpen(env: NodeJS.ProcessEnv, key: string, cause: unknown): unknown {
  if (!(cause instanceof SitedriveError) || cause.code !== 'STORE_LOCKED') return cause
  const running = runningReader(env)
  const where = running ? `: process ${running.pid}. It is at ${running.url.replace('//', `//${key}.`)}` : ''
  return new SitedriveError(
    'STORE_LOCKED',
    `Another process of sitedrive on this machine has ${linkOf(key)} open${where}. Look there, or stop that one first.`,
    { cause }
  )
}
