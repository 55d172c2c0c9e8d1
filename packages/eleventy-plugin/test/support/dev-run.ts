import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { lookAtPreview, previewStatus, until, type PreviewStatus, type Running } from '@sitedrive/testing'
import { config, linesOf, type EleventyProject } from './eleventy-project.js'

/** For a config: its process, and when Eleventy hears of edits. Eleventy says "Watching…" before its watcher is ready. */
const TELLING = `
  globalThis.told ??= console.log('PID ' + process.pid)
  globalThis.ready ??= process.on('newListener', (name) => name === 'SIGINT' && console.log('READY'))`

/** A config for runs of `--serve` and `--watch`, whose function has these lines. */
export function devConfig(lines = '  eleventyConfig.addPlugin(sitedrive)', imports = ''): string {
  return config(`${lines}\n${TELLING}`, imports)
}

/** A run of `--serve` or `--watch`, with the preview that it has. */
export class DevRun {
  readonly project: EleventyProject
  readonly running: Running
  private readonly args: readonly string[]

  constructor(project: EleventyProject, args: readonly string[], env: Record<string, string> = {}) {
    this.project = project
    this.args = args
    this.running = project.start(args, env)
  }

  /** Starts one and waits until edits are heard, and the preview shows the first build. */
  static async start(
    project: EleventyProject,
    args: readonly string[] = ['--serve', '--port=0'],
    env: Record<string, string> = {}
  ): Promise<DevRun> {
    const run = new DevRun(project, args, env)
    await run.ready()
    await run.until(() => run.lines().some((line) => line.includes('Live preview: ')))
    await run.until(
      async () => (await run.status()).state === 'ready' && (await run.fetch('/')).status !== 503
    )
    return run
  }

  /** Waits until edits are heard. */
  async ready(): Promise<void> {
    await this.until(() => this.output().includes('READY') && this.output().includes('Watching…'))
    // Before its server is up, Eleventy does not end.
    if (this.args.includes('--serve')) await this.until(() => this.output().includes('Server at'))
  }

  output(): string {
    return this.running.output()
  }

  lines(): string[] {
    return linesOf({ output: this.output() })
  }

  /** The process of Eleventy. */
  get pid(): number {
    return Number(/^PID (\d+)$/m.exec(this.output())?.[1])
  }

  /** Where the preview is. */
  get url(): string {
    const [, url] = /Live preview: (\S+)/.exec(this.output()) ?? []
    if (url === undefined) throw new Error(`No preview yet:\n${this.output()}`)
    return url
  }

  /** Where Eleventy's own server is. */
  get ownUrl(): string {
    return /Server at (\S+)/.exec(this.output())?.[1] ?? ''
  }

  fetch(target: string): Promise<Response> {
    return fetch(new URL(target, this.url))
  }

  /** A page as it is opened. `fetch` would say that a script asks for it. */
  page(target: string): Promise<string> {
    return new Promise((resolve, reject) => {
      get(new URL(target, this.url), (answer) => void text(answer).then(resolve, reject)).on('error', reject)
    })
  }

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

  /** Edits until something has come of it: Eleventy's watcher may miss one that comes right after it has begun. */
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
