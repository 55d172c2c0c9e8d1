/**
 * Returns the value that the whole process has under a name; makes it at the first call. Variables of a module do not last as
 * long: after each edit of a config, generators evaluate it again, with the plugins that it imports by a relative path.
 */
export function sharedInProcess<T>(name: string, make: () => T): T {
  const all = globalThis as { [name: symbol]: T | undefined }
  return (all[Symbol.for(`@sitedrive/integration: ${name}`)] ??= make())
}
