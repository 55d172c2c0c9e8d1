import { existsSync, readFileSync } from 'node:fs'

let text: string | null = null

/** The script that runs in every page of a preview, bundled by the package's build. */
export function clientScript(): string {
  return (text ??= readFileSync(place(), 'utf8'))
}

function place(): URL {
  const built = new URL('./live.js', import.meta.url)
  // In tests this file runs from the sources, and the bundle is in dist.
  return existsSync(built) ? built : new URL('../../dist/live/live.js', import.meta.url)
}
