import { inspect } from 'node:util'
import { SitedriveError } from '@sitedrive/core'
import { EXIT } from './exit-code.js'
import type { Screen } from './screen.js'

/** Jekyll ended badly; the process ends as Jekyll did. */
export class JekyllFailed extends SitedriveError {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super('COMMAND_FAILED', message)
    this.exitCode = exitCode
  }
}

/** Tells of whatever was thrown. @returns the exit code */
export function tellFailure(screen: Screen, env: NodeJS.ProcessEnv, error: unknown): number {
  if (env['SITEDRIVE_DEBUG']) process.stderr.write(`${inspect(error)}\n`)
  if (error instanceof SitedriveError) {
    screen.json({ error: { code: error.code, message: error.message } })
    screen.fail(`${error.message} (${error.code})`)
    if (error instanceof JekyllFailed) return error.exitCode
    return error.code === 'BAD_OPTION' ? EXIT.wrongUsage : EXIT.failed
  }
  const said = error instanceof Error ? error.message : String(error)
  const message = `Something unexpected went wrong: ${said.replace(/[.\s]+$/, '')}.`
  screen.json({ error: { code: 'UNEXPECTED', message } })
  screen.fail(env['SITEDRIVE_DEBUG'] ? message : `${message} SITEDRIVE_DEBUG=1 shows where.`)
  return EXIT.failed
}
