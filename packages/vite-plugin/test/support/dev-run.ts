import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { until, type Running } from '@sitedrive/testing'
import { linesOf, type ViteProject } from './vite-project.js'

/** What the events of a preview say first. */
export interface DevStatus {
  state: string
  failure: { message: string; file: string | null; line: number | null; column: number | null } | null
}

/** A run of the dev server, or of `vite build --watch`, with the preview that it has. */
export class DevRun {
  readonly project: ViteProject
  readonly running: Running

  constructor(
    project: ViteProject,
    args: readonly string[] = ['--port=0'],
    env: Record<string, string> = {}
  ) {
    this.project = project
    this.running = project.start(args, env)
  }

  /** Starts one and waits until its preview is open. */
  static async start(
    project: ViteProject,
    args: readonly string[] = ['--port=0'],
    env: Record<string, string> = {}
  ): Promise<DevRun> {
    const run = new DevRun(project, args, env)
    await run.until(() => run.lines().some((line) => line.includes('From another machine: ')))
    return run
  }

  output(): string {
    return this.running.output()
  }

  lines(): string[] {
    return linesOf({ output: this.output() })
  }

  /** Where the preview is. */
  get url(): string {
    return /Live preview: (\S+)/.exec(this.output())?.[1] ?? ''
  }

  /** What another machine needs. */
  get link(): string {
    return /sitedrive preview '(\S+)'/.exec(this.output())?.[1] ?? ''
  }

  /** Where Vite's own server is. */
  get ownUrl(): string {
    return /Local: +(\S+)/.exec(this.output())?.[1] ?? ''
  }

  fetch(target: string): Promise<Response> {
    return fetch(new URL(target, this.url))
  }

  async page(target: string): Promise<string> {
    return (await this.fetch(target)).text()
  }

  /** What a browser is told that asks now; without looking for longer than that. */
  async status(): Promise<DevStatus> {
    const response = await this.fetch('/.well-known/sitedrive/events?since=')
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString()
      const [, data] = /^event: status\ndata: (.*)\n\n/m.exec(text) ?? []
      if (data !== undefined) return JSON.parse(data) as DevStatus
    }
    throw new Error(`no status: ${text}`)
  }

  /** Looks at the preview as a browser does, until the returned function is called. */
  async look(): Promise<() => void> {
    const ended = new AbortController()
    const stream = await fetch(new URL('/.well-known/sitedrive/events?since=', this.url), ended)
    return () => {
      // Held until here: a response that nobody refers to any more is given up, whenever memory is cleaned.
      if (stream.ok) ended.abort()
    }
  }

  until<T>(condition: () => T | Promise<T>, timeoutMs = 30_000): Promise<unknown> {
    return until(condition, { timeoutMs, describe: () => this.output() })
  }

  /** Waits until the preview shows a page with this in it. */
  async untilPage(target: string, text: string): Promise<void> {
    await this.until(async () => (await this.page(target)).includes(text))
  }

  async untilState(state: string): Promise<DevStatus> {
    await this.until(async () => (await this.status()).state === state)
    return this.status()
  }

  /** Edits until something has come of it: a watcher may miss what comes right after it has begun. */
  async edit(files: Record<string, string>, isDone: () => boolean | Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) {
      this.project.write(files)
      try {
        return void (await this.until(isDone, 6_000))
      } catch {
        // once more
      }
    }
    throw new Error(`Nothing came of an edit of ${Object.keys(files).join()}:\n${this.output()}`)
  }

  /** Edits until the preview shows it. */
  editPage(files: Record<string, string>, target: string, text: string): Promise<void> {
    return this.edit(files, async () => (await this.page(target)).includes(text))
  }
}

/** The processes that have previews of a data directory open, as their locks tell. */
export function previewPids(home: string): number[] {
  const dir = path.join(home, 'previews')
  const pids = (existsSync(dir) ? readdirSync(dir) : []).flatMap((name) => {
    const lock = path.join(dir, name, 'writer.lock')
    const [, pid] = /"pid":(\d+),/.exec(existsSync(lock) ? readFileSync(lock, 'utf8') : '') ?? []
    return pid === undefined ? [] : [Number(pid)]
  })
  return pids.filter(isAlive) // one that was killed leaves its words in the lock
}

/** Whether a process runs. One that has ended, and that nobody has asked how, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
