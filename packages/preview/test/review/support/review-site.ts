import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import path from 'node:path'
import { createPublisher, type ChecksMode, type Published } from '@sitedrive/core'
import { createPreview } from '@sitedrive/core/preview'
import { cleanEnvironment, makeTemporaryFolder, until } from '@sitedrive/testing'
import { onTestFinished } from 'vitest'
import { localFeed } from '../../../src/feed/local-feed.js'
import type { ReviewAnswer, ReviewEvent, Run } from '../../../src/review/api.js'
import type { ProductionBuild } from '../../../src/review/build-command.js'
import { openReview } from '../../../src/review/open-review.js'

/** Files by their names in the output folder; null: there is none. */
export type Files = Record<string, string | Uint8Array | null>

export interface ReviewSiteOptions {
  /** What was published; null: nothing yet. */
  released: Files | null
  /** What the preview shows, on top of that; null: nothing is built yet. */
  now: Files | null
  build?: ProductionBuild | ((place: { projectDir: string; dir: string }) => ProductionBuild)
  env?: Record<string, string>
  checks?: ChecksMode
}

/** Opens the review of a real project: a real store, a real preview drive. Everything is gone when the test ends. */
export async function reviewSite({ released, now, build = {}, env: more = {}, checks }: ReviewSiteOptions) {
  const { dir: root, remove } = makeTemporaryFolder()
  const projectDir = path.join(root, 'blog')
  const dir = path.join(projectDir, 'out')
  mkdirSync(dir, { recursive: true })
  const env = cleanEnvironment({
    SITEDRIVE_HOME: path.join(root, 'home'),
    SITEDRIVE_BOOTSTRAP: '127.0.0.1:9',
    ...more
  })
  const write = (files: Files): void => writeInto(dir, files)
  const publish = async (files: Files = {}): Promise<Published> => {
    write(files)
    const publisher = createPublisher({ projectDir, env, generator: { name: 'Test', version: '1' } })
    const outcome = await publisher.publish(dir)
    await publisher.close()
    if (outcome.status !== 'published') throw new Error(`not published: ${outcome.status}`)
    return outcome
  }
  if (released) await publish(released)
  const preview = await createPreview({ projectDir, env, bootstrap: null })
  const feed = localFeed(preview)
  const update = async (files: Files): Promise<void> => {
    write(files)
    await preview.update(dir)
  }
  if (now) await update(now)
  let viewers = 0
  const review = await openReview({
    projectDir,
    env,
    preview,
    feed,
    previewUrl: 'http://localhost:4400/',
    build: typeof build === 'function' ? build({ projectDir, dir }) : build,
    ...(checks && { checks }),
    firstPort: 5_200 + (process.pid % 400),
    onViewers: (count) => (viewers = count)
  })
  const { port, hash } = new URL(review.url)
  const caller = new Caller(Number(port), hash.slice(1))
  onTestFinished(async () => {
    await review.close()
    await feed.close()
    await preview.close()
    remove()
  })
  return {
    projectDir,
    dir,
    env,
    url: review.url,
    port: Number(port),
    token: hash.slice(1),
    call: caller,
    preview,
    get viewers() {
      return viewers
    },
    close: () => review.close(),
    write,
    publish,
    update,
    writeProject: (files: Files) => writeInto(projectDir, files)
  }
}

export type ReviewSite = Awaited<ReturnType<typeof reviewSite>>

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** Asks as the page would; each test changes what it wants to be different. */
export class Caller {
  private readonly port: number
  private readonly token: string

  constructor(port: number, token: string) {
    this.port = port
    this.token = token
  }

  /** @param headers on top of those of the page; an empty text takes one away */
  ask(method: string, target: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
    const host = `review.localhost:${this.port}`
    const all: Record<string, string> = {
      host,
      'sitedrive-token': this.token,
      ...(method === 'POST' && { origin: `http://${host}`, 'content-type': 'application/json' }),
      ...headers
    }
    for (const [name, value] of Object.entries(all)) if (value === '') delete all[name]
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        host: '127.0.0.1',
        port: this.port,
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

  async review(): Promise<ReviewAnswer> {
    return JSON.parse((await this.ask('GET', '/api/review')).text) as ReviewAnswer
  }

  async post<T>(target: string, body: object): Promise<{ status: number; body: T }> {
    const { status, text } = await this.ask('POST', target, {}, JSON.stringify(body))
    return { status, body: JSON.parse(text) as T }
  }

  /** Follows the events until `close`. */
  events(): { seen: ReviewEvent[]; run: () => Run | null; log: () => string; close: () => void } {
    const seen: ReviewEvent[] = []
    const host = `review.localhost:${this.port}`
    const sent = httpRequest({
      host: '127.0.0.1',
      port: this.port,
      path: '/api/events',
      headers: { host, 'sitedrive-token': this.token },
      agent: false
    })
    sent.on('error', () => {}) // it is closed
    sent.on('response', (answer) => {
      let rest = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line !== '') seen.push(JSON.parse(line) as ReviewEvent)
      })
      answer.on('error', () => {})
    })
    sent.end()
    const close = () => void sent.destroy()
    onTestFinished(close)
    return {
      seen,
      run: () => seen.flatMap((event) => (event.kind === 'run' ? [event.run] : [])).at(-1) ?? null,
      log: () =>
        seen.reduce(
          (text, event) =>
            event.kind === 'log' ? event.log.text : event.kind === 'more log' ? text + event.text : text,
          ''
        ),
      close
    }
  }

  /** Waits until no run goes on. */
  async ended(): Promise<Run> {
    const { run, close } = this.events()
    await until(() => run() !== null && run()?.state !== 'running', {
      timeoutMs: 120_000,
      describe: () => JSON.stringify(run())
    })
    close()
    return run()!
  }
}

function writeInto(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    if (content === null) rmSync(file)
    else writeFileSync(file, content)
  }
}
