/** Addresses that only a generator's own dev server answers. No build writes files there. */
const DEV_SERVERS: readonly (readonly [pattern: RegExp, server: string])[] = [
  // eleventy-img with `transformOnRequest`, and the script that reloads pages
  [/^\/\.11ty\//, 'Eleventy'],
  [/^\/@(?:fs|id|vite)\//, 'Vite'],
  // A picture is named in the query.
  [/^\/_image$/, 'Astro']
]

/**
 * Whose dev server answers an address, such as `Eleventy`; null: none.
 *
 * @param path decoded, without query; starts with `/`
 */
export function devServerOf(path: string): string | null {
  return DEV_SERVERS.find(([pattern]) => pattern.test(path))?.[1] ?? null
}
