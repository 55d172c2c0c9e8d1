import { runGit } from './run-git.js'

/**
 * Makes a folder a repository of git, unless it is in one.
 *
 * @returns false when git is not there, or refuses
 */
export async function startRepository(dir: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    await runGit(dir, ['rev-parse', '--is-inside-work-tree'], env)
    return true
  } catch {
    // No template: it could bring hooks that git runs.
    return runGit(dir, ['init', '--quiet', '--template='], env).then(
      () => true,
      () => false
    )
  }
}
