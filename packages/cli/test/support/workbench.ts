import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPublisher, initProject } from '@sitedrive/core'
import { runCommandLine } from '@sitedrive/terminal'
import { cleanEnvironment, temporaryFolder, until, writeFiles } from '@sitedrive/testing'
import { onTestFinished } from 'vitest'
import { sitedrive } from '../../src/sitedrive-program.js'

export const MAIN = fileURLToPath(new URL('../../bin/sitedrive.js', import.meta.url))
const HOLD_LOCK = fileURLToPath(new URL('hold-lock.mjs', import.meta.url))

/** A key of nobody here: 32 bytes of 0xaa. */
export const STRANGER = 'ikikikikikikikikikikikikikikikikikikikikikikikikikiy'

export interface Ended {
  exitCode: number | null
  stdout: string
  /** Without progress, which is there on a slow machine and not on a fast one. */
  stderr: string
}

const PROGRESS = /^(Reading the release|Rolling back to|Comparing:|Storing:|Writing the index:).*\n/gm

export interface Started {
  /** The process. */
  pid: number
  stdout: () => string
  stderr: () => string
  kill: (signal: NodeJS.Signals) => void
  /** Stops reading, as `head` does. */
  closeStdout: () => void
  ended: Promise<Ended>
}

export interface StartOptions {
  env?: Record<string, string>
  cwd?: string
  stdin?: string
}

/** A machine with a data directory of its own and one project folder. */
export class Workbench {
  readonly home = path.join(temporaryFolder(), 'home')
  readonly project = temporaryFolder()

  /** @param files by path below the project folder */
  constructor(files: Record<string, string> = {}) {
    this.write(files)
  }

  write(files: Record<string, string>): void {
    writeFiles(this.project, files)
  }

  /** Another machine that works in the same folder. */
  elsewhere(): Workbench {
    return Object.assign(new Workbench(), { project: this.project })
  }

  /** Another folder of the same machine, with the same `sitedrive.json`. */
  clone(files: Record<string, string> = {}): Workbench {
    const clone = Object.assign(new Workbench(files), { home: this.home })
    writeFileSync(path.join(clone.project, 'sitedrive.json'), this.projectFile())
    return clone
  }

  projectFile(): string {
    return readFileSync(path.join(this.project, 'sitedrive.json'), 'utf8')
  }

  get key(): string {
    return (JSON.parse(this.projectFile()) as { key: string }).key
  }

  get link(): string {
    return `hyper://${this.key}/`
  }

  /** A file of the site in the data directory. */
  state(name: string): string {
    return path.join(this.home, 'sites', this.key, name)
  }

  head(): { exclusive: boolean; version: number } {
    return JSON.parse(readFileSync(this.state('head.json'), 'utf8')) as {
      exclusive: boolean
      version: number
    }
  }

  start(words: string[], { env = {}, cwd = this.project, stdin = '' }: StartOptions = {}): Started {
    const child = spawn(process.execPath, [MAIN, ...words], {
      cwd,
      env: cleanEnvironment({ SITEDRIVE_HOME: this.home, ...env })
    })
    child.stdin.on('error', () => {}) // it may end without having read
    child.stdin.end(stdin)
    return started(child)
  }

  /** As `with`, in a process of its own: for what a process alone shows, such as what a child writes into its output. */
  withProcess(env: Record<string, string>, ...words: string[]): Promise<Ended> {
    return this.start(words, { env }).ended
  }

  run(...words: string[]): Promise<Ended> {
    return this.with({}, ...words)
  }

  /** Runs a command with these variables. Inside this process: starting one costs more than most commands do. */
  async with(env: Record<string, string>, ...words: string[]): Promise<Ended> {
    const written = { stdout: '', stderr: '' }
    const stream = (name: 'stdout' | 'stderr') => ({
      write: (text: string | Uint8Array) => Boolean((written[name] += String(text)))
    })
    const exitCode = await runCommandLine(
      sitedrive,
      words,
      cleanEnvironment({ SITEDRIVE_HOME: this.home, ...env }),
      { cwd: this.project, stdout: stream('stdout'), stderr: stream('stderr') }
    )
    return { exitCode, stdout: written.stdout, stderr: written.stderr.replace(PROGRESS, '') }
  }

  /** Runs with `--json`. @returns what stdout holds, which must be one line of JSON */
  async json(...words: string[]): Promise<JsonEnded> {
    return jsonOf(await this.run('--json', ...words))
  }

  /** As `json`, in a process of its own. */
  async jsonProcess(...words: string[]): Promise<JsonEnded> {
    return jsonOf(await this.withProcess({}, '--json', ...words))
  }

  /** Runs and expects success. */
  async did(...words: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(...words)
    if (exitCode !== 0) throw new Error(`sitedrive ${words.join(' ')} ended with ${exitCode}: ${stderr}`)
    return stdout
  }

  /** Gives the folder its key: a step towards what is tested, so without a process of its own. */
  async hasKey(): Promise<this> {
    await initProject({ projectDir: this.project, env: { SITEDRIVE_HOME: this.home } })
    return this
  }

  /** Publishes `dist`, likewise. */
  async hasPublished(): Promise<this> {
    const env = { SITEDRIVE_HOME: this.home }
    await createPublisher({ projectDir: this.project, env, required: true }).publish('dist')
    return this
  }

  /** Holds the site's lock in a process of its own. */
  async holdLock(): Promise<{ pid: number; release(): Promise<void> }> {
    const child = spawn(process.execPath, [HOLD_LOCK, this.state('writer.lock')])
    const holder = started(child)
    await until(() => holder.stdout().includes('held'), { describe: holder.stderr })
    const release = async () => {
      child.stdin.end()
      await holder.ended
    }
    return { pid: child.pid ?? 0, release }
  }
}

/** Whatever a command prints as JSON. */
export type Json = Record<string, unknown> & { error?: { code: string; message: string } }

export interface JsonEnded {
  exitCode: number | null
  value: Json
  stderr: string
}

function jsonOf({ exitCode, stdout, stderr }: Ended): JsonEnded {
  const [line = '', rest] = stdout.split('\n')
  if (rest !== '' || stdout.split('\n').length !== 2)
    throw new Error(`not one line of JSON: ${stdout}${stderr}`)
  return { exitCode, value: JSON.parse(line) as Json, stderr }
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}

/** A process, with what it has said so far; killed when the test ends. */
export function started(child: ChildProcessWithoutNullStreams): Started {
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr: stderr.replace(PROGRESS, '') }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    closeStdout: () => void child.stdout.destroy(),
    ended
  }
}
