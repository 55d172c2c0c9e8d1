/**
 * What the process remembers under a name. Generators evaluate a config anew after each edit, and with it a plugin that it
 * imports by a relative path: variables of a module forget.
 */
export function remembered<T>(name: string, make: () => T): T {
  const all = globalThis as { [name: symbol]: T | undefined }
  return (all[Symbol.for(`@sitedrive/integration: ${name}`)] ??= make())
}
