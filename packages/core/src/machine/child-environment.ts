/** Holds a site's secret for one run. */
const SECRET_VARIABLE = 'SITEDRIVE_SECRET'

/**
 * Set in a child process whose parent did not pass on the site's secret. The value names the parent. The child creates no key,
 * and publishes only if its folder is bound and the secret is on this machine.
 */
export const SECRET_KEPT_VARIABLE = 'SITEDRIVE_SECRET_KEPT_BY'

/** A shorter text is not a secret, and could be part of unrelated values. Characters. */
const SHORTEST_SECRET = 32

/** Processes that have the secret and start child processes without it. */
export type SecretKeeper =
  /** These three publish after the child has succeeded. */
  | 'sitedrive run'
  | 'jekyll-bridge build'
  | 'sitedrive watch'
  /** This one does not publish. */
  | 'dev process'

/**
 * The environment for a child process: that of this process without the site's secret. With the secret, a build and the
 * scripts of its dependencies could publish the site for ever.
 *
 * Every call of `node:child_process` in this repository's packages uses this function.
 *
 * @param env the environment of this process
 * @param keeper names this process, so that the child can say why it does not publish
 */
export function childEnvironment(
  env: NodeJS.ProcessEnv,
  keeper: SecretKeeper = 'dev process'
): NodeJS.ProcessEnv {
  const secret = env[SECRET_VARIABLE]?.trim() ?? ''
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      // On Windows upper and lower case of names do not matter.
      name.toUpperCase() !== SECRET_VARIABLE &&
      // A build system may also set the value under another name.
      // guard: secret: it has no other name either
      !(secret.length >= SHORTEST_SECRET && value?.includes(secret))
  )
  return { ...Object.fromEntries(kept), ...(secret !== '' && { [SECRET_KEPT_VARIABLE]: keeper }) }
}

/** Whether the parent process keeps the secret and publishes what this process builds. */
export function isLeftToParent(env: NodeJS.ProcessEnv): boolean {
  const keeper = env[SECRET_KEPT_VARIABLE]
  return Boolean(keeper) && keeper !== ('dev process' satisfies SecretKeeper)
}

/**
 * Removes the secret from the environment of this process. For sitedrive's own programs: a child process that a library starts
 * inherits the environment.
 *
 * @returns a copy of the environment before the change
 */
export function takeEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const taken = { ...env }
  const clean = childEnvironment(taken)
  for (const name of Object.keys(taken)) if (!(name in clean)) delete env[name]
  return taken
}
