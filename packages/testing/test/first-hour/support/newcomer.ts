import { mkdirSync, readFileSync, symlinkSync, existsSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  cleanEnvironment,
  makeTemporaryFolder,
  runToSuccess,
  startAtTerminal,
  startCommand,
  until,
  writeFiles,
  type AtTerminal,
  type Running
} from '@sitedrive/testing'
import { onTestFinished } from 'vitest'
import { copied, type Printed } from './printed-commands.js'

const root = fileURLToPath(new URL('../../../../..', import.meta.url))
const DEADLINE_MS = 600_000

/** Pages of the checkout that a newcomer reads, in this order. One that is not there is left out. */
const PAGES = ['README.md', 'docs/from-zero.md', 'packages/cli/README.md', 'packages/peer/README.md']

/** What is told in the docs of the checkout. @param more further pages, which are read first */
export function docs(...more: string[]): Printed[] {
  return [...more, ...PAGES]
    .filter((name) => existsSync(path.join(root, name)))
    .map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }))
}

/** What all machines of a first hour share. */
export interface Internet {
  /** Where npm gets packages. */
  registry: string
  /** npm's cache of this hour: the packages of this build must not stay in the user's own. */
  cache: string
}

/** @param registry where npm gets packages @returns what is removed when the running test ends */
export function makeInternet(registry: string): Internet {
  const cache = largeFolder()
  const usual = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim()
  mkdirSync(path.join(usual, '_cacache'), { recursive: true })
  symlinkSync(path.join(usual, '_cacache'), path.join(cache, '_cacache'), 'dir')
  return { registry, cache }
}

/** A person at a machine of its own, who has Node and npm, and an empty folder. */
export class Person {
  readonly dir = largeFolder()
  /** The home folder: a first hour sets no variable of sitedrive but those that it is told to set. */
  readonly home = largeFolder()
  private readonly env: Record<string, string>

  constructor({ registry, cache }: Internet) {
    this.env = {
      HOME: this.home,
      XDG_DATA_HOME: path.join(this.home, '.local', 'share'),
      npm_config_registry: registry,
      npm_config_cache: cache,
      npm_config_prefer_offline: 'true',
      npm_config_update_notifier: 'false',
      npm_config_yes: 'true' // what is answered to npx
    }
  }

  /** Where sitedrive keeps keys and stores. */
  get dataDir(): string {
    return path.join(this.home, '.local', 'share', 'sitedrive')
  }

  write(files: Record<string, string>): void {
    writeFiles(this.dir, files)
  }

  read(name: string): string {
    return readFileSync(path.join(this.dir, name), 'utf8')
  }

  /** Sets a variable as the printed `NAME=value` says. */
  set(printed: string): void {
    const [name = '', ...value] = printed.split('=')
    this.env[name] = value.join('=')
  }

  /** Types a line into the shell. @returns all that it printed @throws when it fails */
  async types(line: string): Promise<Printed> {
    const { output } = await runToSuccess(shell(line), this.options())
    return { name: `the output of \`${line}\``, text: output }
  }

  /** Types a line whose command goes on. */
  starts(line: string): Run {
    return new Run(line, startCommand(shell(line), this.options()))
  }

  /** The same at a terminal, where it may ask. */
  startsAtTerminal(line: string): AtTerminal {
    return startAtTerminal(shell(line), this.options())
  }

  /** Answers the questions of a command at a terminal. @throws when it fails */
  async answers(line: string, answers: readonly [asked: string, answer: string][]): Promise<Printed> {
    const terminal = this.startsAtTerminal(line)
    let from = 0
    for (const [asked, answer] of answers) {
      await terminal.untilShows(asked, from)
      from = terminal.shown().length
      terminal.type(`${answer}\r`)
    }
    const exitCode = await terminal.ended
    if (exitCode !== 0) throw new Error(`\`${line}\` ended with ${exitCode}: ${terminal.shown()}`)
    return { name: `the screen of \`${line}\``, text: terminal.shown().replaceAll('\r', '') }
  }

  private options() {
    return { cwd: this.dir, env: cleanEnvironment(this.env), deadlineMs: DEADLINE_MS }
  }
}

/** A command that goes on. */
export class Run {
  private readonly line: string
  private readonly running: Running

  constructor(line: string, running: Running) {
    this.line = line
    this.running = running
  }

  get printed(): Printed {
    return { name: `the output of \`${this.line}\``, text: this.running.output() }
  }

  /** Waits until it has printed this. @returns what the first group matched */
  says(pattern: RegExp): Promise<string> {
    return until(() => pattern.exec(this.running.output())?.[1], {
      timeoutMs: 300_000,
      describe: () => `${this.line}\n${this.running.output()}`
    })
  }

  /** Waits until it has printed a command line. */
  prints(begins: RegExp): Promise<string> {
    return until(
      () => {
        try {
          return copied(begins, [this.printed])
        } catch {
          return null
        }
      },
      { timeoutMs: 300_000, describe: () => `${this.line}\n${this.running.output()}` }
    )
  }

  /** Ctrl-C. */
  async stops(): Promise<void> {
    this.running.signal('SIGINT')
    await this.running.finished
  }
}

/** Copies an address out of what was printed. */
export function webAddress({ name, text }: Printed): string {
  const [address] = /^https?:\/\/[a-z0-9]{52}\.\S+$/m.exec(text) ?? []
  if (address === undefined) throw new Error(`There is no web address in ${name}:\n${text}`)
  return address
}

/** As `temporaryFolder`, for what npm installs: on a busy disk removing that takes minutes. */
function largeFolder(): string {
  const { dir, remove } = makeTemporaryFolder()
  onTestFinished(remove, DEADLINE_MS)
  return dir
}

function shell(line: string) {
  return { command: 'sh', args: ['-c', line] }
}
