import path from 'node:path'
import { SitedriveError } from '@sitedrive/core/start'
import { Command, CommanderError } from 'commander'
import { EXIT } from './exit-code.js'
import { showFailure } from './failure.js'
import type { LineStyle } from './line-style.js'
import type { LineStream } from './progress-line.js'
import { Screen } from './screen.js'
import { openSession, type GlobalFlags, type Session } from './session.js'
import { listenForStop, noStopSignals, type StopSignals } from './stop-signals.js'
import { readUsageError, type UsageError } from './usage-error.js'

/** Opens a session and runs a command in it. @param run returns the exit code */
export type Perform = (flags: GlobalFlags, run: (session: Session) => Promise<number>) => Promise<void>

/** A command-line program. */
export interface Program {
  /** The name of the command in a shell. */
  name: string
  description: string
  version: string
  style: LineStyle
  /** true: the words after `--` are for another program and are not parsed. @default false */
  hasUnparsedRest?: boolean
  /**
   * Adds options and commands. A command loads its code when it runs, so that `--help` is fast.
   *
   * @param perform called once, by the chosen command
   * @param rest the words after `--`
   */
  addCommands: (program: Command, perform: Perform, rest: readonly string[]) => void
  /** An additional check of the project folder. The folder may be missing. @throws {SitedriveError} when it is refused */
  checkProjectDir?: (dir: string) => void
  /**
   * Names the command that is meant when none is given; null: none is, and the help is shown.
   *
   * @param dir the project folder, absolute; it may be missing
   */
  withoutCommand?: (dir: string) => string | null
  /** Returns the message for wrong usage. It is shown as a failure with the code BAD_OPTION. */
  describeUsageError: (error: UsageError) => {
    message: string
    /** false: the help was printed already, so only `--json` shows the message. @default true */
    isShown?: boolean
  }
}

export interface CommandLineOptions {
  /** The folder that `--project` is relative to. @default that of the process */
  cwd?: string
  /** @default that of the process */
  stdout?: LineStream
  /** @default that of the process */
  stderr?: LineStream
}

/** How long the last output may take to leave this process. Milliseconds. */
const LAST_WRITE_MS = 200

/**
 * Runs a command line inside another process, such as a test. It does not listen to signals.
 *
 * @param words the arguments, without the name of the program
 * @returns the exit code
 */
export async function runCommandLine(
  program: Program,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  { cwd = process.cwd(), stdout = process.stdout, stderr = process.stderr }: CommandLineOptions = {}
): Promise<number> {
  const screen = openScreen(program, words, env, { stdout, stderr })
  return parseAndRun(program, words, { env, cwd, stdout, stderr, screen, stop: noStopSignals() })
}

/**
 * Runs a program with the arguments of this process, and sets the exit code of the process.
 *
 * @param env the environment, with the site's secret
 */
export async function runProcess(program: Program, env: NodeJS.ProcessEnv): Promise<void> {
  // A process that waits for a lock of this one shows its command line: that has the program's name, not the path of its file.
  process.argv[1] = program.name
  const words = process.argv.slice(2)
  const { stdout, stderr } = process
  const screen = openScreen(program, words, env, { stdout, stderr })
  // A publish must continue when the reader of its output is gone.
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
  // A DHT that does not answer would keep the finished process alive for seconds.
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
  const [own, rest] = splitAtDashes(words)
  const { checkProjectDir } = program
  let exitCode: number = EXIT.done
  const command = newCommand(program, surroundings)
  const perform: Perform = async (flags, run) => {
    exitCode = await run(await openSession(flags, { ...surroundings, checkProjectDir }))
  }
  try {
    program.addCommands(command, perform, rest)
    const parsed = program.hasUnparsedRest ? own : words
    const meant = commandWithoutWords(program, command, parsed, surroundings.cwd)
    await command.parseAsync(meant === null ? parsed : [...parsed, meant], { from: 'user' })
  } catch (error) {
    exitCode =
      error instanceof CommanderError
        ? endParsing(error, program, command, own, surroundings)
        : showFailure(screen, env, stopped(error, stop.signal))
  } finally {
    screen.endProgress()
    stop.close()
  }
  return stop.exitCode() ?? exitCode
}

/** @returns the command that is meant when only options of all commands are given; null: another is named, or none is meant */
function commandWithoutWords(
  { withoutCommand }: Program,
  command: Command,
  words: readonly string[],
  cwd: string
): string | null {
  if (!withoutCommand || words.includes('--')) return null
  const { operands, unknown } = command.parseOptions([...words])
  if (operands.length > 0 || unknown.length > 0) return null
  return withoutCommand(path.resolve(cwd, command.opts<GlobalFlags>().project ?? '.'))
}

function newCommand({ name, version, description }: Program, { stdout, stderr }: Surroundings): Command {
  return (
    new Command(name)
      .description(description)
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'show this help')
      .helpCommand('help [command]', 'show the help of a command')
      .exitOverride()
      // `showFailure` shows all failures, as text or as JSON. Commander writes only the help.
      .configureOutput({
        writeOut: (text) => void stdout.write(text),
        writeErr: (text) => void stderr.write(text),
        getOutHelpWidth: () => (stdout.isTTY ? (stdout.columns ?? 80) : 80),
        getErrHelpWidth: () => (stderr.isTTY ? (stderr.columns ?? 80) : 80),
        outputError: () => {}
      })
  )
}

/** What was thrown because the process was asked to stop is no surprise. */
function stopped(error: unknown, signal: AbortSignal): unknown {
  const isStop = error === signal.reason || (error instanceof Error && error.name === 'AbortError')
  return signal.aborted && isStop ? new SitedriveError('ABORTED', 'Stopped.', { cause: error }) : error
}

function endParsing(
  error: CommanderError,
  program: Program,
  command: Command,
  words: readonly string[],
  { screen, env }: Surroundings
): number {
  if (error.exitCode === 0) return EXIT.done // help or version: commander has printed it
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
  const [own] = splitAtDashes(words)
  return new Screen({
    isJson: own.includes('--json'),
    color: !own.includes('--no-color'),
    env,
    style,
    ...streams
  })
}

/** Splits the words into those before and those after `--`. */
function splitAtDashes(words: readonly string[]): [own: readonly string[], rest: readonly string[]] {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  return [words.slice(0, end), words.slice(end + 1)]
}

/** A reader such as `head` may stop before the end (EPIPE), and a terminal may be closed (EIO). */
function ignoreLostReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || error.code === 'EIO') return
  if (error.code !== 'ENOSPC') throw error
  throw new SitedriveError('DISK_FULL', 'The disk is full: not all of the output could be written.', {
    cause: error
  })
}
