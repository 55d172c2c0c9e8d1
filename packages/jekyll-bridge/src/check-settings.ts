import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { SitedriveError, dataDir } from '@sitedrive/core'
import type { JekyllSettings } from './jekyll-settings.js'

/**
 * Refuses a destination that contains important folders, because Jekyll deletes all files there that it did not write.
 *
 * @throws {SitedriveError} DIR_OVERLAP that names the folder
 */
export function checkDestination(
  projectDir: string,
  { source, destination }: Pick<JekyllSettings, 'source' | 'destination'>,
  env: NodeJS.ProcessEnv
): void {
  const home = dataDir(env)
  const losses: [string, string][] = [
    // guard: Jekyll cleans no source
    [source, 'the source folder'],
    [projectDir, 'the project folder'],
    // guard: Jekyll cleans no home folder
    [env['HOME'] || homedir(), 'your home folder'],
    // guard: Jekyll cleans no keys and stores
    [home, 'the data directory of sitedrive, with keys and stores']
  ]
  for (const [dir, name] of losses) {
    if (!isInside(dir, destination)) continue
    throw new SitedriveError(
      'DIR_OVERLAP',
      `The destination \`${destination}\` is or contains ${name} (\`${dir}\`), and Jekyll deletes in its destination ` +
        'whatever it did not write itself. Nothing was built. Choose a folder of its own, such as `destination: _site`.'
    )
  }
}

/** True when `inner` is `outer` or is inside it. Symbolic links are resolved. The folders may be missing. */
export function isInside(inner: string, outer: string): boolean {
  const relative = path.relative(real(outer), real(inner))
  return relative === '' || (!/^\.\.(?:[/\\]|$)/.test(relative) && !path.isAbsolute(relative))
}

function real(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    const parent = path.dirname(file)
    return parent === file ? file : path.join(real(parent), path.basename(file))
  }
}
