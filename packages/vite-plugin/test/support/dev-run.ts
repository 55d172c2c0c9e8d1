import { lookAtPreview, previewStatus, until, type PreviewStatus, type Running } from '@sitedrive/testing'
import { linesOf, type ViteProject } from './vite-project.js'

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
  status(): Promise<PreviewStatus> {
    return previewStatus(this.url)
  }

  /** Looks at the preview as a browser does, until the returned function is called. */
  look(): Promise<() => void> {
    return lookAtPreview(this.url)
  }

  until<T>(condition: () => T | Promise<T>, timeoutMs = 30_000): Promise<unknown> {
    return until(condition, { timeoutMs, describe: () => this.output() })
  }

  /** Waits until the preview shows a page with this in it. */
  async untilPage(target: string, text: string): Promise<void> {
    await this.until(async () => (await this.page(target)).includes(text))
  }

  async untilState(state: string): Promise<PreviewStatus> {
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
