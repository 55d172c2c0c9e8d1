import { execFile } from 'node:child_process'
import { messageOf } from '../error.js'
import { childEnvironment } from '../machine/child-environment.js'

/** Bytes that git may print. */
const MAX_OUTPUT = 256 * 1024 * 1024

/**
 * Runs git in a folder. It runs no program that the repository names.
 *
 * @returns what it printed
 * @throws {Error} with git's own words
 */
export function runGit(
  dir: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      ['--no-optional-locks', '-c', 'core.fsmonitor=false', '-C', dir, ...args],
      { env: childEnvironment(env), maxBuffer: MAX_OUTPUT, ...(signal && { signal }) },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout)
        else reject(new Error(stderr.trim().split('\n')[0] || messageOf(error), { cause: error }))
      }
    )
  })
}
