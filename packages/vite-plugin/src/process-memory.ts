/**
 * What the process remembers under a name. Vite evaluates a config anew for each environment and after each edit of it, and
 * with it a plugin that it imports by a relative path: variables of a module forget.
 */
export function remembered<T>(name: string, make: () => T): T {
  const all = globalThis as { [name: symbol]: T | undefined }
  return (all[Symbol.for(`@sitedrive/vite-plugin: ${name}`)] ??= make())
}
