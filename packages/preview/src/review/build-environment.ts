/**
 * What dev servers set in their own process, and what would make of a production build another one. Vite's `NODE_ENV`
 * is `development` then, and its next build would believe that a person had asked for it.
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
  // What it prints is read as text.
  return { ...kept, NO_COLOR: '1', ...more }
}
