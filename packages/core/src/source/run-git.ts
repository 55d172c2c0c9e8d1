import { execFile } from 'node:child_process'
import { messageOf } from '../error.js'
import { childEnvironment } from '../machine/child-environment.js'

/** Bytes that git may print. */
const MAX_OUTPUT = 256 * 1024 * 1024

/**
 * Git sets these for its hooks. They name the repository of whoever started this process, and not that of the folder.
 * As `git rev-parse --local-env-vars` lists them, but for those of the configuration, and with those that change what a path means.
 */
const OF_ANOTHER_REPOSITORY = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_ATTR_SOURCE',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_DIR',
  'GIT_GLOB_PATHSPECS',
  'GIT_GRAFT_FILE',
  'GIT_ICASE_PATHSPECS',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_LITERAL_PATHSPECS',
  'GIT_NAMESPACE',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE'
])

/** An empty value, for settings that are turned off. */
const NOTHING = 'SITEDRIVE_NOTHING'

/**
 * Runs git in a folder. It runs no program that the repository names, if no content is compared: that needs `filtersOff`.
 *
 * @returns what it printed
 * @throws {Error} with git's own words
 */
export function runGit(
  dir: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      ['--no-optional-locks', '-c', 'core.fsmonitor=false', '-C', dir, ...args],
      {
        env: childEnvironment(gitEnvironment(env)),
        encoding: 'buffer',
        maxBuffer: MAX_OUTPUT,
        ...(signal && { signal })
      },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout)
        else
          reject(
            new Error(String(stderr).trim().split('\n')[0] || messageOf(error), {
              cause: error
            })
          )
      }
    )
  })
}

/**
 * The options of git that turn off the filters of a repository's own configuration. Git runs their programs on files whose content it compares.
 * Those of the user's configuration, such as Git LFS, stay.
 */
export async function filtersOff(
  dir: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal
): Promise<string[]> {
  const list = ['config', '--null', '--show-scope', '--name-only', '--get-regexp', '^filter\\.']
  // Fails when there is none.
  const found = String(await runGit(dir, list, env, signal).catch(() => '')).split('\0')
  const off = new Set<string>()
  for (let at = 0; at + 1 < found.length; at += 2) {
    const [scope, name] = [found[at], found[at + 1] ?? '']
    const filter = name.slice(0, name.lastIndexOf('.'))
    // guard: source: no program of the repository is run
    if (scope === 'local' || scope === 'worktree') off.add(filter)
  }
  return [...off].flatMap((filter) =>
    ['clean', 'process', 'required'].map((part) => `--config-env=${filter}.${part}=${NOTHING}`)
  )
}

function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    // guard: source: a hook of another repository does not say what the source is
    ([name]) => !OF_ANOTHER_REPOSITORY.has(name.toUpperCase())
  )
  return {
    ...Object.fromEntries(kept),
    [NOTHING]: '',
    // What a partial clone does not have is not fetched: that would run the programs that reach its host.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_TERMINAL_PROMPT: '0'
  }
}
