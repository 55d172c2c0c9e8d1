import { Command, CommanderError } from 'commander'
import { EXIT } from './exit-code.js'
import { showFailure } from './failure.js'
import type { LineStyle } from './line-style.js'
import type { LineStream } from './progress-line.js'
import { Screen } from './screen.js'
import { openSession, type GlobalFlags, type Session } from './session.js'
import { listenForStop, neverStopped, type StopSignals } from './stop-signals.js'
import { readUsageError, type UsageError } from './usage-error.js'

/** Runs a command in a session of its own. @param run returns the exit code */
export type Perform = (flags: GlobalFlags, run: (session: Session) => Promise<number>) => Promise<void>

/** A command-line program. */
export interface Program {
  /** The name that people type. */
  name: string
  description: string
  version: string
  style: LineStyle
  /** true: what follows `--` is for another program, and is not parsed. @default false */
  leavesRest?: boolean
  /**
   * Adds options and commands. What a command does is loaded when it runs, so that `--help` is there at once.
   *
   * @param perform called once, by the command that was given
   * @param rest what follows `--`
   */
  addCommands: (program: Command, perform: Perform, rest: readonly string[]) => void
  /** Refuses a project folder for a reason beside that it is missing. @throws {SitedriveError} */
  checkProjectDir?: (dir: string) => void
  /** What is printed of wrong usage, as a failure with the code BAD_OPTION. */
  describeUsageError: (error: UsageError) => {
    message: string
    /** false: people have read enough, and only `--json` has the message. @default true */
    isShown?: boolean
  }
}

export interface CommandLineOptions {
  /** What `--project` is relative to. @default that of the process */
  cwd?: string
  /** @default that of the process */
  stdout?: LineStream
  /** @default that of the process */
  stderr?: LineStream
}

/** Time for what was written to leave this process. Milliseconds. */
const LAST_WRITE_MS = 200

/**
 * Runs a command line inside another process, such as a test. It listens to no signals.
 *
 * @param words without the program's own name
 * @returns the exit code
 */
export async function runCommandLine(
  program: Program,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  { cwd = process.cwd(), stdout = process.stdout, stderr = process.stderr }: CommandLineOptions = {}
): Promise<number> {
  const screen = openScreen(program, words, env, { stdout, stderr })
  return parseAndRun(program, words, { env, cwd, stdout, stderr, screen, stop: neverStopped() })
}

/**
 * Runs a program as what this process is for, with the words that the process was started with, and sets its exit code.
 *
 * @param env the environment, with the site's secret
 */
export async function runProcess(program: Program, env: NodeJS.ProcessEnv): Promise<void> {
  // Whoever waits for this process reads its command line: the name that people type, not the file behind it.
  process.argv[1] = program.name
  const words = process.argv.slice(2)
  const { stdout, stderr } = process
  const screen = openScreen(program, words, env, { stdout, stderr })
  // What is being published must not suffer when the reader of its output is gone.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreLostReader)
  process.on('uncaughtException', (error) => process.exit(showFailure(screen, env, error)))
  const stop = listenForStop()
  process.exitCode = await parseAndRun(program, words, {
    env,
    cwd: process.cwd(),
    stdout,
    stderr,
    screen,
    stop
  })
  // A DHT that does not answer would keep the process for seconds after all is done.
  setTimeout(() => process.exit(), LAST_WRITE_MS).unref()
}

interface Surroundings extends Required<CommandLineOptions> {
  env: NodeJS.ProcessEnv
  screen: Screen
  stop: StopSignals
}

async function parseAndRun(
  program: Program,
  words: readonly string[],
  surroundings: Surroundings
): Promise<number> {
  const { env, screen, stop } = surroundings
  const [own, rest] = parted(words)
  const { checkProjectDir } = program
  let exitCode: number = EXIT.done
  const command = newCommand(program, surroundings)
  const perform: Perform = async (flags, run) => {
    exitCode = await run(await openSession(flags, { ...surroundings, checkProjectDir }))
  }
  try {
    program.addCommands(command, perform, rest)
    await command.parseAsync(program.leavesRest ? own : words, { from: 'user' })
  } catch (error) {
    exitCode =
      error instanceof CommanderError
        ? endParsing(error, program, command, own, surroundings)
        : showFailure(screen, env, error)
  } finally {
    screen.endProgress()
    stop.close()
  }
  return stop.exitCode() ?? exitCode
}

function newCommand({ name, version, description }: Program, { stdout, stderr }: Surroundings): Command {
  return (
    new Command(name)
      .description(description)
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'show this help')
      .helpCommand('help [command]', 'show the help of a command')
      .exitOverride()
      // Failures are shown in one place, as text or JSON; only help is written from here.
      .configureOutput({
        writeOut: (text) => void stdout.write(text),
        writeErr: (text) => void stderr.write(text),
        getOutHelpWidth: () => (stdout.isTTY ? (stdout.columns ?? 80) : 80),
        getErrHelpWidth: () => (stderr.isTTY ? (stderr.columns ?? 80) : 80),
        outputError: () => {}
      })
  )
}

function endParsing(
  error: CommanderError,
  program: Program,
  command: Command,
  words: readonly string[],
  { screen, env }: Surroundings
): number {
  if (error.exitCode === 0) return EXIT.done // help or version, written already
  const { message, isShown = true } = program.describeUsageError(readUsageError(error, command, words))
  const failure = { code: 'BAD_OPTION', message, exitCode: EXIT.wrongUsage, hint: null }
  if (isShown) return showFailure(screen, env, error, failure)
  screen.json({ error: { code: failure.code, message } })
  return failure.exitCode
}

function openScreen(
  { style }: Program,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  streams: { stdout: LineStream; stderr: LineStream }
): Screen {
  const [own] = parted(words)
  return new Screen({
    isJson: own.includes('--json'),
    color: !own.includes('--no-color'),
    env,
    style,
    ...streams
  })
}

/** What stands before `--`, and what behind it. */
function parted(words: readonly string[]): [own: readonly string[], rest: readonly string[]] {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  return [words.slice(0, end), words.slice(end + 1)]
}

/** A reader such as `head` may leave before the end (EPIPE); a terminal may be closed (EIO). */
function ignoreLostReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
}
