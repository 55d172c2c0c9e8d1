import type { PluginOption, ResolvedConfig, UserConfig } from 'vite'

/** What builds sites with Vite and writes their pages after Vite's own build. */
export type Framework = 'VitePress' | 'Astro' | 'SvelteKit' | 'React Router'

const NAMES: readonly [RegExp, Framework][] = [
  [/^vitepress(:|$)/, 'VitePress'],
  [/^(astro:|@astro\/)/, 'Astro'],
  [/^vite-plugin-sveltekit-/, 'SvelteKit'],
  [/^react-router(:|$)/, 'React Router']
]

/** Where others, which render pages after Vite's builds, put a site of static pages; relative to the project. */
const PAGES: readonly [RegExp, string][] = [
  [/^(nuxt:(?!ui)|nitro:|vinxi:)/, '.output/public'],
  [/^react-router(:|$)/, 'build/client']
]

/** The folder that will have the pages of a build, relative to the project; null where that is not known. */
export function pagesFolderOf({ plugins }: Pick<ResolvedConfig, 'plugins'>): string | null {
  return PAGES.find(([pattern]) => plugins.some(({ name }) => pattern.test(name)))?.[1] ?? null
}

/** The framework that a build is part of, or null. */
export function frameworkOf({ plugins }: Pick<ResolvedConfig, 'plugins'>): Framework | null {
  return frameworkAmong(plugins.map(({ name }) => name))
}

/** The same of a config that is not resolved yet. */
export async function frameworkIn({ plugins = [] }: UserConfig): Promise<Framework | null> {
  return frameworkAmong(await namesOf(plugins))
}

function frameworkAmong(names: readonly string[]): Framework | null {
  return NAMES.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? null
}

async function namesOf(option: PluginOption): Promise<string[]> {
  const plugin = await option
  if (Array.isArray(plugin)) return (await Promise.all(plugin.map(namesOf))).flat()
  return plugin ? [plugin.name] : []
}
