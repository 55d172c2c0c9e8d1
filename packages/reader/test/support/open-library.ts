import { request as httpRequest } from 'node:http'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { createPublisher } from '@sitedrive/core'
import { cleanEnvironment, makeTemporaryFolder, until, writeFiles } from '@sitedrive/testing'
import { onTestFinished } from 'vitest'
import { localDht } from '../../../mirror/test/support/local-network.js'
import type { LibraryAnswer, LibraryEvent, SiteRow } from '../../src/library/api.js'
import { LibraryPage } from '../../src/library/library-page.js'
import { Reader } from '../../src/reader.js'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

export interface LibraryOptions {
  /** The data directory. @default a new one */
  home?: string
  /** Other nodes of the DHT. @default those of the test's own */
  bootstrap?: { host: string; port: number }[]
}

/** Opens the library of a machine: real copies, a real network, a real server. It is closed when the test ends. */
export async function openLibrary({ home: given, bootstrap }: LibraryOptions = {}) {
  const { dir: root, remove } = makeTemporaryFolder()
  const home = given ?? path.join(root, 'home')
  const newSitesIn = path.join(root, 'sites')
  mkdirSync(newSitesIn)
  const env = cleanEnvironment({ SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' })
  const reader = await Reader.open({ home, bootstrap: bootstrap ?? (await localDht()) })
  const page = new LibraryPage({ reader, env, newSitesIn: `${newSitesIn}${path.sep}` })
  reader.showOwnPages(page.listener)
  let closed: Promise<void> | null = null
  const close = () => (closed ??= (page.close(), reader.close()))
  onTestFinished(async () => {
    await close()
    remove()
  })
  const host = `library.localhost:${reader.port}`

  /** Asks as the page would. @param headers on top of those of the page; an empty text takes one away */
  function ask(
    method: string,
    target: string,
    headers: Record<string, string> = {},
    body?: string
  ): Promise<Answer> {
    const all: Record<string, string> = {
      host,
      'sitedrive-token': page.token,
      ...(method === 'POST' && { origin: `http://${host}`, 'content-type': 'application/json' }),
      ...headers
    }
    for (const [name, value] of Object.entries(all)) if (value === '') delete all[name]
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        host: '127.0.0.1',
        port: reader.port,
        path: target,
        method,
        headers: all,
        agent: false
      })
      sent.on('error', reject)
      sent.on('response', (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
      })
      sent.end(body)
    })
  }

  async function post<T>(target: string, body: object): Promise<{ status: number; body: T }> {
    const { status, text } = await ask('POST', target, {}, JSON.stringify(body))
    return { status, body: JSON.parse(text) as T }
  }

  const answer = async () => JSON.parse((await ask('GET', '/api/library')).text) as LibraryAnswer
  const siteRow = async (key: string) => (await answer()).sites.find((site) => site.key === key)

  return {
    home,
    newSitesIn,
    reader,
    page,
    port: reader.port,
    url: page.url,
    token: page.token,
    ask,
    post,
    answer,
    siteRow,
    close,
    /** Waits until a site is here as a whole. */
    untilWhole: (key: string) =>
      until(
        async () => {
          const row = await siteRow(key)
          return row?.standing.kind === 'open' && row.standing.isComplete && row.release !== null && row
        },
        { timeoutMs: 60_000, describe: () => JSON.stringify(reader.sites.get(key)?.progress) }
      ) as Promise<SiteRow>,
    /** Publishes a site of this machine's own. */
    async publishOwn(name: string, files: Record<string, string>): Promise<string> {
      const projectDir = path.join(root, name)
      writeFiles(
        projectDir,
        Object.fromEntries(Object.entries(files).map(([file, text]) => [`out/${file}`, text]))
      )
      const publisher = createPublisher({ projectDir, env })
      const outcome = await publisher.publish(path.join(projectDir, 'out'))
      await publisher.close()
      return outcome.status === 'skipped' ? '' : outcome.key
    },
    /** Follows the events until the test ends. */
    events(): LibraryEvent[] {
      const seen: LibraryEvent[] = []
      const sent = httpRequest({
        host: '127.0.0.1',
        port: reader.port,
        path: '/api/events',
        headers: { host, 'sitedrive-token': page.token },
        agent: false
      })
      sent.on('error', () => {}) // it is closed
      sent.on('response', (response) => {
        let rest = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) if (line !== '') seen.push(JSON.parse(line) as LibraryEvent)
        })
        response.on('error', () => {})
      })
      sent.end()
      onTestFinished(() => void sent.destroy())
      return seen
    }
  }
}

export type OpenedLibrary = Awaited<ReturnType<typeof openLibrary>>

/** A page of a site. */
export const htmlPage = (title: string, body = '') =>
  `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`
