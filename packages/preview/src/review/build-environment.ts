/**
 * Variables that dev servers set in their own process, and that would change a production build. For example, Vite sets
 * `NODE_ENV` to `development`, and a build takes that for a person's choice.
 */
const OF_DEV_SERVERS = /^(ELEVENTY_|VITE_USER_NODE_ENV$|npm_lifecycle_|npm_command$)/

/** The environment of a production build that a dev process starts. */
export function buildEnvironment(
  env: NodeJS.ProcessEnv,
  more: Record<string, string | undefined>
): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(env)) {
    if (OF_DEV_SERVERS.test(name)) continue
    if (name === 'NODE_ENV' && value === 'development') continue
    if (name === 'FORCE_COLOR') continue
    kept[name] = value
  }
  // Its output is shown as plain text.
  return { ...kept, NO_COLOR: '1', ...more }
}
