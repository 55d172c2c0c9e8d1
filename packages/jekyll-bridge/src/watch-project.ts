import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SitedriveError } from '@sitedrive/core'
import { projectFile } from '@sitedrive/core/internal'
import type { BuildFailure } from '@sitedrive/core/preview'
import type { Integration, Preview } from '@sitedrive/integration'
import { CommandFailed as JekyllFailed, type Session } from '@sitedrive/terminal'
import { watch } from 'chokidar'
import { bridgeWords } from './bridge-config.js'
import { checkDestination } from './check-settings.js'
import type { JekyllCommand } from './find-jekyll.js'
import { frontMatterError } from './findings.js'
import type { JekyllEvent } from './jekyll-events.js'
import type { JekyllOptions } from './jekyll-options.js'
import { ConfigError, possibleConfigFiles, readJekyllSettings } from './jekyll-settings.js'
import { runJekyll, type RunningJekyll } from './run-jekyll.js'

export interface WatchedParts {
  command: JekyllCommand
  options: JekyllOptions
  integration: Integration
}

/** An editor writes a file in several steps: a change counts after this time without another one. Milliseconds. */
const SETTLE_MS = 50

/**
 * Runs a Jekyll that watches the project, and shows each of its builds in the preview. When a configuration file changes, it
 * starts Jekyll again. Resolves when the session's signal has fired, or when Jekyll has exited with 0.
 *
 * @throws {JekyllFailed} when Jekyll has failed, except when it cannot start again after a change; no process is left running
 */
export function watchProject(session: Session, parts: WatchedParts): Promise<void> {
  return new WatchedProject(session, parts).run()
}

type RunEnd = 'stopped' | 'config changed'

class WatchedProject {
  private readonly session: Session
  private readonly parts: WatchedParts
  /** True after the first build. From then on, when Jekyll cannot start, this waits for the next change of a configuration file. */
  private hasStarted = false

  constructor(session: Session, parts: WatchedParts) {
    this.session = session
    this.parts = parts
  }

  async run(): Promise<void> {
    const { projectDir } = this.session
    const files = possibleConfigFiles(this.parts.options)
    // Jekyll reads its configuration only once. sitedrive.json counts too: templates use the address in it.
    const changes = watchFiles([
      ...files.map((file) => path.resolve(projectDir, file)),
      projectFile(projectDir)
    ])
    try {
      while ((await this.runOnce(changes)) !== 'stopped') this.parts.integration.preview.building()
    } finally {
      await changes.close()
    }
  }

  /** Runs one Jekyll from its start to its end. */
  private async runOnce(changes: FileChanges): Promise<RunEnd> {
    const { signal } = this.session
    const changed = changes.next()
    if (signal.aborted) return 'stopped'
    let run: JekyllRun
    try {
      run = await this.start()
    } catch (error) {
      if (!this.hasStarted || !(error instanceof SitedriveError)) throw error
      this.showFailure(failureOf(error))
      return this.wait(changed)
    }
    const { jekyll } = run
    const end = await Promise.race([this.wait(changed), jekyll.ended.then((exitCode) => ({ exitCode }))])
    if (typeof end === 'string') {
      run.isOver = true
      jekyll.stop(end === 'stopped' && signal.reason === 'SIGINT' && process.stdin.isTTY)
      await jekyll.ended
      return end
    }
    await nextTurn()
    await nextTurn() // Ctrl-C at a terminal may reach Jekyll before this process
    if (signal.aborted || end.exitCode === 0) return 'stopped'
    if (run.hasBuilt || !this.hasStarted) throw jekyllEnded(run, end.exitCode)
    this.showFailure({
      message: `Jekyll could not start (exit code ${end.exitCode}). Why is told where \`jekyll-bridge serve\` runs.`
    })
    return this.wait(changed)
  }

  private async wait(changed: Promise<void>): Promise<RunEnd> {
    const { signal } = this.session
    let onAbort = () => {}
    const stopped = new Promise<RunEnd>((resolve) => {
      onAbort = () => resolve('stopped')
      signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([stopped, changed.then((): RunEnd => 'config changed')])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  private async start(): Promise<JekyllRun> {
    const { projectDir, env, screen } = this.session
    const { command, options, integration } = this.parts
    const settings = readJekyllSettings(projectDir, options)
    checkDestination(projectDir, settings, env)
    const extra = bridgeWords(projectDir, settings, options, {
      // false: a preview must not make a key.
      address: await integration.address(false),
      env
    })
    const run = new JekyllRun(integration.preview, projectDir, settings.destination)
    run.jekyll = runJekyll(command, ['build', ...options.words, ...extra, '--watch'], {
      cwd: projectDir,
      env,
      stdoutToStderr: screen.isJson,
      isSafe: settings.isSafe,
      onEvent: (event) => {
        run.onEvent(event)
        if (run.hasBuilt) this.hasStarted = true
      }
    })
    return run
  }

  private showFailure(failure: BuildFailure): void {
    const { file, line, message } = failure
    this.session.screen.error(`${file ? `${file}${line ? `:${line}` : ''}: ` : ''}${message}`)
    this.parts.integration.preview.failed(failure)
  }
}

/** One run of Jekyll. Passes its events to the preview. */
class JekyllRun {
  jekyll!: RunningJekyll
  hasBuilt = false
  /** true: its events are ignored, because another Jekyll follows. */
  isOver = false
  /** The error that keeps Jekyll from watching; null when there is none. */
  unwatched: Extract<JekyllEvent, { event: 'unwatched' }> | null = null
  private readonly preview: Preview
  private readonly projectDir: string
  private destination: string
  /** A page with invalid front matter in the current build. */
  private badPage: BuildFailure | null = null
  /** Of the first build all files are compared, since the configuration may have changed. */
  private isFirst = true

  constructor(preview: Preview, projectDir: string, destination: string) {
    this.preview = preview
    this.projectDir = projectDir
    this.destination = destination
  }

  onEvent(event: JekyllEvent): void {
    if (this.isOver) return
    if (event.event === 'site') this.destination = event.destination
    else if (event.event === 'unwatched') this.unwatched = event
    else if (event.event === 'said') this.badPage ??= frontMatterError(event, this.projectDir)
    else if (event.event === 'building') {
      this.hasBuilt = true
      this.badPage = null
      this.preview.building()
    } else if (event.event === 'failed') this.fail(event.file ? event : (this.badPage ?? event))
    else {
      const { touched, sources } = event
      if (this.badPage) return this.fail(this.badPage)
      const wrote = this.isFirst ? null : touched
      this.isFirst = false
      this.preview.built({ dir: this.destination, sources, ...(wrote && { wrote }) })
    }
  }

  private fail({ message, file = null, line = null, column = null }: BuildFailure): void {
    this.preview.failed({ message, file, line, column })
  }
}

function failureOf(error: SitedriveError): BuildFailure {
  if (!(error instanceof ConfigError)) return { message: error.message }
  return { message: error.why, file: error.file, line: error.line, column: error.column }
}

function jekyllEnded({ unwatched, hasBuilt }: JekyllRun, exitCode: number): JekyllFailed {
  if (unwatched) return new JekyllFailed(describeUnwatched(unwatched), exitCode)
  const why = exitCode > 128 ? `was ended by signal ${exitCode - 128}` : `ended with exit code ${exitCode}`
  return new JekyllFailed(
    hasBuilt
      ? `Jekyll ${why}, and the live preview ends with it.`
      : `Jekyll ${why} before it built anything.`,
    exitCode
  )
}

function describeUnwatched({ kind, message }: { kind: string; message: string }): string {
  const polling =
    'or let Jekyll look at the files again and again instead: `jekyll-bridge serve --force_polling`.'
  const raise = (name: string, to: number) =>
    `Linux lets you have no more of them (\`fs.inotify.${name}\` is ${limit(name)}). ` +
    `Raise it: \`sudo sysctl fs.inotify.${name}=${to}\`, and put that line into /etc/sysctl.conf to keep it; ${polling}`
  if (/INotifyMaxWatchesExceeded|ENOSPC/.test(kind)) {
    return `Jekyll cannot watch all folders of the site. ${raise('max_user_watches', 524_288)}`
  }
  if (/EMFILE/.test(kind)) return `Jekyll cannot watch the site. ${raise('max_user_instances', 1_024)}`
  return `Jekyll cannot watch the site: ${message}. Leave large folders out with \`exclude\`, ${polling}`
}

function limit(name: string): string {
  try {
    return readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8').trim()
  } catch {
    return 'too low'
  }
}

/** The changes of some files. */
interface FileChanges {
  /** Resolves at the next change. */
  next(): Promise<void>
  close(): Promise<void>
}

function watchFiles(files: string[]): FileChanges {
  const watcher = watch(files, { ignoreInitial: true })
  let notify = () => {}
  let settling: NodeJS.Timeout | undefined
  watcher.on('all', () => {
    clearTimeout(settling)
    settling = setTimeout(() => notify(), SETTLE_MS)
  })
  watcher.on('error', () => {}) // then Jekyll is not restarted when a file changes, as without the bridge
  return {
    next: () => new Promise((resolve) => (notify = resolve)),
    async close() {
      clearTimeout(settling)
      await watcher.close()
    }
  }
}
