import { CommanderError, type Command } from 'commander'
import { EXIT } from './exit-code.js'
import { tellFailure, type Failure } from './failure.js'
import { buildProgram, type Perform } from './program.js'
import { Screen } from './screen.js'
import { openSession } from './session.js'
import { listenForStop } from './stop-signals.js'

/** Runs what a command line says. @param words without the program's own name @returns the exit code */
export async function runCommandLine(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const own = words.slice(0, words.includes('--') ? words.indexOf('--') : words.length)
  const screen = new Screen({ isJson: own.includes('--json'), env, color: !own.includes('--no-color') })
  // A reader such as `head` may leave before the end; what is being published must not suffer for it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe)
  process.on('uncaughtException', (error) => process.exit(tellFailure(screen, env, error)))

  const stop = listenForStop()
  let exitCode: number = EXIT.done
  const perform: Perform = async (flags, deed) => {
    exitCode = await deed(await openSession(flags, screen, stop, env))
  }
  const program = buildProgram(perform)
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    exitCode =
      error instanceof CommanderError
        ? endOfParsing(error, screen, env, usedCommand(program, own))
        : tellFailure(screen, env, error)
  } finally {
    screen.close()
    stop.close()
  }
  return stop.exitCode() ?? exitCode
}

function endOfParsing(
  error: CommanderError,
  screen: Screen,
  env: NodeJS.ProcessEnv,
  command: string
): number {
  if (error.exitCode === 0) return EXIT.done // help or version, written already
  if (error.code === 'commander.help') {
    screen.json({ error: { code: 'BAD_OPTION', message: 'No command was given.' } })
    return EXIT.wrongUsage
  }
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const said = [`${capitalized(first).replace(/\.$/, '')}.`, suggestion?.replace(/^\((.*)\)$/, '$1')]
  const failure: Failure = {
    code: 'BAD_OPTION',
    message: [...said, `\`${command} --help\` shows how it is used.`].filter(Boolean).join(' '),
    exitCode: EXIT.wrongUsage,
    hint: null
  }
  return tellFailure(screen, env, error, failure)
}

/** The command that the words name, as far as they name one: `sitedrive key show`. */
function usedCommand(program: Command, words: string[]): string {
  const names = [program.name()]
  let command = program
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word)
    if (next) names.push(next.name())
    command = next ?? command
  }
  return names.join(' ')
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
