import { statSync } from 'node:fs'
import path from 'node:path'
import { parseBootstrap, SitedriveError } from '@sitedrive/core'
import { CommanderError } from 'commander'
import { EXIT } from './exit-code.js'
import { tellFailure } from './failure.js'
import { buildProgram, type GlobalFlags, type Perform } from './program.js'
import { Screen } from './screen.js'
import { listenForStop } from './stop-signals.js'

/** Runs what a command line says. @param words without the program's own name @returns the exit code */
export async function runCommandLine(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  const own = words.slice(0, end)
  const screen = new Screen(own.includes('--json'), env)
  // A reader such as `head` may leave before the end; what is being published must not suffer for it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe)
  process.on('uncaughtException', (error) => process.exit(tellFailure(screen, env, error)))

  const stop = listenForStop()
  let exitCode: number = EXIT.done
  let endsWell = false
  const perform: Perform = async (flags, deed) => {
    const projectDir = projectDirOf(flags)
    const bootstrap = flags.bootstrap ?? env['SITEDRIVE_BOOTSTRAP']
    if (bootstrap) parseBootstrap(bootstrap) // a wrong address must not wait for the end of a build
    const ownEnv = bootstrap ? { ...env, SITEDRIVE_BOOTSTRAP: bootstrap } : env
    exitCode = await deed({ projectDir, env: ownEnv, screen, signal: stop.signal })
    endsWell = true
  }
  try {
    await buildProgram(perform, words.slice(end + 1)).parseAsync(own, { from: 'user' })
  } catch (error) {
    exitCode =
      error instanceof CommanderError ? endOfParsing(error, screen, env) : tellFailure(screen, env, error)
  } finally {
    screen.endProgress()
    stop.close()
  }
  return endsWell ? exitCode : (stop.exitCode() ?? exitCode)
}

function projectDirOf({ project }: GlobalFlags): string {
  const dir = path.resolve(project ?? '.')
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return dir
  throw new SitedriveError('DIR_MISSING', `There is no project folder \`${dir}\`.`)
}

function endOfParsing(error: CommanderError, screen: Screen, env: NodeJS.ProcessEnv): number {
  if (error.exitCode === 0) return EXIT.done // help or version, written already
  const said = error.message.replace(/^error: /, '').split('\n')[0] ?? ''
  const why =
    error.code === 'commander.help'
      ? 'No command was given: it is `build` or `serve`.'
      : `${said.slice(0, 1).toUpperCase()}${said.slice(1).replace(/\.$/, '')}.`
  return tellFailure(
    screen,
    env,
    new SitedriveError('BAD_OPTION', `${why} \`jekyll-bridge --help\` shows how it is used.`)
  )
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
