import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isAlive, previewStatus, until, type PreviewStatus, type Running } from '@sitedrive/testing'
import type { JekyllProject } from './jekyll-project.js'

/** A run of `jekyll-bridge serve`, with the preview that it has. */
export class ServeRun {
  readonly project: JekyllProject
  readonly running: Running

  private constructor(project: JekyllProject, running: Running) {
    this.project = project
    this.running = running
  }

  /** Starts one and waits until edits are heard, and the first build is shown. */
  static async start(
    project: JekyllProject,
    args: readonly string[] = [],
    env: Record<string, string> = {}
  ): Promise<ServeRun> {
    const run = new ServeRun(project, project.start(['serve', ...args], env))
    await run.watching(1)
    return run
  }

  /** Waits until so many Jekylls have begun to watch, and the last one's first build is shown. */
  async watching(times: number): Promise<void> {
    await this.until(() => this.count('Auto-regeneration: enabled') === times)
    await this.until(async () => (await this.status()).state !== 'building')
  }

  output(): string {
    return this.running.output()
  }

  /** How often something was printed. */
  count(text: string): number {
    return this.output().split(text).length - 1
  }

  get url(): string {
    return this.said(/Live preview: (\S+)/)
  }

  get link(): string {
    return this.said(/sitedrive preview '(.+?)'/)
  }

  fetch(target: string): Promise<Response> {
    return fetch(new URL(target, this.url))
  }

  async page(target: string): Promise<string> {
    return (await this.fetch(target)).text()
  }

  status(): Promise<PreviewStatus> {
    return previewStatus(this.url)
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    await until(condition, { describe: () => this.output() })
  }

  /** Waits until the preview shows a page with this in it. */
  async untilPage(target: string, text: string): Promise<void> {
    await this.until(async () => (await this.page(target)).includes(text))
  }

  async untilFailure(): Promise<NonNullable<PreviewStatus['failure']>> {
    const failure = await until(async () => (await this.status()).failure, { describe: () => this.output() })
    return failure
  }

  /** The process of the bridge. */
  get pid(): number {
    return parentOf(pidsOfPreview(this.project.home)[0] ?? 0)
  }

  /** The processes that it started and that run. */
  get jekyllPids(): number[] {
    return jekyllsOf(this.project.home).filter(isAlive)
  }

  private said(pattern: RegExp): string {
    const [, found] = pattern.exec(this.output()) ?? []
    if (found === undefined) throw new Error(`It has not said ${String(pattern)}:\n${this.output()}`)
    return found
  }
}

/** The processes that have previews of a data directory open, as their locks tell. */
function pidsOfPreview(home: string): number[] {
  const previews = path.join(home, 'previews')
  return readdirSync(previews).map((name) =>
    Number(/"pid":(\d+),/.exec(textOf(path.join(previews, name, 'writer.lock')))?.[1])
  )
}

/** The Jekylls that the bridge started which has a preview of a data directory open. The preview is a child of it, too. */
export function jekyllsOf(home: string): number[] {
  return pidsOfPreview(home).flatMap((pid) => childrenOf(parentOf(pid)).filter((each) => each !== pid))
}

/** Processes that a process started, as Linux has them. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => parentOf(each) === pid)
}

function parentOf(pid: number): number {
  return Number(/^\d+ \(.*\) \S (\d+)/s.exec(textOf(`/proc/${pid}/stat`))?.[1])
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
