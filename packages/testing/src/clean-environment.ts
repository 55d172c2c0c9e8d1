// What would change how a generator or sitedrive behaves, whoever runs the tests.
const UNWANTED =
  /^(CI|DEBUG|NODE_ENV|NODE_OPTIONS|FORCE_COLOR|INIT_CWD|(SITEDRIVE|ELEVENTY|JEKYLL|VITEST|npm_(?!config_)).*)$/

/** The environment of a person at a terminal who has set nothing special, with these variables on top. */
export function cleanEnvironment(variables: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !UNWANTED.test(name))
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', ...variables }
}
