/** A site's secret, for a run. */
const SECRET_VARIABLE = 'SITEDRIVE_SECRET'

/**
 * Set in a process that was started without the secret that its parent was given: who keeps it. Nothing is published there
 * without another right to, and no key is made.
 */
export const SECRET_KEPT_VARIABLE = 'SITEDRIVE_SECRET_KEPT_BY'

/** What is shorter is no secret, and may be a part of many a value. Characters. */
const SHORTEST_SECRET = 32

/** Processes that have the secret, and start others without it. */
export type SecretKeeper =
  /** Publish by themselves when what they started has ended well. */
  | 'sitedrive run'
  | 'jekyll-bridge build'
  | 'sitedrive watch'
  /** Does not. */
  | 'dev process'

/**
 * The environment of a process that sitedrive starts: all of its own, but not the site's secret. What a build runs, its
 * dependencies and their scripts included, could publish the site for ever with it.
 *
 * Every call of `node:child_process` in this repository's packages gets its environment from here.
 *
 * @param env that of this process
 * @param keeper this process, for whoever asks there why nothing is published
 */
export function childEnvironment(
  env: NodeJS.ProcessEnv,
  keeper: SecretKeeper = 'dev process'
): NodeJS.ProcessEnv {
  const secret = env[SECRET_VARIABLE]?.trim() ?? ''
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      // Names of variables have no case on Windows.
      name.toUpperCase() !== SECRET_VARIABLE &&
      // A build system may have the value under a name of its own as well.
      // guard: secret: it has no other name either
      !(secret.length >= SHORTEST_SECRET && value?.includes(secret))
  )
  return { ...Object.fromEntries(kept), ...(secret !== '' && { [SECRET_KEPT_VARIABLE]: keeper }) }
}

/** Of whoever keeps the secret: whether it publishes what its child builds. */
export function isLeftToParent(env: NodeJS.ProcessEnv): boolean {
  const keeper = env[SECRET_KEPT_VARIABLE]
  return Boolean(keeper) && keeper !== ('dev process' satisfies SecretKeeper)
}

/**
 * Takes the secret out of this very process's environment, for programs that are sitedrive's own: what a library starts
 * inherits that, and asks nobody.
 *
 * @returns the environment as it was
 */
export function takeEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const taken = { ...env }
  const clean = childEnvironment(taken)
  for (const name of Object.keys(taken)) if (!(name in clean)) delete env[name]
  return taken
}
