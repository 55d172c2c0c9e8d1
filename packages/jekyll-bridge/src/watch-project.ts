import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { projectFile, SitedriveError } from '@sitedrive/core'
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

/** An editor writes a file in several steps. Milliseconds. */
const SETTLE_MS = 50

/**
 * Keeps a Jekyll running that watches the project, and the preview at what it last built. Ends when this process is asked to.
 *
 * @throws {JekyllFailed} when Jekyll ended by itself; nothing is left running
 */
export function watchProject(session: Session, parts: WatchedParts): Promise<void> {
  return new WatchedProject(session, parts).run()
}

type RoundEnd = 'stopped' | 'config changed'

class WatchedProject {
  private readonly session: Session
  private readonly parts: WatchedParts
  /** Whether this process has seen Jekyll build: from then on, what does not start is waited for. */
  private hasStarted = false

  constructor(session: Session, parts: WatchedParts) {
    this.session = session
    this.parts = parts
  }

  async run(): Promise<void> {
    const { projectDir } = this.session
    const files = possibleConfigFiles(this.parts.options)
    // Jekyll reads these once only; sitedrive.json is part of what templates see.
    const changes = watchFiles([
      ...files.map((file) => path.resolve(projectDir, file)),
      projectFile(projectDir)
    ])
    try {
      while ((await this.round(changes)) !== 'stopped') this.parts.integration.preview.building()
    } finally {
      await changes.close()
    }
  }

  /** From the start of one Jekyll to its end. */
  private async round(changes: FileChanges): Promise<RoundEnd> {
    const { signal } = this.session
    const changed = changes.next()
    if (signal.aborted) return 'stopped'
    let round: Round
    try {
      round = await this.start()
    } catch (error) {
      if (!this.hasStarted || !(error instanceof SitedriveError)) throw error
      this.showFailure(failureOf(error))
      return this.wait(changed)
    }
    const { jekyll } = round
    const end = await Promise.race([this.wait(changed), jekyll.ended.then((exitCode) => ({ exitCode }))])
    if (typeof end === 'string') {
      round.isOver = true
      jekyll.stop(end === 'stopped' && signal.reason === 'SIGINT' && process.stdin.isTTY)
      await jekyll.ended
      return end
    }
    await nextTurn()
    await nextTurn() // Ctrl-C at a terminal reaches Jekyll and this process in any order
    if (signal.aborted || end.exitCode === 0) return 'stopped'
    if (round.hasBuilt || !this.hasStarted) throw ended(round, end.exitCode)
    this.showFailure({
      message: `Jekyll could not start (exit code ${end.exitCode}). Why is told where \`jekyll-bridge serve\` runs.`
    })
    return this.wait(changed)
  }

  private async wait(changed: Promise<void>): Promise<RoundEnd> {
    const { signal } = this.session
    let onAbort = () => {}
    const stopped = new Promise<RoundEnd>((resolve) => {
      onAbort = () => resolve('stopped')
      signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([stopped, changed.then((): RoundEnd => 'config changed')])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  private async start(): Promise<Round> {
    const { projectDir, env, screen } = this.session
    const { command, options, integration } = this.parts
    const settings = readJekyllSettings(projectDir, options)
    checkDestination(projectDir, settings, env)
    const extra = bridgeWords(projectDir, settings, options, {
      // A key is made for what is published, never for what is only looked at.
      address: await integration.address(false),
      env
    })
    const round = new Round(integration.preview, projectDir, settings.destination)
    round.jekyll = runJekyll(command, ['build', ...options.words, ...extra, '--watch'], {
      cwd: projectDir,
      env,
      stdoutToStderr: screen.isJson,
      isSafe: settings.isSafe,
      onEvent: (event) => {
        round.onEvent(event)
        if (round.hasBuilt) this.hasStarted = true
      }
    })
    return round
  }

  private showFailure(failure: BuildFailure): void {
    const { file, line, message } = failure
    this.session.screen.error(`${file ? `${file}${line ? `:${line}` : ''}: ` : ''}${message}`)
    this.parts.integration.preview.failed(failure)
  }
}

/** One run of Jekyll, and what of it the preview shows. */
class Round {
  jekyll!: RunningJekyll
  hasBuilt = false
  /** Nothing is shown any more: another Jekyll is to come. */
  isOver = false
  /** What keeps it from watching. */
  unwatched: Extract<JekyllEvent, { event: 'unwatched' }> | null = null
  private readonly preview: Preview
  private readonly projectDir: string
  private destination: string
  /** A page of the running build that Jekyll builds without its front matter. */
  private badPage: BuildFailure | null = null
  /** The first build of another Jekyll, with another configuration, is compared as a whole. */
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

function ended({ unwatched, hasBuilt }: Round, exitCode: number): JekyllFailed {
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

/** Files whose changes are waited for. */
interface FileChanges {
  /** Resolves at the next change from now on. */
  next(): Promise<void>
  close(): Promise<void>
}

function watchFiles(files: string[]): FileChanges {
  const watcher = watch(files, { ignoreInitial: true })
  let tell = () => {}
  let settling: NodeJS.Timeout | undefined
  watcher.on('all', () => {
    clearTimeout(settling)
    settling = setTimeout(() => tell(), SETTLE_MS)
  })
  watcher.on('error', () => {}) // then Jekyll is not started again by itself, as without the bridge
  return {
    next: () => new Promise((resolve) => (tell = resolve)),
    async close() {
      clearTimeout(settling)
      await watcher.close()
    }
  }
}
